# Writes test/golden/transforms.json with torchvision's transforms: python3 test/golden/transforms.py (made with torchvision 0.14.1).
import json
from pathlib import Path
from random import Random
from unittest.mock import patch

import torch
import torchvision.transforms.functional as F
from torchvision.transforms import RandomErasing

torch.manual_seed(1)
cases = []


def add(transform, draws, image, result):
    as_rows = lambda x: {"shape": [x.shape[1], x.shape[2], x.shape[0]], "pixels": x.permute(1, 2, 0).flatten().tolist()}
    cases.append({"transform": transform, "draws": draws, "image": as_rows(image), "result": as_rows(result)})


for channels, height, width in [(1, 5, 4), (3, 4, 7), (3, 6, 6)]:
    image = torch.randint(0, 256, (channels, height, width), dtype=torch.uint8)
    for left_right, up_down in [(0.2, 0.9), (0.9, 0.2), (0.2, 0.2), (0.9, 0.9)]:
        result = F.hflip(image) if left_right < 0.5 else image
        result = F.vflip(result) if up_down < 0.5 else result
        add({"flip": {"horizontal": 0.5, "vertical": 0.5}}, [left_right, up_down], image, result)
    for size, padding, fill, top, left in [([height, width], 2, 0, 0, 0), ([height, width], 2, 7, 4, 3), ([2, 3], 0, 0, 1, 0), ([4, 4], 1, 255, 0, 1)]:
        result = F.crop(F.pad(image, padding, fill), top, left, *size)
        add({"randomCrop": {"size": size, "padding": padding, "fill": fill}}, [top, left], image, result)
    for size in [[1, 1], [2, 3], [3, 2], [4, 4], [height, width]]:
        add({"centerCrop": {"size": size}}, [], image, F.center_crop(image, size))



def erased(image, spec, decision, sizes, place):
    """torchvision's RandomErasing itself, with these draws in place of its own."""
    sizes, place = iter(sizes), iter(place)
    with (
        patch("torch.rand", lambda _: torch.tensor(decision)),
        patch("torch.Tensor.uniform_", lambda tensor, low, high: tensor.fill_(low + next(sizes) * (high - low))),
        patch("torch.randint", lambda *_, **__: torch.tensor(next(place))),
    ):
        return RandomErasing(**spec)(image)


# Each size is two draws: area and ratio. torchvision stops at the first that fits; the others are drawn all the same.
numbers = Random(1)
EVEN = {"p": 0.5, "scale": [0.25, 0.25], "ratio": [1, 1], "value": 9}  # half of 5 pixels, rounded to 2
DEFAULT = {"p": 0.5, "scale": [0.02, 0.33], "ratio": [0.3, 3.3], "value": 0}
LARGE = {"p": 1, "scale": [0.5, 1], "ratio": [0.5, 2], "value": 255}  # often too large, so that several sizes are tried
WHOLE = {"p": 1, "scale": [1, 1], "ratio": [0.3, 3.3], "value": 3}  # never fits
for channels, height, width in [(1, 5, 5), (3, 4, 7), (3, 9, 6), (1, 1, 1), (1, 1, 8), (3, 8, 1)]:
    image = torch.randint(0, 256, (channels, height, width), dtype=torch.uint8)
    for spec, decision in [(EVEN, 0.25), (DEFAULT, 0.25), (DEFAULT, 0.5), (LARGE, 0.75), (LARGE, 0.75), (WHOLE, 0.25)]:
        sizes = [round(numbers.random(), 3) for _ in range(20)]
        place = [numbers.randrange(2), numbers.randrange(2)]  # one that any rectangle that fits leaves room for
        add({"randomErasing": spec}, [decision, *sizes, *place], image, erased(image, spec, decision, sizes, place))

for channels, height, width in [(1, 1, 1), (1, 5, 4), (3, 4, 7)] * 4:
    image = torch.randint(0, 256, (channels, height, width), dtype=torch.uint8)
    add({"invert": {}}, [], image, F.invert(image))

Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}) + "\n")
