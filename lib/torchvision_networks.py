"""The networks of `lib.networks` that torchvision has: downloaded once, and every ReLU made a module of its own."""

from urllib.error import URLError

import torch
from torch import nn
from torchvision import models
from torchvision.models.googlenet import BasicConv2d
from torchvision.models.resnet import Bottleneck

from lib.networks import IMAGENET_MEAN, IMAGENET_STD


def load(name):
    """One of torchvision's networks, trained on ImageNet: the network, and the mean and deviation of its inputs.

    Raises RuntimeError with the remedy where a download is impossible.
    """
    weights = models.get_model_weights(name).IMAGENET1K_V1
    try:
        network = models.get_model(name, weights=weights)
    except (URLError, OSError) as error:
        raise RuntimeError(
            f"load({name!r}) could not download {weights.url} ({error}); connect once, or copy that file to "
            f"{torch.hub.get_dir()}/checkpoints, or use 'zfnet' or 'efficientnet-lite0', which need none"
        ) from None
    mean, std = IMAGENET_MEAN, IMAGENET_STD
    if getattr(network, "transform_input", False):  # googlenet turns this normalization into another one
        network.transform_input, mean, std = False, (0.5,) * 3, (0.5,) * 3
    return _with_relu_modules(network), mean, std


def _with_relu_modules(network):
    """torchvision shares, inlines or overwrites some ReLUs; give every one a module of its own."""
    for module in list(network.modules()):
        if isinstance(module, nn.ReLU):
            module.inplace = False
        elif isinstance(module, BasicConv2d):
            module.__class__, module.relu = _ConvNormReLU, nn.ReLU()
        elif isinstance(module, Bottleneck):
            module.__class__ = _BottleneckOfThreeReLUs
            module.relu1, module.relu2, module.relu = nn.ReLU(), nn.ReLU(), nn.ReLU()
    return network


class _ConvNormReLU(BasicConv2d):
    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class _BottleneckOfThreeReLUs(Bottleneck):
    def forward(self, x):
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.relu2(self.bn2(self.conv2(y)))
        y = self.bn3(self.conv3(y))
        return self.relu(y + (x if self.downsample is None else self.downsample(x)))
