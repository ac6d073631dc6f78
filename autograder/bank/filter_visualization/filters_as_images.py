import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import filters


def _filters(*shape, dtype=torch.float32):
    """Filters of very different sizes, each with an offset of its own."""

    def inputs(g):
        spread = 10 ** torch.linspace(-2, 1, shape[0], dtype=dtype).view(-1, 1, 1, 1)
        return (spread * (normal(g, *shape, dtype=dtype) + normal(g, shape[0], 1, 1, 1, dtype=dtype)),)

    return inputs


def _by_hand(g):
    return (torch.tensor([[[[0.0, 1.0]], [[2.0, 4.0]], [[1.0, 0.0]]], [[[-1.0, 1.0]], [[0.0, 0.0]], [[0.0, 0.0]]]]),)


def _one_constant(g):
    weight = normal(g, 3, 3, 2, 2)
    weight[1] = 0.3
    return (weight,)


def _scaled(low, high, eps=True):
    """What the reference does, with another minimum and maximum."""

    def wrong(weight):
        least, most = low(weight), high(weight)
        span = most - least
        images = (weight - least) / (span.clamp(min=torch.finfo(weight.dtype).tiny) if eps else span)
        return images if weight.shape[1] == 3 else images.flatten(0, 1)[:, None].repeat(1, 3, 1, 1)

    return wrong


def _over(dims):
    return _scaled(lambda w: w.amin(dim=dims, keepdim=True), lambda w: w.amax(dim=dims, keepdim=True))


def _around_zero(weight):
    largest = weight.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=torch.finfo(weight.dtype).tiny)
    images = 0.5 + 0.5 * weight / largest
    return images if weight.shape[1] == 3 else images.flatten(0, 1)[:, None].repeat(1, 3, 1, 1)


def _clamped(weight):
    images = weight.clamp(0, 1)
    return images if weight.shape[1] == 3 else images.flatten(0, 1)[:, None].repeat(1, 3, 1, 1)


def _first_three(weight):
    slices = weight[:, :3] if weight.shape[1] >= 3 else weight[:, :1].repeat(1, 3, 1, 1)
    return filters.filters_as_images(slices)


def _mean_of_channels(weight):
    return filters.filters_as_images(weight if weight.shape[1] == 3 else weight.mean(dim=1, keepdim=True))


def _slices_first(weight):
    if weight.shape[1] == 3:
        return filters.filters_as_images(weight)
    images = filters.filters_as_images(weight)
    return images.unflatten(0, weight.shape[:2]).transpose(0, 1).flatten(0, 1)


def _one_color(weight):
    images = filters.filters_as_images(weight)
    return images if weight.shape[1] == 3 else images[:, :1]


EXERCISE = Exercise(
    filters.filters_as_images,
    cases=(
        Case("two filters by hand", _by_hand, random=False),
        Case("eight filters of three channels", _filters(8, 3, 5, 5)),
        Case("filters of one channel", _filters(4, 1, 3, 3)),
        Case("filters of four channels, wider than tall", _filters(3, 4, 2, 5)),
        Case("one of three filters constant", _one_constant),
        Case("double precision", _filters(2, 3, 3, 3, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("one minimum and maximum for all filters",
                _scaled(lambda w: w.amin().view(1, 1, 1, 1), lambda w: w.amax().view(1, 1, 1, 1)),
                "you took the minimum and maximum of all filters at once. One strong filter then turns all others "
                "gray. Each filter has a minimum and a maximum of its own."),
        Mistake("each slice for itself", _over((2, 3)),
                "you scaled every slice of a filter by itself. Then the colors of a filter no longer fit together: "
                "a weak blue becomes as bright as a strong red. The slices of one filter share one scale."),
        Mistake("over filters instead of within", _over((0, 2, 3)),
                "you took minimum and maximum over all filters, one pair for each input channel. It is the other "
                "way round: one pair for each filter, over its channels, rows and columns."),
        Mistake("0/0 for a constant filter",
                _scaled(lambda w: w.amin(dim=(1, 2, 3), keepdim=True), lambda w: w.amax(dim=(1, 2, 3), keepdim=True),
                        eps=False),
                "a filter whose weights are all equal became NaN: 0/0. Dead filters happen. Keep the divisor from "
                "being zero."),
        Mistake("zero in the middle", _around_zero,
                "you divided by the largest absolute weight and put zero at 0.5. That is a fair convention too, but "
                "half of the brightness may stay unused. Here the lowest weight is 0 and the highest is 1."),
        Mistake("clamped", _clamped,
                "you cut the weights off at 0 and 1. Every negative weight is lost, and most weights are far "
                "smaller than 1. Stretch them instead: lowest to 0, highest to 1."),
        Mistake("first three channels shown", _first_three,
                "you showed a filter's first three channels as red, green and blue. Only where the input is a "
                "picture are they colors. Elsewhere every slice becomes a gray image of its own."),
        Mistake("mean over channels shown", _mean_of_channels,
                "you averaged over the input channels where there are not three. Weights of opposite sign cancel "
                "then. Show every slice: O · I gray images."),
        Mistake("slices of one channel together", _slices_first,
                "your gray images are in another order: all filters' first slices, then all second ones. All "
                "slices of the first filter come first."),
        Mistake("gray of one channel", _one_color,
                "your gray images have one channel. To be shown beside the others they need three equal ones."),
    ),
    points=2,
    success="Any convolution of any network can be looked at now. Whether there is something to see is another "
    "question.",
)  # fmt: skip
