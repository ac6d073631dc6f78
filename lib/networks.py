"""Networks to look into: one call, `load(name)`, whether the weights are on this machine or a download away.

Every network that `load` returns takes RGB images (N, 3, H, W) in [0, 1] and gives class scores before
softmax. Normalization is its first child, so gradients and step sizes are in pixel space. Every ReLU is a
module of its own and none works in place, so that a backward rule can be put in its place.
"""

from functools import cache, partial
from pathlib import Path

import torch
from torch import nn

# A GPU's convolutions would round what they multiply to 10 bits (TF32), and differ from a CPU's by a thousandth.
torch.backends.cudnn.allow_tf32 = False

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Normalize(nn.Module):
    """(x − mean) / std, channel by channel, for images (N, 3, H, W) in [0, 1]."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", torch.tensor(mean).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(3, 1, 1), persistent=False)

    def forward(self, images):
        return (images - self.mean) / self.std


def load(name, device=None):
    """The network called `name`, trained, in eval mode, on `device` (default: CPU).

    name: "efficientnet-lite0" and "zfnet" need no network connection; "vgg19", "vgg16", "alexnet",
        "googlenet", "resnet50" and "squeezenet1_1" are downloaded by torchvision once, then kept.
    returns: an nn.Module from images (N, 3, H, W) in [0, 1] to class scores (N, classes) before softmax.
        Its parameters do not require gradients: this course looks at them and leaves them as they are;
        `load(name).requires_grad_()` makes them trainable. Layers are named as in `named_modules()`.

    Raises ValueError for an unknown name, and RuntimeError with the remedy where a download is impossible.
    """
    if name not in BUILDERS:
        raise ValueError(f"there is no network called {name!r}; choose one of {', '.join(sorted(BUILDERS))}")
    return BUILDERS[name]().eval().requires_grad_(False).to(device)


@cache
def class_names():
    """The 1000 ImageNet class names, in the order of the scores."""
    return tuple(Path(__file__).with_name("imagenet_classes.txt").read_text(encoding="utf-8").splitlines())


def class_index(name):
    """The position of an ImageNet class name among the scores: class_index("espresso") == 967."""
    if name not in class_names():
        near = [known for known in class_names() if name.lower() in known.lower()]
        raise ValueError(
            f"{name!r} is not an ImageNet class name; "
            + (f"did you mean {', '.join(near[:5])}?" if near else "see lib.networks.class_names()")
        )
    return class_names().index(name)


def top_classes(network, images, k=5):
    """The k most probable classes of each image: a list, one per image, of (name, probability) pairs."""
    with torch.no_grad():
        probabilities, indices = network(images).softmax(1).topk(k)
    return [
        [(class_names()[index], probability) for index, probability in zip(*row)]
        for row in zip(indices.tolist(), probabilities.tolist())
    ]


def _efficientnet_lite0():
    from lib.efficientnet_lite0 import EfficientNetLite0, load_weights

    # The mean and deviation this network was trained with: 127 and 128 of 255 gray levels.
    return _normalized(load_weights(EfficientNetLite0()), (127 / 255,) * 3, (128 / 255,) * 3)


def _zfnet():
    from lib import zfnet

    return zfnet.load()


def _from_torchvision(name):
    # torchvision takes a second to import, and most notebooks need none of it.
    from lib.torchvision_networks import load

    return _normalized(*load(name))


def _normalized(network, mean, std):
    """Put normalization first among the network's own children, so that layer names stay as they are."""
    kind = type(network)

    def forward(self, images):
        return kind.forward(self, self.normalize(images))

    network.__class__ = type(kind.__name__, (kind,), {"forward": forward})
    children = dict(network.named_children())
    network._modules.clear()
    network.add_module("normalize", Normalize(mean, std))
    for name, child in children.items():
        network.add_module(name, child)
    return network


TORCHVISION = ("vgg19", "vgg16", "alexnet", "googlenet", "resnet50", "squeezenet1_1")
BUILDERS = {"efficientnet-lite0": _efficientnet_lite0, "zfnet": _zfnet} | {
    name: partial(_from_torchvision, name) for name in TORCHVISION
}
