"""The peer of loader-side.ts: torchvision's ImageFolder and DataLoader, one pass for each line of input -> a line of JSON.

Arguments: folder, workers, images in a batch.
"""

import json
import os
import sys
import time

import torch
from torchvision import transforms
from torchvision.datasets import ImageFolder

folder, workers, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
dataset = ImageFolder(
    folder,
    transforms.Compose(
        [
            transforms.RandomResizedCrop(224),
            transforms.RandomHorizontalFlip(),
            transforms.ColorJitter(0.4, 0.4, 0.4, 0.1),
            transforms.ToTensor(),
            transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ]
    ),
)
loader = torch.utils.data.DataLoader(
    dataset, batch_size=size, shuffle=True, num_workers=workers, persistent_workers=True
)


def cpu_seconds():
    """Of this process and its workers, which are still running."""
    ticks = 0
    for pid in [os.getpid(), *[worker.pid for worker in getattr(loader._iterator, "_workers", [])]]:
        with open(f"/proc/{pid}/stat") as stat:
            ticks += sum(map(int, stat.read().rsplit(") ", 1)[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


for _ in sys.stdin:
    start, cpu, images = time.perf_counter(), cpu_seconds(), 0
    for batch, _labels in loader:
        images += len(batch)
    elapsed = time.perf_counter() - start
    used = cpu_seconds() - cpu
    print(
        json.dumps({"imagesPerSecond": images / elapsed, "cpuMsPerImage": 1000 * used / images}),
        flush=True,
    )
