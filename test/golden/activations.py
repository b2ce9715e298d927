# Writes test/golden/activations.json: activations and their gradients as PyTorch computes them, in float64:
# python3 test/golden/activations.py (made with PyTorch 1.13.0).
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
# [images, height, width, channels], with numbers beyond the bends at -3, 0, 3 and 6, and with very large ones.
x = (torch.randn(2, 3, 2, 16) * 4).round(decimals=3)
x[0, 0, 0, :4] = torch.tensor([-40.0, 40.0, -9.0, 9.0])
dy = torch.randn(x.shape).round(decimals=3)


def case(function):
    leaf = x.clone().requires_grad_()
    y = function(leaf)
    y.backward(dy)
    rounded = lambda tensor: [round(value, 8) for value in tensor.flatten().tolist()]
    return {"y": rounded(y), "dx": rounded(leaf.grad)}


golden = {
    "shape": list(x.shape),
    "x": x.flatten().tolist(),
    "dy": dy.flatten().tolist(),
    "activations": {name: case(function) for name, function in ACTIVATIONS.items()},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
