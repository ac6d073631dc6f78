import math

import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import image_regularizers


def _blurred(n, channels, height, width, low, high, dtype=torch.float32):
    def inputs(g):
        return normal(g, n, channels, height, width, dtype=dtype), low + (high - low) * float(uniform(g, 1))

    return inputs


def _by_hand(g):
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 2] = 1
    return image, 0.5


def _kernel(sigma, reach, like, power=1.0):
    distance = torch.arange(-reach, reach + 1).to(like)
    weights = torch.exp(-(distance**2) / (2 * sigma**2)) ** power
    return weights / weights.sum()


def _with(kernel=None, mode="replicate", axes=(2, 3), mixed=False):
    """A blur one part of which is replaced."""

    def wrong(images, sigma):
        reach = math.ceil(3 * sigma)
        weights = _kernel(sigma, reach, images) if kernel is None else kernel(images, sigma, reach)
        reach, channels = len(weights) // 2, images.shape[1]
        for axis in axes:
            pads, shape = ([0, 0, reach, reach], (-1, 1)) if axis == 2 else ([reach, reach, 0, 0], (1, -1))
            padded = F.pad(images, pads, mode=mode)
            images = F.conv2d(padded, weights.view(1, 1, *shape).expand(channels, 1, -1, -1), groups=channels)
        return images.mean(dim=1, keepdim=True).expand_as(images) if mixed else images

    return wrong


def _raw(images, sigma, reach):
    weights = _kernel(sigma, reach, images)
    return weights / weights.max()


def _density(images, sigma, reach):
    weights = _kernel(sigma, reach, images)
    return weights / weights.max() / (sigma * math.sqrt(2 * math.pi))


def _variance(images, sigma, reach):
    return _kernel(math.sqrt(sigma), reach, images)


def _two_forgotten(images, sigma, reach):
    return _kernel(sigma, reach, images, 2.0)


def _short(images, sigma, reach):
    return _kernel(sigma, math.ceil(sigma), images)


def _rounded_down(images, sigma, reach):
    return _kernel(sigma, int(3 * sigma), images)


def _box(images, sigma, reach):
    return torch.full((2 * reach + 1,), 1 / (2 * reach + 1)).to(images)


EXERCISE = Exercise(
    image_regularizers.gaussian_blur,
    cases=(
        Case("one bright pixel", _by_hand, random=False),
        Case("one image", _blurred(1, 3, 9, 9, 0.7, 0.99)),
        Case("two images, wider than tall", _blurred(2, 3, 7, 12, 1.05, 1.3)),
        Case("one channel, a wide blur", _blurred(1, 1, 12, 8, 2.05, 2.3)),
        Case("double precision", _blurred(2, 4, 8, 8, 0.4, 0.6, torch.double)),
    ),
    mistakes=(
        Mistake("weights do not add up", _with(_raw),
                "your weights do not add up to one, so a gray wall changes its brightness. A blur is a mean."),
        Mistake("the formula's constant", _with(_density),
                "you divided by σ√(2π), as for a density over the whole line. Cut off at 3σ and taken at whole pixels "
                "that does not quite add up to one; divide by the sum of the weights."),
        Mistake("black beyond the border", _with(mode="constant"),
                "your image is surrounded by zeros, and they bleed in at the border. It should go on with the pixel at "
                "the border."),
        Mistake("mirrored beyond the border", _with(mode="reflect"),
                "you mirrored the image at its border. A fair choice, but the docstring asks for another: the pixel at "
                "the border goes on."),
        Mistake("one direction only", _with(axes=(3,)),
                "you blurred along the rows only. A Gaussian in two dimensions is one along the rows and then one "
                "along the columns."),
        Mistake("colors mixed", _with(mixed=True),
                "your blur mixes the channels. Each channel is blurred by itself, or the image loses its color."),
        Mistake("sigma taken for a variance", _with(_variance),
                "you used sigma as a variance. It is a standard deviation, in pixels."),
        Mistake("two forgotten", _with(_two_forgotten),
                "your bell is too narrow: there is a 2 in the exponent's denominator."),
        Mistake("cut off too early", _with(_short),
                "your weights end one sigma away, where the bell is still at 60 % of its height. Go three sigma far."),
        Mistake("three sigma rounded down", _with(_rounded_down),
                "your weights end a pixel too early: 3σ is rounded up to a whole pixel, not down."),
        Mistake("box blur", _with(_box),
                "all your weights are equal, which is a box blur. A Gaussian's fall with the distance."),
    ),
    points=2,
    success="The strongest regularizer of all, and the one that shows: what is blurred away in each step cannot grow.",
)  # fmt: skip
