"""A dream, against a dream as the well-known tutorials write it: a hook on the layer, and the whole network run.

Both have the same frozen network, the same octaves, shifts and smoothing, and make the same picture. What differs is
what this course's notebook does and the tutorials do not: the pass ends at the layer, and batch norms are folded.
In double precision the pictures are equal to ten digits, which is checked first. In single precision, which is timed,
a rounding error now and then decides on which side of a ReLU's kink an activation lies.
"""

import torch
from torch.nn import functional as F

from lib import images, networks
from lib.deepdream import deep_dream, dream_objective
from lib.truncation import Truncated, folded

STEPS, SCALE, SIZE, WIDTHS, REACH = (1, 1, 1), 1.4, 0.01, (5, 9), 16


def tutorial(network, layer, photograph, shifts):
    """Roll, forward with a hook, backward, smooth, step, roll back; the detail carried from octave to octave."""
    kept = {}
    handle = network.get_submodule(layer).register_forward_hook(lambda module, given, output: kept.update(a=output))
    height, width = photograph.shape[2:]
    detail = None
    for octave, steps in enumerate(shifts):
        power = SCALE ** (len(shifts) - 1 - octave)
        size = (round(height / power), round(width / power))
        base = F.interpolate(photograph, size, mode="bilinear", align_corners=False, antialias=True)
        dream = base.clone()
        if detail is not None:
            dream += F.interpolate(detail, size, mode="bilinear", align_corners=False, antialias=True)
        for down, right in steps.tolist():
            rolled = torch.roll(dream, (down, right), (2, 3)).detach().requires_grad_()
            network(rolled)
            (0.5 * kept["a"].square().sum()).backward()
            gradient = torch.roll(rolled.grad, (-down, -right), (2, 3))
            blurs = [F.avg_pool2d(gradient, w, 1, w // 2, count_include_pad=False) for w in WIDTHS]
            gradient = gradient + sum(blurs)
            dream = torch.clamp(dream + SIZE * gradient / gradient.abs().mean(), 0, 1)
        detail = dream - base
    handle.remove()
    return dream


def run(measure):
    network = networks.load("efficientnet-lite0")
    exact = networks.load("efficientnet-lite0").double()
    photograph = images.sample("coffee", 288)
    small = images.sample("coffee", 96).double()
    generator = torch.Generator().manual_seed(0)
    shifts = [torch.randint(-REACH, REACH + 1, (count, 2), generator=generator) for count in STEPS]
    for layer in ("blocks.4", "blocks.10"):
        beginning = Truncated(folded(network), layer)

        def ours(beginning=beginning):
            return deep_dream(lambda x: dream_objective(beginning(x)), photograph, SCALE, shifts, SIZE, WIDTHS)

        def theirs(layer=layer):
            return tutorial(network, layer, photograph, shifts)

        part = Truncated(folded(exact), layer)
        one = deep_dream(lambda x, part=part: dream_objective(part(x)), small, SCALE, shifts, SIZE, WIDTHS)
        assert torch.allclose(one, tutorial(exact, layer, small, shifts), rtol=0, atol=1e-10)
        measure(
            "deepdream", "full forward pass with a hook", ours, theirs,
            lambda a, b: (a - b).abs().mean() < 1e-3, details=f", {layer}, 3 steps, one at each of three sizes to 288",
        )  # fmt: skip
