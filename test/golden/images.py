"""Writes images/ (a dataset as a folder of images in all formats), images.json (their pixels, as Pillow reads them) and
parquet/ (the same kind of dataset as the Hugging Face Hub serves it). Needs Pillow, numpy and pyarrow."""

import io
import json
import shutil
from pathlib import Path

import numpy
import pyarrow
import pyarrow.parquet
from PIL import Image, ImageOps

HERE = Path(__file__).parent
SIZE = (12, 10)  # width, height


def gradient(seed):
    """Smooth, so that lossy formats keep it nearly as it is; each seed has its own colours."""
    y, x = numpy.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    channels = [(40 * seed + a * x + b * y + 60 * c) % 200 + 20 for c, (a, b) in enumerate([(5, 2), (2, 4), (3, 3)])]
    return numpy.stack(channels, axis=2).astype("uint8")


def write(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def rotated(seed):
    """Stored lying on its side, with the EXIF orientation that turns it upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return Image.fromarray(gradient(seed)), {"exif": exif, "quality": 95}


def main():
    root = HERE / "images"
    shutil.rmtree(root, ignore_errors=True)
    rgb = lambda seed: Image.fromarray(gradient(seed))
    write(root / "train/cat/a.jpg", rgb(0), quality=95)
    write(root / "train/cat/b progressive.JPEG", rgb(1), quality=95, progressive=True)
    write(root / "train/cat/c.png", rgb(2))
    write(root / "train/cat/d-grey.png", rgb(3).convert("L"))
    write(root / "train/cat/e-palette.png", rgb(4).convert("P", palette=Image.Palette.ADAPTIVE))
    alpha = rgb(5).convert("RGBA")
    alpha.putalpha(Image.fromarray(numpy.tile(numpy.linspace(0, 255, SIZE[0]).astype("uint8"), (SIZE[1], 1))))
    write(root / "train/dog/f-alpha.png", alpha)
    sixteen = (gradient(6)[:, :, 0].astype("uint16") << 8) + 255
    write(root / "train/dog/g-16bit.png", Image.fromarray(sixteen))
    write(root / "train/dog/h.webp", rgb(7), lossless=True)
    write(root / "train/dog/i.gif", rgb(8).convert("P", palette=Image.Palette.ADAPTIVE))
    write(root / "train/dog/j.tiff", rgb(9))
    write(root / "train/dog/deeper/k-cmyk.jpg", rgb(10).convert("CMYK"), quality=95)
    image, options = rotated(11)
    write(root / "train/cat/l-rotated.jpg", image, **options)
    for seed, name in enumerate(["val/cat/a.png", "val/dog/a.png", "test/cat/a.png", "test/dog/a.png"]):
        write(root / name, rgb(20 + seed))
    (root / "train/cat/notes.txt").write_text("not an image\n")
    (root / "train/cat/.hidden.png").write_text("not an image either\n")

    expected = {}
    for file in sorted(root.rglob("*")):
        if file.suffix.lower() not in {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tiff"} or file.name.startswith("."):
            continue
        image = ImageOps.exif_transpose(Image.open(file))
        if image.mode.startswith("I"):
            image = Image.fromarray((numpy.asarray(image) >> 8).astype("uint8"))
        if image.mode == "RGBA":
            image = Image.alpha_composite(Image.new("RGBA", image.size, (255, 255, 255, 255)), image)
        pixels = numpy.asarray(image.convert("RGB"))
        expected[str(file.relative_to(root))] = {"shape": list(pixels.shape), "pixels": pixels.ravel().tolist()}
    (HERE / "images.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
    parquet()


def parquet():
    root = HERE / "parquet"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    features = {"image": {"_type": "Image"}, "label": {"names": ["apple", "pear", "plum"], "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    parts = [
        ("train-00000-of-00002", range(0, 9), "snappy"),
        ("train-00001-of-00002", range(9, 18), "zstd"),
        ("validation-00000-of-00001", range(18, 24), "gzip"),
        ("test-00000-of-00001", range(24, 30), "snappy"),
    ]
    for name, seeds, compression in parts:
        images = []
        for seed in seeds:
            buffer = io.BytesIO()
            Image.fromarray(gradient(seed)).save(buffer, "PNG")
            images.append({"bytes": buffer.getvalue(), "path": f"{seed}.png"})
        table = pyarrow.table(
            {
                "image": pyarrow.array(images, pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])),
                "label": pyarrow.array([seed % 3 for seed in seeds], pyarrow.int64()),
            }
        ).replace_schema_metadata(metadata)
        pyarrow.parquet.write_table(table, root / f"{name}.parquet", compression=compression, row_group_size=4)


main()
