# Writes test/golden/training.json: a small network trained by PyTorch with each option of `training`, in float64:
# python3 test/golden/training.py (made with PyTorch 1.13.0).
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
IMAGES, SIZE, CHANNELS, FILTERS, CLASSES = 15, 4, 2, 8, 4
LEARNING_RATE, EPOCHS = 0.05, 2


class Net(torch.nn.Module):
    """3x3 convolution, BatchNorm unless left out, ReLU; 1x1 convolution with a bias, ReLU; global average; fully connected layer.

    BatchNorm's moving variance is that of TensorFlow: biased, so it is updated here and not by torch.nn.BatchNorm2d."""

    def __init__(self, norm):
        super().__init__()
        self.stem = torch.nn.Conv2d(CHANNELS, FILTERS, 3, padding=1, bias=not norm)
        self.norm = torch.nn.BatchNorm2d(FILTERS) if norm else None
        self.conv = torch.nn.Conv2d(FILTERS, FILTERS, 1)
        self.classifier = torch.nn.Linear(FILTERS, CLASSES)

    def forward(self, x):
        x = self.stem(x)
        if self.norm is not None:
            x = self.normalised(x)
        return self.classifier(F.relu(self.conv(F.relu(x))).mean((2, 3)))

    def normalised(self, x):
        norm = self.norm
        if not self.training or not norm.weight.requires_grad:
            return F.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias)
        with torch.no_grad():
            norm.running_mean.lerp_(x.mean((0, 2, 3)), 0.1)
            norm.running_var.lerp_(x.var((0, 2, 3), unbiased=False), 0.1)
        return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True)


def values(net):
    """The weights by our names, in the order of our axes."""
    first = "stem" if net.norm is not None else "stage1.block1.1"
    second = "stage1.block1.1" if net.norm is not None else "stage1.block1.2"
    kernel = lambda weight: weight.permute(2, 3, 1, 0)
    named = {
        f"{first}/kernel": kernel(net.stem.weight),
        f"{second}/kernel": kernel(net.conv.weight),
        f"{second}/bias": net.conv.bias,
        "head.classifier/kernel": net.classifier.weight.T,
        "head.classifier/bias": net.classifier.bias,
    }
    if net.norm is None:
        named[f"{first}/bias"] = net.stem.bias
    else:
        named["stem.bn/gamma"], named["stem.bn/beta"] = net.norm.weight, net.norm.bias
        named["stem.bn/moving_mean"], named["stem.bn/moving_variance"] = net.norm.running_mean, net.norm.running_var
    return {name: [round(value, 7) for value in tensor.flatten().tolist()] for name, tensor in named.items()}


def net_of(norm):
    """Scales and shifts differ from their usual start, so that decaying them shows."""
    torch.manual_seed(2)
    net = Net(norm)
    if norm:
        torch.nn.init.uniform_(net.norm.weight, 0.5, 1.5)
        torch.nn.init.uniform_(net.norm.bias, -0.5, 0.5)
    return net


images = torch.randn(IMAGES, CHANNELS, SIZE, SIZE).round(decimals=4)
labels = torch.randint(CLASSES, (IMAGES,))


def optimizer_of(net, spec):
    kernels = [weight for weight in net.parameters() if weight.ndim > 1]
    others = [weight for weight in net.parameters() if weight.ndim <= 1]
    decay = spec["weightDecay"]
    groups = [
        {"params": kernels, "weight_decay": decay},
        {"params": others, "weight_decay": decay if spec.get("decayNormAndBias", True) else 0},
    ]
    if spec["name"] == "sgd":
        return torch.optim.SGD(groups, LEARNING_RATE, momentum=spec["momentum"])
    return {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}[spec["name"]](groups, LEARNING_RATE)


def averages_of(net, decay):
    """Starts as the initial weights. PyTorch would start with those after the first step."""
    new = lambda average, weight, step: average + (weight - average) * (1 - min(decay, (1 + step) / (10 + step)))
    averaged = torch.optim.swa_utils.AveragedModel(net, avg_fn=new, use_buffers=True)
    averaged.update_parameters(net)
    return averaged


SGD = {"name": "sgd", "momentum": 0.9, "weightDecay": 0}


def trained(name, groups, optimizer=SGD, norm=True, milestones=(), freeze=(), **options):
    """`groups`: the numbers of images in the batches of each step of an epoch, as this program forms them under these options.
    `freeze`: our names of parts, and the layers that they are."""
    net, norms = net_of(norm), []
    for layer in [layer for layers in dict(freeze).values() for layer in layers]:
        getattr(net, layer).requires_grad_(False)
    weights = torch.tensor(options["classWeights"]) if "classWeights" in options else None
    optimizer_ = optimizer_of(net, optimizer)
    averaged = averages_of(net, options["ema"]) if "ema" in options else None
    scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer_, milestones, gamma=0.5)
    for _ in range(EPOCHS):
        start = 0
        for group in groups:
            optimizer_.zero_grad()
            for size in group:
                loss = F.cross_entropy(net(images[start : start + size]), labels[start : start + size], weights)
                (loss * size / sum(group)).backward()
                start += size
            if "clipNorm" in options:
                norms.append(torch.nn.utils.clip_grad_norm_(net.parameters(), options["clipNorm"]).item())
            optimizer_.step()
            scheduler.step()
            if averaged is not None:
                averaged.update_parameters(net)
    if "clipNorm" in options:  # Some gradients are longer, some are not.
        assert min(norms) < options["clipNorm"] < max(norms), norms
    tested = net if averaged is None else averaged.module
    tested.eval()
    loss = F.cross_entropy(tested(images), labels).item()
    training = {"batchSize": groups[0][0], "optimizer": {**optimizer, "learningRate": LEARNING_RATE}, **options}
    case = {"name": name, "norm": norm, "training": training, "weights": values(net), "loss": loss}
    if freeze:
        case["freeze"] = list(freeze)
    return case if averaged is None else {**case, "averages": values(tested)}


DECAYED = {
    "sgd": {**SGD, "weightDecay": 0.2},
    "adam": {"name": "adam", "weightDecay": 0.2},
    "adamw": {"name": "adamw", "weightDecay": 0.5},
}
cases = []
for name, spec in DECAYED.items():
    cases.append(trained(f"{name}, all weights decayed", [[5], [5], [5]], spec))
    cases.append(trained(f"{name}, kernels decayed", [[5], [5], [5]], {**spec, "decayNormAndBias": False}))

cases.append(trained("a single image left over", [[7], [8]]))
cases.append(trained("an incomplete last batch", [[6], [6], [3]]))
cases.append(trained("an incomplete last batch left out", [[6], [6]], dropLast=True))
schedule = {"name": "steps", "at": ["1 steps", 1, "5 steps"], "factor": 0.5}
cases.append(trained("milestones in steps and epochs", [[4], [4], [4], [3]], milestones=[1, 4, 5], schedule=schedule))

cases.append(trained("clipped gradients", [[5], [5], [5]], DECAYED["sgd"], clipNorm=0.5))
cases.append(trained("clipped gradients without BatchNorm", [[5], [5], [5]], DECAYED["adam"], norm=False, clipNorm=0.5))

cases.append(trained("averaged weights", [[5], [5], [5]], ema=0.3))
cases.append(trained("averaged weights without BatchNorm", [[5], [5], [5]], DECAYED["adam"], norm=False, ema=0.9))

cases.append(trained("accumulated gradients", [[4, 4], [4, 3]], DECAYED["sgd"], accumulate=2))
cases.append(trained("accumulated gradients of fewer batches at the end", [[4, 4, 4], [3]], DECAYED["adam"], accumulate=3))
cases.append(trained("accumulated gradients and a single image left over", [[7, 8]], accumulate=2))
cases.append(trained("accumulated gradients without the last batch", [[6, 6]], accumulate=2, dropLast=True))
# Without BatchNorm, batches of 4 whose gradients are accumulated are trained by PyTorch as the larger batches that they amount to.
larger = {"norm": False, "batchSize": 4, "accumulate": 2}
cases.append(trained("accumulated gradients as larger batches", [[8], [7]], DECAYED["sgd"], **larger))
cases.append(trained("class weights", [[8], [7]], norm=False, classWeights=[1.0, 3.0, 0.25, 2.0]))
cases.append(trained("accumulated gradients with class weights", [[8], [7]], classWeights=[1.0, 3.0, 0.25, 2.0], **larger))
everything = {"accumulate": 2, "clipNorm": 0.4, "ema": 0.25, "milestones": [1, 3]}
schedule = {"name": "steps", "at": ["1 step", "3 steps"], "factor": 0.5}
cases.append(trained("everything at once", [[4, 4], [4, 3]], DECAYED["adamw"], schedule=schedule, **everything))

# Where gradients do not reach, and where they pass.
cases.append(trained("the stem frozen", [[5], [5], [5]], DECAYED["sgd"], freeze={"stem": ["stem", "norm"]}))
cases.append(trained("a BatchNorm frozen", [[5], [5], [5]], DECAYED["adamw"], freeze={"stem.bn": ["norm"]}))
cases.append(
    trained("the middle frozen, and everything at once", [[4, 4], [4, 3]], DECAYED["adamw"], schedule=schedule, freeze={"stage1": ["conv"]}, **everything)
)

pixels = [image.permute(1, 2, 0).flatten().tolist() for image in images]
initial = {"norm": values(net_of(True)), "plain": values(net_of(False))}
content = {"images": pixels, "labels": labels.tolist(), "initial": initial, "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")
