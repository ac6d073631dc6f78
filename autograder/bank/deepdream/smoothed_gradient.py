import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import deepdream


def _by_hand(g):
    """The same in all three colors: 9 in the middle of 3 × 3 pixels."""
    gradient = torch.zeros(1, 3, 3, 3)
    gradient[:, :, 1, 1] = 9
    return gradient, (3,)


def _random(n, height, width, widths, dtype=torch.float32):
    def inputs(g):
        size = 10.0 ** -torch.arange(n).view(-1, 1, 1, 1)  # images whose gradients differ in size
        return size * normal(g, n, 3, height, width, dtype=dtype) + 0.2 * size, widths

    return inputs


def _blur(gradient, width, inside=False):
    return F.avg_pool2d(gradient, width, 1, width // 2, count_include_pad=inside)


def _sum(gradient, widths):
    return gradient + sum(_blur(gradient, width) for width in widths)


def _each(values):
    """The mean over the numbers of each image."""
    return values.mean(dim=(1, 2, 3), keepdim=True)


def _safe(total, by):
    return total / by.clamp(min=1e-30)


def _only_blurs(gradient, widths):
    total = sum((_blur(gradient, width) for width in widths), torch.zeros_like(gradient))
    total = total if widths else gradient
    return _safe(total, _each(total.abs()))


def _zeros_counted(gradient, widths):
    total = gradient + sum(_blur(gradient, width, inside=True) for width in widths)
    return _safe(total, _each(total.abs()))


def _blur_of_blur(gradient, widths):
    total = blurred = gradient
    for width in widths:
        blurred = _blur(blurred, width)
        total = total + blurred
    return _safe(total, _each(total.abs()))


def _blur_of_sum(gradient, widths):
    total = gradient
    for width in widths:
        total = total + _blur(total, width)
    return _safe(total, _each(total.abs()))


def _largest(gradient, widths):
    total = _sum(gradient, widths)
    return _safe(total, total.abs().amax(dim=(1, 2, 3), keepdim=True))


def _spread(gradient, widths):
    total = _sum(gradient, widths)
    return _safe(total, total.std(dim=(1, 2, 3), keepdim=True))


EXERCISE = Exercise(
    deepdream.smoothed_gradient,
    cases=(
        Case("nine pixels by hand", _by_hand, random=False),
        Case("two boxes", _random(1, 9, 9, (3, 5))),
        Case("two images whose gradients differ in size, wider than tall", _random(2, 7, 12, (3, 7))),
        Case("one box that comes twice", _random(1, 6, 8, (3, 5, 3))),
        Case("no box", _random(1, 5, 6, ())),
        Case("a box larger than the image", _random(1, 4, 5, (7,))),
        Case("a gradient of zeros", lambda g: (torch.zeros(1, 3, 4, 4), (3, 5)), random=False),
        Case("double precision", _random(1, 8, 6, (5, 9), torch.float64)),
    ),
    mistakes=(
        Mistake("not divided", lambda g, w: _sum(g, w),
                "the sum is right, its size is not: in low layers gradients are thousands of times as large as in high "
                "ones. Divide, so that one step size suits all."),
        Mistake("only the blurs", _only_blurs,
                "you added up the blurs and left out the gradient itself. Then there are no fine lines any more."),
        Mistake("blurs left out", lambda g, w: _safe(g, _each(g.abs())),
                "you brought the gradient to one size, but did not smooth it. Add its box blurs first."),
        Mistake("divided by the size before the blurs", lambda g, w: _safe(_sum(g, w), _each(g.abs())),
                "you divided by the mean absolute value of the raw gradient. Blurring changes that; divide by the one "
                "of the sum."),
        Mistake("each width once", lambda g, w: deepdream.smoothed_gradient(g, tuple(set(w))),
                "a width that comes twice has to count twice. That is how the coarse parts can be made to weigh more."),
        Mistake("divided by the largest", _largest,
                "you divided by the largest value. One pixel that stands out then makes all the others stand still. "
                "The mean of the magnitudes is asked."),
        Mistake("divided by the standard deviation", _spread,
                "you divided by the standard deviation. It is close, but asked is the mean absolute value."),
        Mistake("divided by the mean", lambda g, w: torch.where(_sum(g, w) == 0, 0, _sum(g, w) / _each(_sum(g, w))),
                "you divided by the mean. Positive and negative parts cancel in it, so it can be near zero, or turn "
                "the sign. Take magnitudes first."),
        Mistake("zeros beyond the border counted", _zeros_counted,
                "at the border your boxes count zeros that are not in the image, so the gradient fades there. The mean "
                "is over those pixels that exist."),
        Mistake("each blur of the blur before", _blur_of_blur,
                "you blurred the blurred gradient again. Each box is applied to the gradient itself."),
        Mistake("each blur of the sum so far", _blur_of_sum,
                "each of your boxes blurs the sum so far, with the boxes before it. Blur the gradient as it came in, "
                "and add."),
        Mistake("one size for the batch", lambda g, w: _safe(_sum(g, w), _sum(g, w).abs().mean()),
                "you took one mean for the whole batch. Then the image with the largest gradient decides how fast the "
                "others dream. One mean for each image."),
        Mistake("sign only", lambda g, w: _sum(g, w).sign(),
                "you kept the sign only. Then the calm sky is painted as strongly as the eye that the network sees."),
        Mistake("0/0 for a gradient of zeros", lambda g, w: _sum(g, w) / _each(_sum(g, w).abs()),
                "a gradient of zeros became NaN: 0/0. It has to stay zero. Keep the divisor from being zero."),
    ),
    points=2,
    success="Strokes in place of dust, and one step size for every layer of every network.",
)  # fmt: skip
