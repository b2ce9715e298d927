# Writes test/golden/layers.json: activations, GroupNorm and LayerNorm with their gradients as PyTorch computes them, in float64:
# python3 test/golden/layers.py (made with PyTorch 1.13.0).
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
ACTIVATIONS = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky-relu": F.leaky_relu,
    "silu": F.silu,
    "hard-swish": F.hardswish,
    "gelu": F.gelu,
    "hard-sigmoid": F.hardsigmoid,
}
CHANNELS = 16
# [images, height, width, channels], with numbers beyond the bends at -3, 0, 3 and 6, and with very large ones.
x = (torch.randn(2, 3, 2, CHANNELS) * 4).round(decimals=3)
x[0, 0, 0, :4] = torch.tensor([-40.0, 40.0, -9.0, 9.0])
dy = torch.randn(x.shape).round(decimals=3)
gamma, beta = torch.randn(CHANNELS).round(decimals=3), torch.randn(CHANNELS).round(decimals=3)


def group_norm(x, gamma, beta):
    return F.group_norm(x.permute(0, 3, 1, 2), 4, gamma, beta, 1e-5).permute(0, 2, 3, 1)


def layer_norm(x, gamma, beta):
    return F.layer_norm(x, (CHANNELS,), gamma, beta, 1e-6)


def case(function, *weights):
    leaves = [tensor.clone().requires_grad_() for tensor in (x, *weights)]
    y = function(*leaves)
    y.backward(dy)
    rounded = lambda tensor: [round(value, 8) for value in tensor.flatten().tolist()]
    names = ["dx", "dgamma", "dbeta"][: len(leaves)]
    return {"y": rounded(y), **{name: rounded(leaf.grad) for name, leaf in zip(names, leaves)}}


golden = {
    "shape": list(x.shape),
    **{name: tensor.flatten().tolist() for name, tensor in {"x": x, "dy": dy, "gamma": gamma, "beta": beta}.items()},
    "layers": {
        **{name: case(function) for name, function in ACTIVATIONS.items()},
        "group-norm": case(group_norm, gamma, beta),
        "layer-norm": case(layer_norm, gamma, beta),
    },
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
