"""What a transformation network is made of before it has learned anything: one convolution, and numbers to begin with.

The network is a function of two things, images and weights, so its weights are a plain dict from name to tensor:

    enter  9 × 9, 3 → c₁       down1  3 × 3, stride 2, c₁ → c₂       down2  3 × 3, stride 2, c₂ → c₃
    residual0.first, residual0.second, residual1.first, ...         3 × 3, c₃ → c₃
    up1    3 × 3, c₃ → c₂      up2    3 × 3, c₂ → c₁                 leave  9 × 9, c₁ → 3

"NAME.weight" is the kernel of a convolution. All but the last are followed by a normalization with "NAME.scale" and
"NAME.shift"; it takes the mean off, so a bias before it would change nothing, and only `leave` has one.

Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", supplement, table
1, with half as many channels and, in place of transposed convolutions, resizing.
"""

from functools import partial

import torch
from torch.nn import functional as F

from lib.shipped_weights import read_by_name

STYLES = ("night", "wheat", "points", "woodcut", "mosaic", "glass")  # the rows of the network "all"
CHECKSUMS = {  # SHA-256 of the files in lib/weights
    "all": "aaa8511bf870100e34ce501767722c76daf64f61a6d261710cb9d046b4ebc7a0",
    "night": "c3d226bdede171f456f6dc7c35c0ecd8c32c169870ee6ca367519245dcd59789",
    "wheat": "008cfd365d20565f5f39433ab7778eae03828cafcf9ba884f4210af69fec9d6b",
    "mosaic": "22e5f4132d0b0b0235fe028f41e2f9f1745d7af7f69cd5897d0773fa49b948db",
}


def convolve(features, weight, stride):
    """A convolution whose border is a mirror, so that no dark frame of zeros enters the picture.

    features: (N, C, H, W).
    weight:   (D, C, K, K), K odd; H and W are larger than K // 2.
    stride:   int.
    returns:  (N, D, ⌈H / stride⌉, ⌈W / stride⌉).
    """
    border = weight.shape[-1] // 2
    return F.conv2d(F.pad(features, [border] * 4, mode="reflect"), weight, stride=stride)


def initial_weights(generator, channels, blocks):
    """The weights of a transformation network that has learned nothing yet.

    generator: a torch.Generator; kernels are normally distributed, with variance 2 / (C · K²) (He et al. 2015).
    channels:  three numbers, the channels at full, half and quarter size.
    blocks:    the number of residual blocks.
    returns:   a dict from name to tensor. Scales are 1 and shifts 0. The kernels of `leave` are a tenth of the usual
               size, so that the sigmoid behind it begins near gray, where it still learns.

    Raises ValueError unless there are three numbers of channels.
    """
    if len(channels) != 3:
        raise ValueError(f"channels are three numbers, at full, half and quarter size, not {channels!r}")
    one, two, three = channels
    shapes = {"enter": (one, 3, 9), "down1": (two, one, 3), "down2": (three, two, 3)}
    for number in range(blocks):
        shapes |= {f"residual{number}.{half}": (three, three, 3) for half in ("first", "second")}
    shapes |= {"up1": (two, three, 3), "up2": (one, two, 3), "leave": (3, one, 9)}
    weights = {}
    for name, (outputs, inputs, size) in shapes.items():
        spread = (2 / (inputs * size**2)) ** 0.5
        weights[f"{name}.weight"] = spread * torch.randn(outputs, inputs, size, size, generator=generator)
        if name != "leave":
            weights |= {f"{name}.scale": torch.ones(outputs), f"{name}.shift": torch.zeros(outputs)}
    weights["leave.weight"] /= 10
    weights["leave.bias"] = torch.zeros(3)
    return weights


def normalized_by(norm, weights):
    """A normalization as the transformation network calls it: by the name of its layer.

    norm:    a function from features (N, C, H, W), scale and shift, each (C,) or (N, C), to features.
    weights: a dict with "NAME.scale" and "NAME.shift".
    returns: a function from features and NAME to features.
    """
    return partial(_by_name, norm, weights)


def batch_norm(features, scale, shift):
    """Batch normalization as in training: the statistics of a channel are those of the whole batch.

    features: (N, C, H, W).  scale, shift: (C,) or (N, C).  returns: (N, C, H, W). Ioffe and Szegedy 2015, algorithm 1.
    """
    normalized = F.batch_norm(features, None, None, training=True, eps=1e-5)
    return normalized * scale[..., None, None] + shift[..., None, None]


def _by_name(norm, weights, features, name):
    return norm(features, weights[f"{name}.scale"], weights[f"{name}.shift"])


def load(name):
    """The shipped weights of a transformation network, float32, on the CPU.

    name:    one of `CHECKSUMS`: the name of a painting of `lib.paintings`, or "all", whose scales and shifts are tables
             (S, C) with a row for each of `STYLES`.
    returns: a dict from name to tensor, as from `initial_weights`.

    Raises ValueError for another name, and RuntimeError if the file is missing or not whole.
    lib/training/README.md tells how they were trained.
    """
    return read_by_name(name, CHECKSUMS, "style-{}.safetensors")


def tables(weights):
    """The part of a network's weights that belongs to its styles: a dict of all scales and shifts."""
    return {name: value for name, value in weights.items() if name.endswith((".scale", ".shift"))}
