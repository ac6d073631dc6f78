import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import fast_style_transfer


def _painter(g, dtype):
    convolution = nn.Conv2d(3, 3, 3, padding=1, dtype=dtype)
    convolution.weight.data = normal(g, 3, 3, 3, 3, dtype=dtype)
    convolution.bias.data = normal(g, 3, dtype=dtype)
    return nn.Sequential(convolution, nn.Sigmoid()).eval().requires_grad_(False)


def _frames(images, height, width, size, dtype=torch.float32):
    def inputs(g):
        photographs = uniform(g, images, 3, height, width, dtype=dtype)
        return _painter(g, dtype), photographs, size * normal(g, images, 3, height, width, dtype=dtype)

    return inputs


def _twice():
    """Each color twice as bright. The identity would give the photograph itself, and hide what is changed in place."""
    layer = nn.Conv2d(3, 3, 1, groups=3, bias=False).requires_grad_(False)
    layer.weight.data.fill_(2)
    return layer


def _by_hand(g):
    images = torch.tensor([0.5, 0.25, 1.0]).view(1, 3, 1, 1)
    return _twice(), images, torch.tensor([0.25, 0.0, 0.5]).view(1, 3, 1, 1)


def _clamped(images, noise):
    return (images + noise).clamp(0, 1)


def _both_noisy(stylize, images, noise):
    painted = stylize(_clamped(images, noise))
    return _mean(painted - painted)


def _mean(difference):
    return difference.square().mean(dim=(1, 2, 3))


def _difference(reduced):
    def wrong(stylize, images, noise):
        return reduced(stylize(_clamped(images, noise)) - stylize(images))

    return wrong


EXERCISE = Exercise(
    fast_style_transfer.stability_loss,
    cases=(
        Case("one pixel by hand", _by_hand, random=False),
        Case("one image, and the gradient for the painter", _frames(1, 4, 5, 0.2), observe=with_gradient),
        Case("a batch of 3", _frames(3, 5, 4, 0.3)),
        Case("double precision", _frames(2, 3, 6, 0.5, torch.float64)),
    ),
    mistakes=(
        Mistake("not brought back into the range",
                lambda stylize, images, noise: _mean(stylize(images + noise) - stylize(images)),
                "with the noise, some pixels leave the range from 0 to 1. No camera gives such a frame: bring them "
                "back first."),
        Mistake("noise on the painting",
                lambda stylize, images, noise: _mean(_clamped(stylize(images), noise) - stylize(images)),
                "you put the noise on the painting. It is the photograph that is noisy; the question is what the "
                "painter makes of that."),
        Mistake("compared with the photograph",
                lambda stylize, images, noise: _mean(stylize(_clamped(images, noise)) - images),
                "you compare the painting with the photograph. Two paintings have to be compared: with the noise and "
                "without."),
        Mistake("not squared", _difference(lambda d: d.abs().mean(dim=(1, 2, 3))),
                "you took the magnitude of the differences. They are squared."),
        Mistake("summed", _difference(lambda d: d.square().sum(dim=(1, 2, 3))),
                "you summed over the pixels. It is the mean, so that small and large pictures can be compared."),
        Mistake("one number for the batch", _difference(lambda d: d.square().mean()),
                "you have one number for the whole batch. Each photograph has its own: (N,)."),
        Mistake("only the photographs compared",
                lambda stylize, images, noise: _mean(_clamped(images, noise) - images),
                "you measured how much the photographs differ. How much do their paintings?"),
        Mistake("both paintings of one picture", _both_noisy,
                "in effect both paintings are of the same picture, so they never differ. One photograph has the noise, "
                "the other none; noise that is added in place changes the photograph itself."),
        Mistake("both photographs noisy",
                lambda stylize, images, noise: _mean(stylize(_clamped(images, noise)) - stylize(images + noise)),
                "in effect both photographs have the noise, and only one of them is brought back into the range. The "
                "other painting is of the photograph as it was: what is added in place stays."),
        Mistake("no gradient", lambda *inputs: fast_style_transfer.stability_loss(*inputs).detach(),
                "the number is right, but no gradient comes back to the painter, who is to learn from it. Both "
                "paintings belong to the graph."),
        Mistake("the still painting held fast",
                lambda stylize, images, noise: _mean(stylize(_clamped(images, noise)) - stylize(images).detach()),
                "the number is right, but only one of the two paintings gives a gradient to the painter. Both are "
                "its work: leave both in the graph."),
    ),
    points=1,
    success="A number for what the eye calls flicker.",
)  # fmt: skip
