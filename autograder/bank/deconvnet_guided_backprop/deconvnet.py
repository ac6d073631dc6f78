from collections import OrderedDict

import torch
from torch import nn
from torch.nn import functional as F

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
from lib import deconvnet
from lib.networks import Normalize


def _toy(g):
    layers = OrderedDict(
        normalize=Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.4)),
        conv1=nn.Conv2d(3, 6, 3, 2, padding=1),
        relu1=nn.ReLU(),
        pool1=nn.MaxPool2d(2, 2),
        conv2=nn.Conv2d(6, 8, 3, padding=1),
        relu2=nn.ReLU(),
        conv3=nn.Conv2d(8, 5, 3, padding=1),
        relu3=nn.ReLU(),
        classifier=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 4)),
    )
    made = nn.Sequential(layers)
    for parameter in made.parameters():
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
        parameter.data = normal(g, *parameter.shape) * (2 / fan_in) ** 0.5
    return made.eval().requires_grad_(False)


def _at(layer, channels, n=1, height=8, width=8):
    return lambda g: (_toy(g), layer, uniform(g, n, 3, height, width), int(whole(g, 0, channels - 1, 1)))


def _built(start=deconvnet.strongest_activation, down=deconvnet.layer_down, until=0):
    """The method with one of its parts replaced."""

    def wrong(network, layer, images, channel):
        layers = network[: list(dict(network.named_children())).index(layer) + 1]
        entered = []
        with torch.no_grad():
            maps = images
            for module in layers:
                entered.append(maps)
                maps = module(maps)
            maps = start(maps, channel)
            for module in list(layers)[until:][::-1]:
                maps = down(module, maps, entered.pop())
        return maps

    return wrong


def _whole_channel(maps, channel):
    kept = torch.zeros_like(maps)
    kept[:, channel] = maps[:, channel]
    return kept


def _everything(maps, channel):
    return maps


def _as_one(maps, channel):
    return (deconvnet.strongest_activation(maps, channel) > 0).float()


def _backprop(module, maps, entered):
    return maps * (entered > 0) if isinstance(module, nn.ReLU) else deconvnet.layer_down(module, maps, entered)


def _linear(module, maps, entered):
    return maps if isinstance(module, nn.ReLU) else deconvnet.layer_down(module, maps, entered)


def _guided(module, maps, entered):
    found = deconvnet.layer_down(module, maps, entered)
    return found * (entered > 0) if isinstance(module, nn.ReLU) else found


def _without_switches(module, maps, entered):
    if isinstance(module, nn.MaxPool2d):
        return F.interpolate(maps, entered.shape[-2:], mode="nearest")
    return deconvnet.layer_down(module, maps, entered)


def _rectified_pixels(network, layer, images, channel):
    return deconvnet.deconvnet(network, layer, images, channel).relu()


EXERCISE = Exercise(
    deconvnet.deconvnet,
    cases=(
        Case("the first ReLU", _at("relu1", 6), observe=observe.on_network),
        Case("after pooling, a batch of 2, odd sides", _at("pool1", 6, 2, 11, 15), observe=observe.on_network),
        Case("the second ReLU, wider than tall", _at("relu2", 8, 1, 12, 20), observe=observe.on_network),
        Case("the third ReLU, a batch of 2", _at("relu3", 5, 2, 13, 16), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("the whole channel sent down", _built(_whole_channel),
                "you sent down the whole channel. The patterns of all its places overlap in the picture; begin with "
                "its strongest activation alone."),
        Mistake("the whole layer sent down", _built(_everything),
                "you sent down all channels of the layer, so the picture is the same for any channel."),
        Mistake("a one sent down", _built(_as_one),
                "right up to a factor for each image: you began with a one. Begin with the activation's own value."),
        Mistake("backpropagation instead", _built(down=_backprop),
                "this is the plain gradient, times the activation: your ReLUs use the mask of the forward pass. The "
                "deconvnet's rectify what comes from above."),
        Mistake("guided instead", _built(down=_guided),
                "your ReLUs ask for both conditions, which is guided backpropagation. The deconvnet does not remember "
                "which ReLUs were on."),
        Mistake("nothing rectified", _built(down=_linear),
                "you left the ReLUs out on the way down. Below the first convolution that is a different pattern: what "
                "is negative has to stop at each ReLU."),
        Mistake("no switches", _built(down=_without_switches),
                "your unpooling enlarges. Without switches the picture shows blocks where the image had edges."),
        Mistake("the first layer left out", _built(until=1),
                "you stopped above the first layer, the normalization. Its deviation belongs to the way down."),
        Mistake("rectified at the pixels", _rectified_pixels,
                "you cut off the negative part of the picture. No ReLU stands before the pixels; an edge has a dark "
                "side too."),
    ),
    points=2,
    builds_on=("strongest_activation", "layer_down"),
    success="From one number in one map back to a pattern in pixels. Look at many of them before you name the channel.",
)  # fmt: skip
