import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import autoencoder as reference


def _maps(*shape, factor, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype), factor)


def _by_hand(g):
    return torch.tensor([[[[1.0, 2], [3, 4]]]]), 2


def _moved(down, across):
    """The wrong answer whose values are elsewhere in their square."""

    def wrong(maps, factor):
        return reference.unpool_to_corners(maps, factor).roll((down(factor), across(factor)), dims=(2, 3))

    return wrong


def _end_to_end(maps, factor):
    return F.pad(maps, (0, (factor - 1) * maps.shape[3], 0, (factor - 1) * maps.shape[2]))


EXERCISE = Exercise(
    reference.unpool_to_corners,
    cases=(
        Case("four values by hand", _by_hand, random=False),
        Case("a batch of 2, wider than tall", _maps(2, 3, 2, 4, factor=2)),
        Case("factor 3, taller than wide", _maps(1, 2, 4, 3, factor=3)),
        Case("factor 1", _maps(2, 1, 3, 3, factor=1)),
        Case("one position, factor 4", _maps(3, 2, 1, 1, factor=4)),
        Case("the gradient, double precision", _maps(2, 2, 3, 2, factor=2, dtype=torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("whole squares", lambda maps, factor: F.interpolate(maps, scale_factor=factor, mode="nearest"),
                "you filled each square with its value. Here the value stands alone in a corner, and what is to be "
                "beside it is left to the convolution that follows."),
        Mistake("spread evenly",
                lambda maps, factor: F.interpolate(maps, scale_factor=factor, mode="nearest") / factor**2,
                "you spread each value over its square in equal parts. It stays whole, in one place."),
        Mistake("lower right", _moved(lambda f: f - 1, lambda f: f - 1),
                "your values are in the lower right of their squares. Asked is the upper left."),
        Mistake("upper right", _moved(lambda f: 0, lambda f: f - 1),
                "your values are in the upper right corner. Columns count from the left as well."),
        Mistake("lower left", _moved(lambda f: f - 1, lambda f: 0),
                "your values are in the lower left corner: one row too low, or more. Rows count from the top."),
        Mistake("all in one corner", _end_to_end,
                "the whole map sits in the upper left of the larger one. Each value has a square of its own."),
        Mistake("bilinear", lambda maps, factor: F.interpolate(maps, scale_factor=factor, mode="bilinear"),
                "you filled in what lies between the values. Nothing lies between them yet: zeros."),
    ),
    points=1,
    success="Zeros between the values, and a convolution after that: together they are a transposed convolution.",
)  # fmt: skip
