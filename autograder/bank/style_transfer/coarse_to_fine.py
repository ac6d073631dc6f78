from collections import OrderedDict

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import images, style_transfer


def _improver(g, dtype=torch.float32):
    """A stand-in for an optimizer: a small convolutional network from images to images in [0, 1]."""
    convolution = nn.Conv2d(3, 3, 3, padding=1, padding_mode="replicate")
    convolution.weight.data, convolution.bias.data = normal(g, 3, 3, 3, 3), normal(g, 3)
    layers = OrderedDict(convolution=convolution, range=nn.Sigmoid())
    return nn.Sequential(layers).to(dtype).requires_grad_(False)


def _sizes(count, size, *sizes, dtype=torch.float32):
    return lambda g: (_improver(g, dtype), uniform(g, count, 3, *size, dtype=dtype), list(sizes))


def _by_hand(g):
    halve = nn.Conv2d(3, 3, 1, bias=False)
    halve.weight.data = 0.5 * torch.eye(3).view(3, 3, 1, 1)
    photograph = torch.tensor([[0.25, 0.75], [0.75, 0.25]]).expand(1, 3, 2, 2).clone()
    return halve.requires_grad_(False), photograph, [(1, 1), (2, 2)]


def _always_from_the_photograph(improve, photograph, sizes):
    for size in sizes:
        better = improve(images.resize(photograph, size))
    return better


def _result_enlarged(improve, photograph, sizes):
    better = images.resize(photograph, sizes[0])
    for size in sizes:
        better = improve(images.resize(better, size).clamp(0, 1))
    return better


def _with(carry=lambda better, scaled, given: better - scaled, sizes=lambda s: s, cut=lambda x: x.clamp(0, 1)):
    """The loop with one thing done differently."""

    def wrong(improve, photograph, wanted):
        change = torch.zeros_like(photograph)
        for size in sizes(wanted):
            scaled = images.resize(photograph, size)
            given = cut(scaled + images.resize(change, size))
            better = improve(given)
            change = carry(better, scaled, given)
        return better

    return wrong


def _counted_twice(improve, photograph, sizes):
    change = torch.zeros_like(photograph)
    for size in sizes:
        scaled, change = images.resize(photograph, size), images.resize(change, size)
        better = improve((scaled + change).clamp(0, 1))
        change = change + better - scaled
    return better


def _one_more_pass(improve, photograph, sizes):
    return improve(style_transfer.coarse_to_fine(improve, photograph, sizes))


EXERCISE = Exercise(
    style_transfer.coarse_to_fine,
    cases=(
        Case("a checkerboard by hand", _by_hand, random=False),
        Case("one size", _sizes(1, (6, 6), (6, 6))),
        Case("three sizes", _sizes(1, (8, 8), (2, 2), (4, 4), (8, 8))),
        Case("a batch of 3, wider than tall", _sizes(3, (6, 10), (3, 5), (6, 10))),
        Case("sizes that are no halves, the last one smaller than the photograph", _sizes(2, (9, 7), (3, 2), (5, 4))),
        Case("double precision", _sizes(1, (8, 6), (4, 3), (8, 6), dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("always from the photograph", _always_from_the_photograph,
                "each size begins with the bare photograph, so all work at the smaller sizes is thrown away."),
        Mistake("result enlarged", _result_enlarged,
                "in effect you enlarged the picture itself: its fine detail is gone then. Carry up only what has "
                "*changed*, and add it to the photograph as it was given, made smaller anew for each size; enlarged "
                "from its own last version, the photograph is blurred, too."),
        Mistake("change since the start of the size",
                _with(carry=lambda better, scaled, given: better - given),
                "you carry up only what the last size has changed. What the sizes before it did is lost: compare with "
                "the photograph, not with what `improve` was given."),
        Mistake("fine to coarse", _with(sizes=lambda s: s[::-1]),
                "you went through the sizes backward. They are given in the order of work."),
        Mistake("not cut off", _with(cut=lambda x: x),
                "`improve` was given values beyond 0 and 1. Photograph plus change may leave the range; cut off what "
                "does."),
        Mistake("change with the wrong sign", _with(carry=lambda better, scaled, given: scaled - better),
                "your change has the wrong sign, and is undone twice over at the next size."),
        Mistake("change counted twice", _counted_twice,
                "you add the newest change to the ones before it. What `improve` gives has those in it already, so "
                "they count twice from the third size on."),
        Mistake("improved once more at the end", _one_more_pass,
                "the result goes through `improve` once more than there are sizes."),
    ),
    points=2,
    success="A quarter of the pixels, a quarter of the work, and large strokes come first, as they do for a painter.",
)  # fmt: skip
