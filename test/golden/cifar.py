# Writes test/golden/cifar-10-binary.tar.gz and cifar-100-binary.tar.gz as their publisher makes them, but with few images:
# python3 test/golden/cifar.py. Pixel y, x of channel c of image i is (7 i + 50 c + 2 y + 3 x) mod 256.
import gzip
import io
import tarfile
from pathlib import Path

HERE = Path(__file__).parent
TEN = "airplane automobile bird cat deer dog frog horse ship truck".split()


def planes(image):
    return bytes((7 * image + 50 * c + 2 * y + 3 * x) % 256 for c in range(3) for y in range(32) for x in range(32))


def write(name, folder, files):
    with gzip.GzipFile(HERE / name, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(folder)
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
        for file, content in files.items():
            entry = tarfile.TarInfo(f"{folder}/{file}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def lines(names):
    return ("\n".join(names) + "\n\n").encode()


batches = {f"data_batch_{part + 1}.bin": range(6 * part, 6 * part + 6) for part in range(5)} | {"test_batch.bin": range(30, 40)}
write(
    "cifar-10-binary.tar.gz",
    "cifar-10-batches-bin",
    {"readme.html": b"<html>", "batches.meta.txt": lines(TEN)}
    | {name: b"".join(bytes([i % 10]) + planes(i) for i in images) for name, images in batches.items()},
)
write(
    "cifar-100-binary.tar.gz",
    "cifar-100-binary",
    {"fine_label_names.txt": lines(f"fine_{i}" for i in range(100)), "coarse_label_names.txt": lines(f"coarse_{i}" for i in range(20))}
    | {
        name: b"".join(bytes([i % 20, 99 - i]) + planes(i) for i in images)
        for name, images in {"train.bin": range(30), "test.bin": range(30, 40)}.items()
    },
)
