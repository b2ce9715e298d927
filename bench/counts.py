"""Parameters and multiply-adds of the networks in configs/zoo beside those of timm and torchvision, to the unit.

python3 bench/counts.py, with timm and torchvision installed, compares test/golden/zoo.csv, which `npm run golden` writes. Multiply-adds
are those of convolutions and fully connected layers, without biases, counted while an image passes. Exit code 1 if a number differs.
"""
import csv
import sys
from pathlib import Path

import timm
import torch
import torchvision
from torch import nn

GOLDEN = Path(__file__).parent.parent / "test/golden/zoo.csv"


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, r=16):
        super().__init__()
        self.reduce, self.expand = nn.Linear(channels, channels // r), nn.Linear(channels // r, channels)

    def forward(self, x):
        gate = torch.sigmoid(self.expand(torch.relu(self.reduce(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


def se_densenet121():
    """torchvision's DenseNet-121 with SE after each dense block."""
    model = torchvision.models.densenet121()
    for block, channels in [("denseblock1", 256), ("denseblock2", 512), ("denseblock3", 1024), ("denseblock4", 1024)]:
        dense = getattr(model.features, block)
        setattr(model.features, block, nn.Sequential(dense, SqueezeExcitation(channels)))
    return model


class PyramidSqueezeAttention(nn.Module):
    """Zhang et al. 2021, written from the paper's section 3."""

    def __init__(self, channels, filters, stride):
        super().__init__()
        quarter = filters // 4
        self.convs = nn.ModuleList(
            nn.Conv2d(channels, quarter, k, stride, k // 2, groups=groups, bias=False)
            for k, groups in [(3, 1), (5, 4), (7, 8), (9, 16)]
        )
        self.reduce, self.expand = nn.Linear(quarter, quarter // 16), nn.Linear(quarter // 16, quarter)

    def forward(self, x):
        parts = torch.stack([conv(x) for conv in self.convs], 1)
        gates = torch.sigmoid(self.expand(torch.relu(self.reduce(parts.mean((3, 4))))))
        return (parts * gates.softmax(1)[:, :, :, None, None]).flatten(1, 2)


class GlobalContext(nn.Module):
    """Cao et al. 2019, written from the paper's section 4."""

    def __init__(self, channels, r=16):
        super().__init__()
        self.score = nn.Conv2d(channels, 1, 1)
        self.reduce, self.norm = nn.Linear(channels, channels // r), nn.LayerNorm(channels // r)
        self.expand = nn.Linear(channels // r, channels)

    def forward(self, x):
        weights = self.score(x).flatten(2).softmax(2)
        context = (x.flatten(2) * weights).sum(2)
        return x + self.expand(torch.relu(self.norm(self.reduce(context))))[:, :, None, None]


def resnet50_with(change):
    """torchvision's ResNet-50 with `change` applied to each block."""

    def make():
        model = torchvision.models.resnet50()
        for block in model.modules():
            if isinstance(block, torchvision.models.resnet.Bottleneck):
                change(block)
        return model

    return make


def use_pyramid(block):
    conv = block.conv2
    block.conv2 = PyramidSqueezeAttention(conv.in_channels, conv.out_channels, conv.stride)


def use_context(block):
    block.bn3 = nn.Sequential(block.bn3, GlobalContext(block.bn3.num_features))


def of_timm(name, **options):
    return lambda: timm.create_model(name, **options)


def of_torchvision(name):
    return lambda: getattr(torchvision.models, name)()


SE = {"block_args": {"attn_layer": "se"}}
PEERS = {
    "resnet-18": [of_torchvision("resnet18")],
    "resnet-34": [of_torchvision("resnet34")],
    "resnext-50": [of_torchvision("resnext50_32x4d")],
    "se-resnext-50": [of_timm("seresnext50_32x4d")],
    "vgg-16": [of_torchvision("vgg16")],
    "vgg-16-bn": [of_torchvision("vgg16_bn")],
    "mobilenet-v2": [of_timm("mobilenetv2_100"), of_torchvision("mobilenet_v2")],
    "mobilenet-v3-large": [of_timm("mobilenetv3_large_100"), of_torchvision("mobilenet_v3_large")],
    "mobilenet-v3-small": [of_timm("mobilenetv3_small_100"), of_torchvision("mobilenet_v3_small")],
    "efficientnet-b0": [of_timm("efficientnet_b0"), of_torchvision("efficientnet_b0")],
    "efficientnet-b1": [of_timm("efficientnet_b1"), of_torchvision("efficientnet_b1")],
    "efficientnet-b2": [of_timm("efficientnet_b2"), of_torchvision("efficientnet_b2")],
    "efficientnet-b3": [of_timm("efficientnet_b3"), of_torchvision("efficientnet_b3")],
    "mnasnet-a1": [of_timm("semnasnet_100")],
    "mnasnet-b1": [of_timm("mnasnet_100"), of_torchvision("mnasnet1_0")],
    "regnetx-200mf": [of_timm("regnetx_002")],
    "regnetx-400mf": [of_timm("regnetx_004")],
    "regnetx-800mf": [of_timm("regnetx_008"), of_torchvision("regnet_x_800mf")],
    "regnety-200mf": [of_timm("regnety_002")],
    "regnety-400mf": [of_timm("regnety_004"), of_torchvision("regnet_y_400mf")],
    "regnety-800mf": [of_timm("regnety_008")],
    "resnet-50-d": [of_timm("resnet50d")],
    "se-resnet-50-d": [of_timm("resnet50d", **SE)],
    "eca-resnet-50-d": [of_timm("ecaresnet50d")],
    "res2net-50": [of_timm("res2net50_26w_4s")],
    "se-res2net-50": [of_timm("res2net50_26w_4s", block_args={"attn_layer": timm.layers.SEModule})],
    "sk-resnet-50": [of_timm("skresnet50")],
    "resnest-50": [of_timm("resnest50d")],
    "epsanet-50": [resnet50_with(use_pyramid)],
    "gc-resnet-50": [resnet50_with(use_context)],
    "convnext-t": [of_timm("convnext_tiny"), of_torchvision("convnext_tiny")],
    "densenet-121": [of_timm("densenet121"), of_torchvision("densenet121")],
    "se-densenet-121": [se_densenet121],
}


def size_of(name):
    text = (GOLDEN.parent.parent.parent / f"configs/zoo/{name}.yaml").read_text()
    return int(text.split("size: ")[1].split()[0]) if "size: " in text else 224


def counts_of(model, size):
    macs = 0

    def count(module, _, output):
        nonlocal macs
        per_output = module.weight.numel() // module.weight.shape[0]
        macs += output.numel() * per_output

    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear)):
            module.register_forward_hook(count)
    model.eval()
    with torch.no_grad():
        model(torch.zeros(1, 3, size, size))
    return sum(parameter.numel() for parameter in model.parameters()), macs


golden = {row["network"]: (int(row["trainable"]), int(row["macs"])) for row in csv.DictReader(GOLDEN.open())}
differ = 0
for name, peers in PEERS.items():
    for number, make in enumerate(peers):
        found = counts_of(make(), size_of(name))
        same = found == golden[name]
        differ += not same
        rest = "" if same else f"  here {golden[name][0]:,} parameters, {golden[name][1]:,} multiply-adds"
        print(f"{'' if same else 'DIFFERS: '}{name} [{number + 1}]: {found[0]:,} parameters, {found[1]:,} multiply-adds{rest}", flush=True)
sys.exit(1 if differ else 0)
