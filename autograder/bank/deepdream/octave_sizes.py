from math import ceil

import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import whole
from lib import deepdream


def _random(octaves, scale, low=60, high=200):
    """Lengths whose quotients are not halfway between two whole numbers, where rounding is a matter of taste."""

    def inputs(g):
        while True:
            height, width = whole(g, low, high, 2).tolist()
            quotients = [length / scale**k for length in (height, width) for k in range(octaves)]
            apart = abs(height - width) > 5
            if apart and all(abs(quotient % 1 - 0.5) > 1e-3 for quotient in quotients):
                return torch.zeros(1, 3, height, width), octaves, scale

    return inputs


def _powers(powers, to_whole=round):
    return lambda photograph, octaves, scale: [
        tuple(to_whole(length / scale**k) for length in photograph.shape[2:]) for k in powers(octaves)
    ]


def _step_by_step(photograph, octaves, scale):
    height, width = photograph.shape[2:]
    sizes = [(height, width)]
    for _ in range(octaves - 1):
        height, width = round(height / scale), round(width / scale)
        sizes.append((height, width))
    return sizes[::-1]


EXERCISE = Exercise(
    deepdream.octave_sizes,
    cases=(
        Case("8 × 4 pixels by hand", lambda g: (torch.zeros(1, 3, 8, 4), 3, 2), random=False),
        Case("four octaves at 1.4", _random(4, 1.4)),
        Case("three octaves at 1.3", _random(3, 1.3)),
        Case("six octaves at 1.25", _random(6, 1.25, 120, 300)),
        Case("one octave", _random(1, 1.5)),
    ),
    mistakes=(
        Mistake("largest first", _powers(range),
                "these are the right sizes, the largest first. A dream begins small, where one stroke of the network "
                "spans a large part of the picture, and adds the fine things later."),
        Mistake("larger and larger than the photograph", _powers(lambda octaves: range(0, -octaves, -1)),
                "you start from the photograph and enlarge it. The last octave is the photograph's own size, and all "
                "the others are smaller."),
        Mistake("width before height", lambda p, octaves, scale: deepdream.octave_sizes(p.mT, octaves, scale),
                "height and width have changed places. Tensors have rows first."),
        Mistake("each from the one before, rounded", _step_by_step,
                "you divided the size that was rounded before. Those errors add up; start from the photograph's own "
                "size each time, with a power of the scale."),
        Mistake("rounded down", _powers(lambda octaves: range(octaves - 1, -1, -1), int),
                "you rounded down. The nearest whole number keeps the photograph's shape better."),
        Mistake("rounded up", _powers(lambda octaves: range(octaves - 1, -1, -1), ceil),
                "you rounded up. The nearest whole number keeps the photograph's shape better."),
        Mistake("one octave too many", _powers(lambda octaves: range(octaves, -1, -1)),
                "there is one size too many. The photograph's own size is one of the octaves."),
        Mistake("own size missing", _powers(lambda octaves: range(octaves, 0, -1)),
                "the photograph's own size is missing: your last octave is still smaller."),
        Mistake("scale of the area", lambda p, octaves, scale: deepdream.octave_sizes(p, octaves, scale**0.5),
                "you shrink the area by the scale. It is for the lengths: the area shrinks by its square."),
    ),
    points=1,
    success="A staircase of sizes. The network sees the same photograph from afar, and from close by.",
)  # fmt: skip
