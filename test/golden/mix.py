# Writes test/golden/mix.json: batches mixed as by the RandomMixup and RandomCutmix of torchvision's references/classification, with
# given draws: python3 test/golden/mix.py (made with PyTorch 1.13.0).
import json
from math import sqrt
from pathlib import Path

import torch

torch.manual_seed(1)
CHANNELS, HEIGHT, WIDTH, CLASSES = 2, 5, 4, 3
cases = []


def mix(size, share, centre=None):
    images, labels = torch.randn(size, CHANNELS, HEIGHT, WIDTH), torch.randint(CLASSES, (size,))
    targets = torch.nn.functional.one_hot(labels, CLASSES).float()
    mixed, other, remains = images.clone(), images.roll(1, 0), share
    if centre is None:
        mixed = share * images + (1 - share) * other
    else:
        half = 0.5 * sqrt(1 - share)
        across, down = int(half * WIDTH), int(half * HEIGHT)
        x, y = torch.tensor(centre)
        left, right = (x - across).clamp(min=0), (x + across).clamp(max=WIDTH)
        top, bottom = (y - down).clamp(min=0), (y + down).clamp(max=HEIGHT)
        mixed[:, :, top:bottom, left:right] = other[:, :, top:bottom, left:right]
        remains = 1 - ((right - left) * (bottom - top)).item() / (WIDTH * HEIGHT)
    soft = remains * targets + (1 - remains) * targets.roll(1, 0)
    numbers = lambda tensor: [round(value, 6) for value in tensor.flatten().tolist()]
    pixels = lambda tensor: numbers(tensor.permute(0, 2, 3, 1))
    cases.append({
        "share": share,
        "centre": centre,
        "images": pixels(images),
        "classes": labels.tolist(),
        "mixed": pixels(mixed),
        "labels": numbers(soft),
        "larger": (labels if remains >= 0.5 else labels.roll(1, 0)).tolist(),
    })


for share in [0.0, 0.125, 0.5, 0.7, 1.0]:
    mix(4, share)
for share in [0.0, 0.1, 0.5, 0.7, 1.0]:
    for centre in [[0, 0], [2, 2], [3, 4], [1, 3]]:
        mix(3, share, centre)
mix(1, 0.3)

shape = {"height": HEIGHT, "width": WIDTH, "channels": CHANNELS}
content = {"shape": shape, "outputs": CLASSES, "cases": cases}
Path(__file__).with_suffix(".json").write_text(json.dumps(content) + "\n")
