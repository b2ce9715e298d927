"""Networks of configs/zoo with the same weights beside those of timm: logits in evaluation and in training, and all gradients.

npm run build; python3 bench/zoo_peer.py [network ...], with timm installed. The weights of both are paired in the order in which layers
are called. Gradients are compared with PyTorch's in float64. Exit code 1 beyond the limits below.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import timm
import torch
from safetensors import safe_open
from torch import nn

ROOT = Path(__file__).parent.parent
SE = {"block_args": {"attn_layer": "se"}}
# Network -> its name and options in timm.
PEERS = {
    "resnet-18": ("resnet18", {}),
    "se-resnext-50": ("seresnext50_32x4d", {}),
    "mobilenet-v2": ("mobilenetv2_100", {}),
    "mobilenet-v3-large": ("mobilenetv3_large_100", {}),
    "mobilenet-v3-small": ("mobilenetv3_small_100", {}),
    "efficientnet-b0": ("efficientnet_b0", {}),
    "efficientnet-b3": ("efficientnet_b3", {}),
    "mnasnet-a1": ("semnasnet_100", {}),
    "mnasnet-b1": ("mnasnet_100", {}),
    "regnetx-400mf": ("regnetx_004", {}),
    "regnety-200mf": ("regnety_002", {}),
    "resnet-50-d": ("resnet50d", {}),
    "se-resnet-50-d": ("resnet50d", SE),
    "eca-resnet-50-d": ("ecaresnet50d", {}),
    "densenet-121": ("densenet121", {}),
    "convnext-t": ("convnext_tiny", {}),  # Its convolutions with a stride have no padding.
    "res2net-50": ("res2net50_26w_4s", {}),
    "sk-resnet-50": ("skresnet50", {}),
    "resnest-50": ("resnest50d", {}),
}
NORMS = (nn.BatchNorm2d, nn.LayerNorm, nn.GroupNorm)
# Largest differences, relative to the norm of a tensor. Rounding moves numbers across the bend of a ReLU, and BatchNorm of few numbers
# magnifies it, so gradients may also differ three times as much as those of PyTorch in float32.
TOLERANCE = 5e-4
GRADIENT_TOLERANCE = 0.03
TIMES_ROUNDING = 3


def called_layers(model, images):
    """The layers with weights, and the layer scales of ConvNeXt, in the order in which they are called."""
    order, hooks = [], []
    for module in model.modules():
        if isinstance(module, (nn.Conv1d, nn.Conv2d, nn.Linear, *NORMS)):
            hooks.append(module.register_forward_hook(lambda module, *_: order.append(module)))
        if getattr(module, "gamma", None) is not None:
            # A layer scale follows the last layer of its block.
            hooks.append(module.mlp.register_forward_hook(lambda *_, module=module: order.append(module)))
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return order


def pairs_of(layer, name, op):
    """Our weights beside the parameters and buffers of a layer: (name, tensor, our axes in the order of PyTorch)."""
    if op == "batch-norm":
        return [
            (f"{name}/gamma", layer.weight, None),
            (f"{name}/beta", layer.bias, None),
            (f"{name}/moving_mean", layer.running_mean, None),
            (f"{name}/moving_variance", layer.running_var, None),
        ]
    if op in ("layer-norm", "group-norm"):
        return [(f"{name}/gamma", layer.weight, None), (f"{name}/beta", layer.bias, None)]
    if op == "layer-scale":
        return [(f"{name}/factor", layer.gamma, None)]
    bias = [(f"{name}/bias", layer.bias, None)] if layer.bias is not None else []
    if op == "dense":
        return [(f"{name}/kernel", layer.weight, (1, 0)), *bias]
    if op == "channel-conv":
        return [(f"{name}/kernel", layer.weight, (2, 1, 0)), *bias]
    if is_depthwise(layer):
        return [(f"{name}/depthwise_kernel", layer.weight, (2, 3, 0, 1)), *bias]
    return [(f"{name}/kernel", layer.weight, (3, 2, 0, 1)), *bias]


def is_depthwise(layer):
    is_one = isinstance(layer, nn.Conv2d) and layer.groups == layer.in_channels == layer.out_channels
    return is_one and layer.groups > 1 and layer.dilation == (1, 1)


def paired(layers, order, ours):
    """As pairs_of, for all layers, with lists of names: where timm has one layer for all branches, we have one for each."""
    nodes, pairs = list(order), []
    for layer in layers:
        name, op = nodes.pop(0)
        found = [([key], tensor, axes) for key, tensor, axes in pairs_of(layer, name, op)]
        outputs = ours[f"{name}/kernel"].shape[-1] if op == "dense" else 0
        while op == "dense" and outputs < layer.weight.shape[0]:
            more, _ = nodes.pop(0)
            for keys, (key, *_) in zip((keys for keys, *_ in found), pairs_of(layer, more, op)):
                keys.append(key)
            outputs += ours[f"{more}/kernel"].shape[-1]
        pairs += found
    assert not nodes, nodes
    return pairs


def ours_as_torch(values, tensor, axes):
    return (values if axes is None else values.permute(axes)).reshape(tensor.shape)


def relative(a, b):
    return ((a - b).norm() / (b.norm() + 1e-12)).item()


def gradients_of(model, images, pairs):
    """The gradients of the mean cross-entropy in training, by the first of our names, and the logits."""
    model.train().zero_grad()
    logits = model(images)
    nn.functional.cross_entropy(logits, torch.arange(len(images))).backward()
    gradients = {keys[0]: tensor.grad.clone().float() for keys, tensor, _ in pairs if tensor.requires_grad}
    return gradients, logits.detach().float()


def largest_difference(found, exact):
    """Relative to the norm of each tensor, or to a thousandth of the largest norm, and where it is."""
    least = 1e-3 * max(value.norm().item() for value in exact.values())
    return max(((found[key] - exact[key]).norm().item() / max(exact[key].norm().item(), least), key) for key in exact)


def compare(name, folder):
    timm_name, options = PEERS[name]
    side = ["node", "dist/bench/zoo-side.js", name, folder, f"network.padding={'same' if name == 'convnext-t' else 'symmetric'}"]
    subprocess.run(side, check=True, cwd=ROOT)
    model = timm.create_model(timm_name, num_classes=10, **options)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    found = {}
    with safe_open(Path(folder) / f"{name}.safetensors", "pt") as file:
        ours = {key: file.get_tensor(key) for key in file.keys()}
        order = json.loads(file.metadata()["order"])
    images = ours["images"].permute(0, 3, 1, 2).contiguous()
    layers = called_layers(model.eval(), images)
    pairs = paired(layers, order, ours)
    with torch.no_grad():
        for layer in layers:
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = epsilon_of(name)
        for keys, tensor, axes in pairs:
            tensor.copy_(ours_as_torch(torch.cat([ours[key] for key in keys], -1), tensor, axes))
        found["logits"] = relative(ours["logits"], model(images))
    exact, exact_logits = gradients_of(model.double(), images.double(), pairs)
    rounded, _ = gradients_of(model.float(), images, pairs)
    found["training logits"] = relative(ours["training logits"], exact_logits)
    mine = {
        keys[0]: ours_as_torch(torch.cat([ours[f"gradient:{key}"] for key in keys], -1), tensor, axes)
        for keys, tensor, axes in pairs
        if keys[0] in exact
    }
    found["gradients"], worst = largest_difference(mine, exact)
    rounding, _ = largest_difference(rounded, exact)
    limit = max(GRADIENT_TOLERANCE, TIMES_ROUNDING * rounding)
    is_same = found["logits"] < TOLERANCE and found["training logits"] < TOLERANCE and found["gradients"] < limit
    numbers = ", ".join(f"{key} {value:.1e}" for key, value in found.items())
    more = f" (of PyTorch in float32 {rounding:.1e})" if is_same else f" ({worst})"
    print(f"{'' if is_same else 'DIFFERS: '}{name}: {len(pairs)} tensors; {numbers}{more}", flush=True)
    return is_same


def epsilon_of(name):
    """Of BatchNorm, in our configuration."""
    text = (ROOT / f"configs/zoo/{name}.yaml").read_text()
    return float(text.split("epsilon: ")[1].split()[0]) if "epsilon: " in text else 1e-5


torch.manual_seed(1)
with tempfile.TemporaryDirectory() as folder:
    results = [compare(name, folder) for name in sys.argv[1:] or PEERS]
sys.exit(0 if all(results) else 1)
