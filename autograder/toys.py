"""Small random inputs that cases are made of, drawn from the generator that is given and from nothing else."""

import math
from collections import OrderedDict

import torch
from torch import nn

from lib.networks import Normalize


def normal(generator, *shape, dtype=torch.float32):
    """Numbers from the standard normal distribution."""
    return torch.randn(shape, generator=generator, dtype=dtype)


def uniform(generator, *shape, dtype=torch.float32):
    """Numbers between 0 and 1."""
    return torch.rand(shape, generator=generator, dtype=dtype)


def whole(generator, low, high, *shape):
    """Whole numbers from low to high, both included."""
    return torch.randint(low, high + 1, shape, generator=generator)


def network(generator, classes=5, channels=6):
    """A small convolutional network from images (N, 3, H, W), of 6 × 6 or more, to scores (N, classes).

    Layers: conv1, relu1, pool (2 × 2, maximum), conv2, relu2, average, flatten, linear. In eval mode, frozen.
    """
    layers = OrderedDict(
        conv1=nn.Conv2d(3, channels, 3, padding=1),
        relu1=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        conv2=nn.Conv2d(channels, channels + 2, 3, padding=1),
        relu2=nn.ReLU(),
        average=nn.AdaptiveAvgPool2d(1),
        flatten=nn.Flatten(),
        linear=nn.Linear(channels + 2, classes),
    )
    made = nn.Sequential(layers)
    for parameter in made.parameters():
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
        parameter.data = normal(generator, *parameter.shape) * (2 / fan_in) ** 0.5
    return made.eval().requires_grad_(False)


def bowl(generator, height, width, low, high, steepest, scale=1.0):
    """A loss of images (N, 3, height, width) with one minimum, at an image with values from `low` to `high`.

    steepest: how many times as steep the steepest direction is as the flattest.  scale: of the loss.
    returns:  an nn.Module that gives (N,).
    """
    size = 3 * height * width
    turn = torch.linalg.qr(normal(generator, size, size))[0]
    slopes = 2 * torch.logspace(-0.5, 0.5, size)[:, None] ** math.log10(steepest) * turn
    lowest = slopes @ (low + (high - low) * uniform(generator, size))
    sides, total = nn.Linear(size, 2 * size), nn.Linear(2 * size, 1)
    sides.weight.data, sides.bias.data = torch.cat([slopes, -slopes]), torch.cat([-lowest, lowest])
    total.weight.data.fill_(scale)
    total.bias.data.fill_(-2 * size * scale * nn.functional.softplus(torch.zeros(())).item())
    return nn.Sequential(nn.Flatten(), sides, nn.Softplus(), total, nn.Flatten(0)).eval().requires_grad_(False)


def smooth_network(generator, channels=3, classes=4):
    """A small network in double precision whose slopes are nowhere zero, from images (N, channels, H, W) to scores.

    Layers: normalize (a mean and a deviation for each channel), conv, norm (batch norm, with statistics of its own),
    bend (softplus), pool (to 2 × 2), flatten, linear. In eval mode; its weights can be trained.
    """
    mean = 0.3 + 0.3 * uniform(generator, channels, dtype=torch.float64)
    deviation = 0.2 + 0.2 * uniform(generator, channels, dtype=torch.float64)
    normalize = Normalize((0.0,) * 3, (1.0,) * 3)
    normalize.mean, normalize.std = mean.view(-1, 1, 1), deviation.view(-1, 1, 1)
    layers = OrderedDict(
        normalize=normalize,
        conv=nn.Conv2d(channels, 4, 3, padding=1),
        norm=nn.BatchNorm2d(4),
        bend=nn.Softplus(),
        pool=nn.AdaptiveAvgPool2d(2),
        flatten=nn.Flatten(),
        linear=nn.Linear(16, classes),
    )
    made = nn.Sequential(layers).double()
    for parameter in made.parameters():
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 4
        parameter.data = normal(generator, *parameter.shape, dtype=torch.float64) * (3 / fan_in) ** 0.5
    made.norm.weight.data = 1 + uniform(generator, 4, dtype=torch.float64)
    made.norm.running_mean = normal(generator, 4, dtype=torch.float64)
    made.norm.running_var = 1 + uniform(generator, 4, dtype=torch.float64)
    return made.eval()


def weighted_sums(weight, bias):
    """A network that is one linear layer: images (N, C, H, W) to scores (N, K), for a weight (K, C · H · W)."""
    linear = nn.Linear(weight.shape[1], weight.shape[0]).to(weight.dtype)
    linear.weight.data, linear.bias.data = weight.clone(), bias.clone()
    return nn.Sequential(nn.Flatten(), linear).eval().requires_grad_(False)


class ReLUByFunction(nn.Module):
    """A 3 × 3 convolution and a ReLU that is no module, so that no rule can be put in its place."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.convolution = nn.Conv2d(inputs, outputs, 3)

    def forward(self, x):
        return nn.functional.relu(self.convolution(x))
