import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import correlation as reference


def _by_hand(g):
    first = torch.tensor([[1.0, 2], [3, 4]]).expand(1, 2, 2, 2).clone()
    return first, torch.tensor([[1.0, 10], [100, 1000]]).expand(1, 2, 2, 2).clone(), 1


def _maps(n, channels, height, width, radius, dtype=torch.float32):
    def inputs(g):
        first, second = (normal(g, n, channels, height, width, dtype=dtype) for _ in range(2))
        return first, second, radius

    return inputs


def _channels_last(g):
    first, second = (normal(g, 1, 4, 5, 3).permute(0, 3, 1, 2) for _ in range(2))
    return first, second, 1


def _moved(second, radius, mode="constant"):
    """Displacements one after the other, rows first: what lies dy down and dx to the right."""
    height, width = second.shape[2:]
    if mode == "roll":
        steps = range(-radius, radius + 1)
        return [second.roll((-dy, -dx), dims=(2, 3)) for dy in steps for dx in steps]
    padded = F.pad(second, (radius,) * 4, mode=mode)
    steps = range(2 * radius + 1)
    return [padded[..., y : y + height, x : x + width] for y in steps for x in steps]


def _with(mode="constant", order=lambda found, side: found, combine=lambda a, b: (a * b).mean(dim=1)):
    """The layer with one thing wrong."""

    def wrong(first, second, radius):
        found = torch.stack([combine(first, moved) for moved in _moved(second, radius, mode)], dim=1)
        return order(found, 2 * radius + 1)

    return wrong


def _columns_first(found, side):
    return found.unflatten(1, (side, side)).transpose(1, 2).flatten(1, 2)


def _exchanged(first, second, radius):
    return reference.correlation(second, first, radius)


def _only_sideways(first, second, radius):
    found = reference.correlation(first, second, radius).unflatten(1, (2 * radius + 1,) * 2)
    return found[:, radius]


def _without_the_last(first, second, radius):
    channels = reference.correlation(first, second, radius).unbind(1)
    side = 2 * radius + 1
    return torch.stack([channels[y * side + x] for y in range(side - 1) for x in range(side - 1)], dim=1)


def _over_displacements(first, second, radius):
    found = reference.correlation(first, second, radius)
    return found * first.shape[1] / found.shape[1]


EXERCISE = Exercise(
    reference.correlation,
    cases=(
        Case("2 × 2 positions by hand", _by_hand, random=False),
        Case("one pair of maps", _maps(1, 3, 4, 5, 1)),
        Case("three pairs, radius 2", _maps(3, 5, 6, 4, 2)),
        Case("radius 0", _maps(2, 4, 3, 3, 0)),
        Case("a radius larger than the map", _maps(1, 2, 2, 3, 3)),
        Case("channels last in memory", _channels_last),
        Case("the gradient", _maps(2, 3, 4, 3, 1), observe=with_gradient),
        Case("double precision", _maps(1, 4, 3, 5, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("sum over the channels", _with(combine=lambda a, b: (a * b).sum(dim=1)),
                "you summed over the channels. Then a map of 64 channels shouts twice as loud as one of 32; take the "
                "mean, so that values have the same size whatever C is."),
        Mistake("divided by the displacements", _over_displacements,
                "you divided by the number of displacements. What is averaged are the channels."),
        Mistake("columns first", _with(order=_columns_first),
                "the channels come in another order: in yours, rows change fastest. The formula of the docstring "
                "counts dy in steps of a whole row of displacements, and dx one by one."),
        Mistake("against the direction", _with(order=lambda found, side: found.flip(1)),
                "your displacements have the wrong sign: channel 0 should compare with what lies up and to the left, "
                "not down and to the right."),
        Mistake("round the border", _with(mode="roll"),
                "at the border you compare with the opposite side. Outside of the map there is nothing: zero."),
        Mistake("against the direction, round the border", _with(mode="roll", order=lambda found, side: found.flip(1)),
                "two things at once: `second` goes by the displacement instead of against it, and what leaves it on "
                "one side comes in on the other."),
        Mistake("the last displacement missing", _without_the_last,
                "your displacements end before r. They go from −r to r, both included: an odd number in each "
                "direction."),
        Mistake("border repeated", _with(mode="replicate"),
                "outside of the map you repeat its border. There, `second` is zero."),
        Mistake("maps exchanged", _exchanged,
                "first and second have changed roles. It is the second map in which each position of the first one "
                "looks around."),
        Mistake("only sideways", _only_sideways,
                "you look to the left and right only. That is stereo; things that move can go anywhere."),
        Mistake("cosine", _with(combine=lambda a, b: F.cosine_similarity(a, b, dim=1)),
                "you divided by the lengths of the vectors. The layer itself has no such step: a product, and a mean."),
        Mistake("differences", _with(combine=lambda a, b: (a - b).abs().mean(dim=1)),
                "you averaged differences. Correlation multiplies: large where both are strong together."),
    ),
    points=3,
    success="Copies of the channels change nothing; without the division, c would grow with their number. No weights "
            "at all, and yet the network with it will be clearly better.",
)  # fmt: skip
