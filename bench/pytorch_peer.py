"""A peer: training steps of PyTorch. On a GPU if PyTorch finds one.

Arguments: case (JSON, as peerCase in cases.ts returns it), threads, words joined by "+": channels_last, tf32, bfloat16 (autocast), compile.
"""

from peer import arguments, serve

case, threads, words = arguments()
mode = words.split("+")

import torch  # noqa: E402
import torch.nn as nn  # noqa: E402
import torch.nn.functional as F  # noqa: E402

torch.set_num_threads(threads)
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = "tf32" in mode
Activation = {"relu": nn.ReLU, "relu6": nn.ReLU6}[case["activation"]]


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, r=16):
        super().__init__()
        self.reduce = nn.Linear(channels, max(1, channels // r))
        self.expand = nn.Linear(max(1, channels // r), channels)

    def forward(self, x):
        gate = torch.sigmoid(self.expand(F.relu(self.reduce(x.mean((2, 3))))))
        return x * gate[:, :, None, None]


class Cbam(SqueezeExcitation):
    def __init__(self, channels):
        super().__init__(channels)
        self.spatial = conv_norm(2, 1, 7)

    def forward(self, x):
        scores = [self.expand(F.relu(self.reduce(y))) for y in (x.mean((2, 3)), x.amax((2, 3)))]
        x = x * torch.sigmoid(scores[0] + scores[1])[:, :, None, None]
        return x * torch.sigmoid(self.spatial(torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], 1)))


def conv_norm(inputs, outputs, kernel, stride=1, groups=1):
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs))


class Unit(nn.Module):
    def __init__(self, width, unit):
        super().__init__()
        layers, inputs = [], width
        for conv in unit["convs"]:
            layers.append(conv_norm(inputs, conv["filters"], conv["kernel"], conv["stride"], conv["groups"]))
            if conv["isActivated"]:
                layers.append(Activation())
            inputs = conv["filters"]
        gate, shortcut = unit["gate"], unit["shortcut"]
        if gate != "none":
            layers.append({"se": SqueezeExcitation, "cbam": Cbam}[gate](inputs))
        self.layers, self.width = nn.Sequential(*layers), inputs
        self.adds = shortcut != "none"
        self.shortcut = (
            nn.Identity() if isinstance(shortcut, str) else conv_norm(width, inputs, 1, shortcut["stride"])
        )
        self.activation = Activation() if unit["isActivated"] else nn.Identity()
        self.pool = nn.MaxPool2d(3, 2, 1) if unit["isPooled"] else nn.Identity()

    def forward(self, x):
        y = self.layers(x)
        return self.pool(self.activation(y + self.shortcut(x) if self.adds else y))


def network():
    layers, width = [], case["channels"]
    for unit in case["units"]:
        layers.append(Unit(width, unit))
        width = layers[-1].width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, case["classes"]))


model = network().to(device)
images = torch.rand(case["batch"], case["channels"], case["size"], case["size"])
labels = torch.randint(0, case["classes"], (case["batch"],))
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


serve(
    lambda: train(images.to(device), labels.to(device)).item(),
    f"PyTorch {torch.__version__}, {device.type}, {' '.join(mode)}",
    sum(parameter.numel() for parameter in model.parameters()),
    warm_up=5 if device.type == "cuda" else 1,
)
