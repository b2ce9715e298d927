"""The peer: one process, one case, training steps for some seconds -> a line of JSON. On a GPU if PyTorch finds one.

Arguments: case (JSON, as in cases.ts), threads, seconds, words joined by "+": channels_last, tf32, bfloat16 (autocast), compile.
"""

from peer import arguments, report

case, threads, seconds, words = arguments()
mode = words.split("+")

import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(threads)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = "tf32" in mode


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, r=16):
        super().__init__()
        self.reduce = nn.Linear(channels, max(1, channels // r))
        self.expand = nn.Linear(max(1, channels // r), channels)

    def forward(self, x):
        gate = torch.sigmoid(self.expand(F.relu(self.reduce(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


def conv_norm(inputs, outputs, kernel, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs))


class Block(nn.Module):
    def __init__(self, inputs, filters, kernels, stride, se):
        super().__init__()
        widths = [inputs, *filters]
        self.convs = nn.ModuleList(
            conv_norm(widths[i], widths[i + 1], kernels[i], stride if i == 0 else 1) for i in range(len(filters))
        )
        self.se = SqueezeExcitation(filters[-1]) if se else nn.Identity()
        same = inputs == filters[-1] and stride == 1
        self.shortcut = nn.Identity() if same else conv_norm(inputs, filters[-1], 1, stride)

    def forward(self, x):
        y = x
        for index, conv in enumerate(self.convs):
            y = conv(y)
            if index < len(self.convs) - 1:
                y = F.relu(y)
        return F.relu(self.se(y) + self.shortcut(x))


def network(name, channels):
    se = name.startswith("se-")
    if name.endswith("20"):
        stem, width, expansion, kernels = [conv_norm(channels, 16, 3, 1), nn.ReLU()], 16, [1, 1], [3, 3]
        stages = [(16, 3, 1), (32, 3, 2), (64, 3, 2)]
    else:
        stem = [conv_norm(channels, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
        width, expansion, kernels = 64, [1, 1, 4], [1, 3, 1]
        stages = [(64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)]
    layers = list(stem)
    for filters, repeat, stride in stages:
        widths = [factor * filters for factor in expansion]
        for block in range(repeat):
            layers.append(Block(width, widths, kernels, stride if block == 0 else 1, se))
            width = widths[-1]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10))


model = network(case["network"], case["channels"]).to(device)
images = torch.rand(case["batch"], case["channels"], case["size"], case["size"])
labels = torch.randint(0, 10, (case["batch"],))
if "channels_last" in mode:
    model = model.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
optimizer = (
    torch.optim.Adam(model.parameters(), 1e-4)
    if case["optimizer"] == "adam"
    else torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=1e-4)
)


def train(images, labels):
    optimizer.zero_grad()
    with torch.autocast(device.type, torch.bfloat16, enabled="bfloat16" in mode):
        loss = F.cross_entropy(model(images), labels)
    loss.backward()
    optimizer.step()
    return loss.detach()


if "compile" in mode:
    # The backward pass cannot be one graph with the optimizer's step; each is compiled on its own.
    model.compile(mode="reduce-overhead")
    optimizer.step = torch.compile(optimizer.step)


engine = f"PyTorch {torch.__version__}, {device.type}, {' '.join(mode)}"
report(
    lambda: train(images.to(device), labels.to(device)).item(),
    case,
    seconds,
    engine,
    warm_up=5 if device.type == "cuda" else 1,
)
