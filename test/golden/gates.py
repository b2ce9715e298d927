# Writes test/golden/gates.json: polarized self-attention by the formulas of its paper, with its gradients as PyTorch computes them, in
# float64: python3 test/golden/gates.py (made with PyTorch 1.13.0).
import json
from pathlib import Path

import torch
from torch import nn

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)
CHANNELS = 6
# [images, height, width, channels]
x = torch.randn(2, 3, 2, CHANNELS).round(decimals=3)
dy = torch.randn(x.shape).round(decimals=3)


class Polarized(nn.Module):
    def __init__(self, channels, layout):
        super().__init__()
        half = channels // 2
        conv = lambda inputs, outputs: nn.Conv2d(inputs, outputs, 1, bias=False)
        self.layout = layout
        self.channel_query, self.channel_value = conv(channels, 1), conv(channels, half)
        self.channel_expand, self.channel_norm = conv(half, channels), nn.LayerNorm(channels)
        self.spatial_query, self.spatial_value = conv(channels, half), conv(channels, half)

    def channels_only(self, x):
        weights = self.channel_query(x).flatten(2).softmax(2)
        z = torch.einsum("ncp,nop->nc", self.channel_value(x).flatten(2), weights)
        scores = self.channel_norm(self.channel_expand(z[:, :, None, None]).flatten(1))
        return x * scores.sigmoid()[:, :, None, None]

    def pixels_only(self, x):
        weights = self.spatial_query(x).mean((2, 3)).softmax(1)
        scores = torch.einsum("nc,nchw->nhw", weights, self.spatial_value(x))
        return x * scores.sigmoid()[:, None]

    def forward(self, x):
        if self.layout == "parallel":
            return self.channels_only(x) + self.pixels_only(x)
        return self.pixels_only(self.channels_only(x))


# The parameters -> the variables of the network, whose kernels are [inputs, outputs].
VARIABLES = {
    "channel_query.weight": "channel.query/kernel",
    "channel_value.weight": "channel.value/kernel",
    "channel_expand.weight": "channel.expand/kernel",
    "channel_norm.weight": "channel.score/gamma",
    "channel_norm.bias": "channel.score/beta",
    "spatial_query.weight": "spatial.query/kernel",
    "spatial_value.weight": "spatial.value/kernel",
}


def flat(tensor):
    tensor = tensor.detach()
    kernel = tensor.dim() == 4
    return [round(value, 8) for value in (tensor[:, :, 0, 0].T if kernel else tensor).flatten().tolist()]


def case(layout):
    module = Polarized(CHANNELS, layout)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape).round(decimals=3))
    image = x.permute(0, 3, 1, 2).clone().requires_grad_()
    y = module(image)
    y.backward(dy.permute(0, 3, 1, 2))
    rounded = lambda tensor: [round(value, 8) for value in tensor.detach().permute(0, 2, 3, 1).flatten().tolist()]
    parameters = [(VARIABLES[name], parameter) for name, parameter in module.named_parameters()]
    return {
        "params": sum(parameter.numel() for parameter in module.parameters()),
        "weights": {name: flat(parameter) for name, parameter in parameters},
        "y": rounded(y),
        "dx": rounded(image.grad),
        "gradients": {name: flat(parameter.grad) for name, parameter in parameters},
    }


golden = {
    "shape": list(x.shape),
    **{name: tensor.flatten().tolist() for name, tensor in {"x": x, "dy": dy}.items()},
    "gates": {f"polarized, {layout}": case(layout) for layout in ("parallel", "sequential")},
}
Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
