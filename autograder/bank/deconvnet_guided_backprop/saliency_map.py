import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import saliency


def _gradients(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


def _by_hand(g):
    pixels = [[3.0, -1, 2], [-4, 1, 2], [-1, -2, -3], [0, 0, 0]]
    return (torch.tensor(pixels).T.reshape(1, 3, 2, 2),)


def _normalized(gradients):
    values = saliency.saliency_map(gradients)
    return values / values.amax(dim=(1, 2), keepdim=True)


EXERCISE = Exercise(
    saliency.saliency_map,
    cases=(
        Case("four pixels by hand", _by_hand, random=False),
        Case("one image", _gradients(1, 3, 4, 4)),
        Case("a batch of 3, taller than wide", _gradients(3, 3, 7, 2)),
        Case("double precision", _gradients(2, 3, 3, 5, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("mean over RGB", lambda g: g.abs().mean(dim=1),
                "you took the mean over the colors. A pixel that matters through its red alone then counts a third of "
                "what it should; Simonyan takes the largest of the three."),
        Mistake("mean with signs", lambda g: g.mean(dim=1).abs(),
                "you averaged the colors with their signs, so that red up and green down cancel. That pixel matters "
                "twice, not never."),
        Mistake("sum over RGB", lambda g: g.abs().sum(dim=1),
                "you added the three colors up where the largest of them is asked for."),
        Mistake("no absolute value", lambda g: g.amax(dim=1),
                "a large negative gradient is lost: you took the largest value, not the largest magnitude. A pixel "
                "that lowers the score strongly matters too."),
        Mistake("absolute value after the maximum", lambda g: g.amax(dim=1).abs(),
                "you took the absolute value after the maximum. The maximum has by then thrown away the strongest "
                "negative color; the order matters."),
        Mistake("length of the color", lambda g: g.norm(dim=1),
                "you took the length of the three colors as a vector. That is a fair map, but not the paper's: it "
                "takes the largest of them."),
        Mistake("normalized", _normalized,
                "you scaled the map to its maximum. That belongs to drawing it; as it is, the number says how fast the "
                "score changes."),
    ),
    points=1,
    success="One number a pixel. Now look at it, and do not expect too much.",
)  # fmt: skip
