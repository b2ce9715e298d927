# Writes test/golden/medmnist.npz and keras.npz with NumPy, as their publishers do, but with few images, and floats.npz, which has
# all 256 levels of grey as floating-point numbers: python3 test/golden/npz.py. Pixel y, x of channel c of image i is (7 i + 50 c + 2 y + 3 x) mod 256.
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def images(first, count, height, width, channels=None):
    i, y, x, c = np.ogrid[first : first + count, :height, :width, : channels or 1]
    pixels = ((7 * i + 50 * c + 2 * y + 3 * x) % 256).astype("uint8")
    return pixels if channels else pixels[..., 0]


def labels(first, count, classes):
    return np.arange(first, first + count) % classes


np.savez_compressed(
    HERE / "medmnist.npz",
    **{f"{part}_images": images(first, count, 9, 7, 3) for part, first, count in [("train", 0, 24), ("val", 24, 6), ("test", 30, 10)]},
    **{f"{part}_labels": labels(first, count, 4)[:, None].astype("uint8") for part, first, count in [("train", 0, 24), ("val", 24, 6), ("test", 30, 10)]},
)
np.savez(
    HERE / "keras.npz",
    x_train=np.asfortranarray(images(0, 24, 6, 5)),
    y_train=labels(0, 24, 3).astype(">i4"),
    x_test=images(24, 8, 6, 5),
    y_test=labels(24, 8, 3).astype("int64"),
)
levels = np.arange(256.0).reshape(16, 4, 4)
np.savez(
    HERE / "floats.npz",
    single=(levels / 255).astype("float32"),
    double=levels / 255,
    levels=np.maximum(levels - 0.25, 0).astype("float32"),
    species=labels(0, 16, 4),
)
