import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import deepdream
from lib.images import resize


def _by_hand(g):
    """A gray photograph of 4 × 4 pixels; dreamed on at 2 × 2, where one pixel has become brighter."""
    dream = torch.full((1, 3, 2, 2), 0.5)
    dream[:, :, 0, 0] = 0.9
    return dream, torch.full((1, 3, 4, 4), 0.5), (4, 4)


def _random(now, full, size, dtype=torch.float32):
    def inputs(g):
        photograph = uniform(g, 1, 3, *full, dtype=dtype)
        change = 0.3 * uniform(g, 1, 3, *now, dtype=dtype) - 0.1
        return resize(photograph, now) + change, photograph, size

    return inputs


def _detail(dream, photograph):
    return dream - resize(photograph, tuple(dream.shape[2:]))


def _nearest(dream, photograph, size):
    return resize(photograph, size) + F.interpolate(_detail(dream, photograph), size, mode="nearest")


def _smaller_photograph(dream, photograph, size):
    """The photograph at the new size made from the one at the dream's size."""
    small = resize(photograph, tuple(dream.shape[2:]))
    return resize(small, size) + resize(dream - small, size) + 0 * dream.sum()


EXERCISE = Exercise(
    deepdream.next_octave,
    cases=(
        Case("one bright pixel by hand", _by_hand, random=False),
        Case("twice as large", _random((5, 6), (10, 12), (10, 12))),
        Case("a step on the way up", _random((8, 11), (16, 22), (11, 16))),
        Case("taller than wide", _random((9, 4), (19, 8), (13, 6))),
        Case("at the same size", _random((7, 5), (14, 10), (7, 5))),
        Case("double precision", _random((6, 6), (12, 9), (9, 7), torch.float64)),
    ),
    mistakes=(
        Mistake("detail not carried", lambda d, p, size: resize(p, size) + 0 * d.sum(),
                "what was dreamed is gone: you begin again with the photograph. Then the small octaves were for "
                "nothing, and only the finest patterns are left. Carry the detail up."),
        Mistake("dream enlarged", _smaller_photograph,
                "you enlarged the dream itself. What the photograph lost when it was made small does not come back, "
                "and the result is blurred. Enlarge only what was dreamed, and add it to the photograph."),
        Mistake("detail alone", lambda d, p, size: resize(_detail(d, p), size),
                "this is the detail at the new size, without a photograph. Add them."),
        Mistake("photograph counted twice", lambda d, p, size: resize(p, size) + resize(d, size),
                "the photograph is in it twice: once itself and once in the dream. The detail is what the dream has "
                "and the photograph has not."),
        Mistake("detail taken away", lambda d, p, size: resize(p, size) - resize(_detail(d, p), size),
                "the detail has the wrong sign: you take from the photograph what was dreamed."),
        Mistake("nearest pixels", _nearest,
                "you enlarged the detail by repeating pixels. The corners of these blocks are edges, and the network "
                "dreams along them. `resize` interpolates."),
        Mistake("mean of photograph and dream", lambda d, p, size: (resize(p, size) + resize(d, size)) / 2,
                "you mixed photograph and dream half and half. So each octave forgets half of what was dreamed."),
        Mistake("cut off at 0 and 1", lambda d, p, size: deepdream.next_octave(d, p, size).clamp(0, 1),
                "you cut off at 0 and 1. The next step does that; here it would only lose detail for one octave."),
    ),
    points=2,
    success="The photograph keeps its sharpness, the dream keeps its past.",
)  # fmt: skip
