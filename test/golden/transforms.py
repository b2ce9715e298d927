# Writes test/golden/transforms.json with torchvision's transforms: python3 test/golden/transforms.py (made with torchvision 0.14.1).
import json
from pathlib import Path

import torch
import torchvision.transforms.functional as F

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

Path(__file__).with_suffix(".json").write_text(json.dumps({"cases": cases}) + "\n")
