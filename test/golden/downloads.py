# Writes test/golden/downloads.json, what other software knows of the files in src/download/: python3 test/golden/downloads.py SITE,
# where SITE is a folder made by: pip install --no-deps --target SITE torchvision medmnist==3.0.2 tensorflow-datasets
import ast
import json
import sys
from pathlib import Path

SITE = Path(sys.argv[1])

# https://www.cs.toronto.edu/~kriz/cifar.html; torchvision has the MD5 of the Python version only.
files = {
    "cifar10/cifar-10-binary.tar.gz": {"md5": "c32a1d4ab5d03f1284b67883e8d87530"},
    "cifar100/cifar-100-binary.tar.gz": {"md5": "03b5dce01913d631647c71ecec9e9cb8"},
}


def value(node, name):
    found = [s for s in ast.walk(node) if isinstance(s, ast.Assign) and getattr(s.targets[0], "id", "") == name]
    return ast.literal_eval(found[0].value)


# The modules are read as text: torchvision cannot be imported without torch.
module = ast.parse((SITE / "torchvision/datasets/mnist.py").read_text())
classes = {c.name: c for c in module.body if isinstance(c, ast.ClassDef)}
for name, of in {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}.items():
    for file, md5 in value(classes[of], "resources"):
        files[f"{name}/{file}"] = {"md5": md5, "urls": [mirror + file for mirror in value(classes[of], "mirrors")]}

for name in ["mnist", "fashion-mnist", "kmnist", "cifar10", "cifar100"]:
    table = SITE / f"tensorflow_datasets/url_checksums/{name.replace('-', '_')}.txt"
    for url, size, sha256, file in (line.split("\t") for line in table.read_text().splitlines()):
        own = files[f"{name}/{file}"]
        own.update(size=int(size), sha256=sha256, urls=sorted({url, *own.get("urls", [])}))

for name, info in value(ast.parse((SITE / "medmnist/info.py").read_text()), "INFO").items():
    if name.endswith("3d"):
        continue
    for size in ["", "_64", "_128", "_224"]:
        files[f"{name}/{name}{size}.npz"] = {
            "md5": info[f"MD5{size}"],
            "urls": [info[f"url{size}"]],
            "pixels": sum(info["n_samples"].values()) * int(size[1:] or 28) ** 2 * info["n_channels"],
            "task": info["task"],
        }

(Path(__file__).parent / "downloads.json").write_text(json.dumps(files, indent=1) + "\n")
