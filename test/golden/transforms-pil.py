# Writes test/golden/transforms-pil.json with torchvision's transforms of PIL images: python3 test/golden/transforms-pil.py
# (made with torchvision 0.14.1 and Pillow 9.4.0). transforms.py has those that do not resample or compute with values.
import json
from base64 import b64encode
from contextlib import ExitStack
from itertools import product
from pathlib import Path
from random import Random
from unittest.mock import patch
from zlib import crc32

import numpy as np
import torch
import torchvision.transforms as T
import torchvision.transforms.functional as F
from PIL import Image

numbers = Random(1)
noise = np.random.default_rng(1)


def image(height, width, channels):
    """Waves with noise, so that there are edges, plateaus and extreme values."""
    y, x, c = np.mgrid[:height, :width, :channels]
    waves = 128 + 120 * np.sin(x / 3 + c) * np.cos(y / 4 - c) + noise.normal(0, 25, (height, width, channels))
    return np.clip(waves, 0, 255).astype(np.uint8)


IMAGES = {
    "grey": image(11, 9, 1),
    "colour": image(9, 13, 3),
    "square": image(8, 8, 3),
    "row": image(1, 7, 1),
    "column": image(10, 1, 3),
    "pixel": image(1, 1, 3),
    "large": image(20, 17, 3),
    "large grey": image(19, 16, 1),
    "white": np.full((4, 5, 3), 255, np.uint8),
    "line": image(1, 221, 1),
    "larger": image(40, 31, 3),
    "larger grey": image(28, 33, 1),
    "clipped": np.minimum(image(28, 33, 1), 127) * 2 + 1,
}
PIL = {name: F.to_pil_image(pixels) for name, pixels in IMAGES.items()}
SMALL = ["grey", "colour", "row", "column", "pixel"]
cases = []


def stored(pixels):
    pixels = pixels[..., None] if pixels.ndim == 2 else pixels
    return {"shape": list(pixels.shape), "pixels": b64encode(pixels.tobytes()).decode()}


def add(transform, name, result, draws=()):
    cases.append({"transform": transform, "draws": list(draws), "image": name, "result": stored(np.asarray(result))})


def drawn(transform, image, uniform=(), integers=(), order=None):
    """What a random transform makes of an image with these draws in place of its own."""
    uniform, integers = iter(uniform), iter(integers)
    with ExitStack() as patches:
        for name, own in {
            "torch.Tensor.uniform_": lambda tensor, low, high: tensor.fill_(low + next(uniform) * (high - low)),
            "torch.rand": lambda _: torch.tensor(next(uniform)),
            "torch.randint": lambda *_, **__: torch.tensor(next(integers)),
            "torch.randperm": lambda _: torch.tensor(order),
        }.items():
            patches.enter_context(patch(name, own))
        return transform(image)


MODES = {mode.value: mode for mode in T.InterpolationMode} | {"area": T.InterpolationMode.BOX}
RESAMPLING = ["bilinear", "bicubic", "area"]
SAMPLING = ["nearest", "bilinear"]

for name, size, mode in product(SMALL, [5, 8, [7, 4], [2, 20]], RESAMPLING):
    add({"resize": {"size": size, "interpolation": mode}}, name, T.Resize(size, MODES[mode])(PIL[name]))
for name in SMALL:  # one direction stays, or both
    height, width, _ = IMAGES[name].shape
    for size in [[height, 6], [6, width], [height, width]]:
        add({"resize": {"size": size, "interpolation": "bilinear"}}, name, T.Resize(size)(PIL[name]))

DEFAULT = {"size": 8, "scale": [0.08, 1], "ratio": [3 / 4, 4 / 3], "interpolation": "bilinear"}
LARGE = {"size": [6, 9], "scale": [0.7, 1], "ratio": [0.5, 2], "interpolation": "bicubic"}  # often does not fit at first
WIDE = {"size": 5, "scale": [1, 1], "ratio": [3, 4], "interpolation": "area"}  # never fits: a central crop
TALL = {"size": 5, "scale": [1, 1], "ratio": [0.2, 0.3], "interpolation": "bilinear"}
WHOLE = {"size": 5, "scale": [1.0, 1.0], "ratio": [0.99, 1.01], "interpolation": "bilinear"}
QUARTER = {"size": 4, "scale": [0.25, 0.25], "ratio": [1, 1], "interpolation": "bilinear"}  # of the square: only a crop
for name, spec in product(
    ["grey", "colour", "square", "row", "column", "pixel"],
    [DEFAULT, DEFAULT, LARGE, LARGE, WIDE, TALL, WHOLE, QUARTER],
):
    height, width, _ = IMAGES[name].shape
    if (spec is WIDE and width < 3) or (spec is TALL and height < 4):
        continue  # torchvision crops to no pixels
    sizes = [round(numbers.random(), 3) for _ in range(20)]
    place = [numbers.randrange(2), numbers.randrange(2)]
    transform = T.RandomResizedCrop(spec["size"], spec["scale"], spec["ratio"], MODES[spec["interpolation"]])
    with patch("torchvision.transforms.functional.resized_crop", wraps=F.resized_crop) as crop:
        result = drawn(transform, PIL[name], sizes, place)
    _, top, left, cut_height, cut_width = crop.call_args[0][:5]
    if top + cut_height > height or left + cut_width > width:
        continue  # these draws are beyond what torchvision draws
    add({"randomResizedCrop": spec}, name, result, [*sizes, *place])

# Draws are multiples of 1/64, so that angles are the same in PyTorch's 32-bit floating point.
for name, mode, (degrees, fill, draw) in product(
    ["grey", "colour", "square", "column", "pixel"],
    SAMPLING,
    [(30, 0, 5 / 64), (30, 7, 49 / 64), ([-180, 180], 255, 23 / 64), (180, 3, 0.5), (180, 3, 0.75), (180, 3, 0)],
):
    result = drawn(T.RandomRotation(degrees, MODES[mode], fill=fill), PIL[name], [draw])
    add({"rotate": {"degrees": degrees, "fill": fill, "interpolation": mode}}, name, result, [draw])

SHIFT = {"degrees": 0, "translate": [0.25, 0.5], "scale": [1, 1], "shear": 0, "fill": 9}
ZOOM = {"degrees": [0, 0], "translate": [0, 0.125], "scale": [0.5, 1.5], "shear": [0, 0], "fill": 0}
ALL = {"degrees": 45, "translate": [0.125, 0.25], "scale": [0.75, 1.25], "shear": [-8, 16, -4, 4], "fill": 200}
ALONG_X = {"degrees": [10, 20], "translate": [0, 0], "scale": [2, 2], "shear": 12, "fill": 1}
FAR = {"degrees": 45, "translate": [0, 0], "scale": [0.0001, 0.0001], "shear": 0, "fill": 5}  # beyond Pillow's fixed point
HALF = {"degrees": 0, "translate": [0.3125, 0.3125], "scale": [1, 1], "shear": 0, "fill": 9}  # of the square: 2.5 pixels
THIRDS = {"degrees": 0, "translate": [0, 0], "scale": [0.75, 0.75], "shear": 0, "fill": 9}  # not the same in fixed point
SPECS = [(spec, None) for spec in [SHIFT, SHIFT, ZOOM, ZOOM, ALL, ALL, ALONG_X, FAR]]
for name, mode, (spec, first) in [
    *product(["grey", "colour", "row", "pixel"], SAMPLING, SPECS),
    *product(["square"], SAMPLING, [(HALF, 0), (THIRDS, 0)]),
]:
    draws = [numbers.randrange(64) / 64 if first is None else first for _ in range(6)]
    angle, right, down, scale, *shear = draws
    used = [angle, right, down, scale, *shear[: 2 if isinstance(spec["shear"], list) and len(spec["shear"]) == 4 else 1]]
    parameters = {key: tuple(value) if isinstance(value, list) else value for key, value in spec.items()}
    result = drawn(T.RandomAffine(**parameters, interpolation=MODES[mode]), PIL[name], used)
    add({"affine": {**spec, "interpolation": mode}}, name, result, draws)


def order_of(draws):
    """The permutation that Fisher-Yates makes with these draws."""
    order = list(range(len(draws) + 1))
    for last, other in zip(range(len(draws), 0, -1), draws):
        order[last], order[other] = order[other], order[last]
    return order


USUAL = {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.1}
STRONG = {"brightness": 2, "contrast": [0, 3], "saturation": [0.5, 4], "hue": [-0.5, 0.5]}
NONE = {"brightness": 0, "contrast": 0, "saturation": 0, "hue": 0}
ONE = [{**NONE, key: 0.5} for key in NONE]
for name, spec in product(["grey", "large", "column", "pixel", "white"], [USUAL, USUAL, USUAL, STRONG, STRONG, STRONG, NONE, *ONE]):
    order = [numbers.randrange(4), numbers.randrange(3), numbers.randrange(2)]
    factors = dict(zip(spec, (round(numbers.random(), 3) for _ in spec)))
    used = [factor for key, factor in factors.items() if spec[key] != 0]
    result = drawn(T.ColorJitter(**spec), PIL[name], used, order=order_of(order))
    add({"colorJitter": spec}, name, result, [*order, *factors.values()])

for name in [*SMALL, "square", "large", "large grey", "white", "line"]:
    channels = IMAGES[name].shape[2]
    add({"grayscale": {}}, name, T.Grayscale(channels)(PIL[name]))
    for draw in [0.25, 0.75]:
        add({"randomGrayscale": {"p": 0.5}}, name, drawn(T.RandomGrayscale(0.5), PIL[name], [draw]), [draw])

for name, size, fill in product(SMALL, [1, 4, 5, 30], [0, 77]):
    height, width, _ = IMAGES[name].shape
    y, x = numbers.randrange(height), numbers.randrange(width)
    # DeVries and Taylor's code, which has even sizes; an odd square has its centre at the pixel.
    top, bottom = np.clip([y - size // 2, y - size // 2 + size], 0, height)
    left, right = np.clip([x - size // 2, x - size // 2 + size], 0, width)
    pixels = torch.from_numpy(IMAGES[name]).permute(2, 0, 1)
    result = F.erase(pixels, top, left, bottom - top, right - left, torch.tensor(fill, dtype=torch.uint8))
    add({"cutout": {"size": size, "fill": fill}}, name, result.permute(1, 2, 0).numpy(), [y, x])

OPS = T.RandAugment()._augmentation_space(31, (1, 1))
SIGNED = [signed for _, signed in OPS.values()]


def augmented(name, spec, ops):
    """With torchvision's draws: an operation, and a sign if it has one."""
    used = [draw for op, sign in ops for draw in ([op, sign] if SIGNED[op] else [op])]
    transform = T.RandAugment(num_ops=spec["n"], magnitude=spec["m"], fill=spec["fill"])
    add({"randAugment": spec}, name, drawn(transform, PIL[name], integers=used), [draw for op in ops for draw in op])


for name, op in product(["large", "row", "white"], range(len(OPS))):
    augmented(name, {"n": 1, "m": 9, "fill": 0}, [(op, op % 2)])
for op, sign in product([3, 4], range(2)):
    augmented("line", {"n": 1, "m": 30, "fill": 0}, [(op, sign)])
for name, (n, m) in product(["grey", "large", "large grey", "column", "pixel"], [(2, 9), (2, 9), (2, 9), (3, 30), (4, 17), (2, 0)]):
    augmented(name, {"n": n, "m": m, "fill": 128}, [(numbers.randrange(len(OPS)), numbers.randrange(2)) for _ in range(n)])

# Every operation, magnitude and sign: only the CRC-32 of the pixels, to save space.
checksums = []
for name, op in product(["larger", "larger grey", "clipped"], range(len(OPS))):
    magnitudes, signed = list(T.TrivialAugmentWide()._augmentation_space(31).values())[op]
    for magnitude, sign in product(range(31), range(2)):
        used = [op, *([magnitude] if magnitudes.ndim > 0 else []), *([sign] if signed else [])]
        result = drawn(T.TrivialAugmentWide(fill=60), PIL[name], integers=used)
        checksums.append([name, op, magnitude, sign, crc32(np.asarray(result).tobytes())])

# The mean window of an image of 60 x 100 pixels: top, left, height, width.
torch.manual_seed(1)
whole = Image.new("L", (100, 60))
WINDOWS = [{"scale": [0.08, 1], "ratio": [3 / 4, 4 / 3]}, {"scale": [0.3, 0.9], "ratio": [1, 3]}]
windows = [
    {**spec, "mean": np.mean([T.RandomResizedCrop.get_params(whole, **spec) for _ in range(20000)], axis=0).round(3).tolist()}
    for spec in WINDOWS
]

images = {name: stored(pixels) for name, pixels in IMAGES.items()}
text = json.dumps({"images": images, "cases": cases, "trivialAugment": checksums, "windows": windows}, separators=(",", ":"))
Path(__file__).with_suffix(".json").write_text(text + "\n")
