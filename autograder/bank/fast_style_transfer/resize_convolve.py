import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import fast_style_transfer


def _by_hand(g):
    return torch.tensor([[[[1.0, 2.0]]]]), torch.full((1, 1, 1, 1), 3.0), 2


def _features(images, channels, height, width, outputs, size, factor, dtype=torch.float32):
    def inputs(g):
        weight = normal(g, outputs, channels, size, size, dtype=dtype)
        return normal(g, images, channels, height, width, dtype=dtype), weight, factor

    return inputs


def _convolved(features, weight, mode="reflect"):
    border = weight.shape[-1] // 2
    return F.conv2d(F.pad(features, [border] * 4, mode=mode), weight)


def _transposed(features, weight, factor):
    border = weight.shape[-1] // 2
    return F.conv_transpose2d(features, weight.transpose(0, 1), None, factor, border, factor - 1)


def _smooth(features, weight, factor):
    enlarged = F.interpolate(features, scale_factor=factor, mode="bilinear", align_corners=False)
    return _convolved(enlarged, weight)


def _zeros(features, weight, factor):
    return F.conv2d(F.interpolate(features, scale_factor=factor), weight, padding=weight.shape[-1] // 2)


def _convolved_first(features, weight, factor):
    return F.interpolate(_convolved(features, weight), scale_factor=factor)


def _bordered(mode):
    return lambda features, weight, factor: _convolved(F.interpolate(features, scale_factor=factor), weight, mode)


def _holes(features, weight, factor):
    enlarged = F.interpolate(features, scale_factor=factor)
    enlarged = enlarged * (torch.arange(enlarged.shape[2])[:, None] % factor == 0)
    return _convolved(enlarged * (torch.arange(enlarged.shape[3]) % factor == 0), weight)


EXERCISE = Exercise(
    fast_style_transfer.resize_convolve,
    cases=(
        Case("two positions by hand", _by_hand, random=False),
        Case("one image", _features(1, 3, 4, 5, 2, 3, 2)),
        Case("a batch of 2, more channels", _features(2, 2, 3, 4, 5, 3, 2)),
        Case("a kernel of 5", _features(1, 2, 4, 3, 2, 5, 2)),  # its border is wider than one square
        Case("three times as large, a kernel of 5", _features(1, 2, 3, 3, 2, 5, 3)),
        Case("its gradient", _features(2, 2, 3, 5, 3, 3, 2, torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("a transposed convolution", _transposed,
                "this is a transposed convolution with a stride. Its kernel falls on some pixels more often than on "
                "their neighbors, and the network paints a checkerboard."),
        Mistake("holes between the values", _holes,
                "between the values there are zeros now. A value becomes a square of equal values."),
        Mistake("bilinear", _smooth,
                "the enlargement is smooth. Here each value becomes a square of equal values; smoothing is what the "
                "convolution may learn."),
        Mistake("a border of zeros", _zeros,
                "there are zeros around the border. They make a dark frame that grows from layer to layer; mirror the "
                "features instead."),
        Mistake("convolved first", _convolved_first,
                "you convolve first and enlarge then, so the result is made of blocks that nothing smooths."),
        Mistake("a border of repeated edges", _bordered("replicate"),
                "beyond the border the outermost pixels are repeated, in effect. The mirror stands on the outermost "
                "pixel, so what comes first beyond it is the pixel before."),
        Mistake("a border from the other side", _bordered("circular"),
                "beyond the border the picture goes on at its other side. Mirror it there: the left edge of a "
                "photograph knows nothing of its right one."),
        Mistake("no border", lambda x, weight, factor: F.conv2d(F.interpolate(x, scale_factor=factor), weight),
                "a convolution without a border loses pixels on every side. Add a mirrored border first."),
        Mistake("not enlarged", lambda x, weight, factor: _convolved(x, weight),
                "the features are as small as before. Enlarge them by the factor first."),
        Mistake("not convolved", lambda x, weight, factor: F.interpolate(x, scale_factor=factor),
                "the features are enlarged and nothing else: the weight is never used."),
    ),
    points=2,
    success="Every output pixel is now made by equally many products, so there is no pattern to begin with.",
)  # fmt: skip
