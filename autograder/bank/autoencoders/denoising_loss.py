import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import corruption


def _autoencoder(g, channels, dtype=torch.float32):
    convolution = nn.Conv2d(channels, channels, 3, padding=1, dtype=dtype)
    convolution.weight.data = normal(g, *convolution.weight.shape, dtype=dtype)
    convolution.bias.data = normal(g, channels, dtype=dtype)
    return nn.Sequential(convolution, nn.Sigmoid()).eval().requires_grad_(False)


def _pairs(n, channels, height, width, dtype=torch.float32):
    def inputs(g):
        images = uniform(g, n, channels, height, width, dtype=dtype)
        damaged = images * (uniform(g, n, channels, height, width) > 0.4)
        return _autoencoder(g, channels, dtype), images, damaged

    return inputs


def _by_hand(g):
    return nn.Identity(), torch.tensor([[[[1.0, 0.5]]]]), torch.tensor([[[[0.0, 0.5]]]])


def _error(a, b):
    return (a - b).square().mean(dim=(1, 2, 3))


EXERCISE = Exercise(
    corruption.denoising_loss,
    cases=(
        Case("two pixels by hand", _by_hand, random=False),
        Case("one image, and the gradient of the weights", _pairs(1, 1, 4, 5), observe=with_gradient),
        Case("a batch of 4", _pairs(4, 1, 5, 5)),
        Case("colors", _pairs(2, 3, 4, 3)),
        Case("double precision", _pairs(3, 1, 3, 4, torch.float64)),
    ),
    mistakes=(
        Mistake("compared with the damaged image", lambda f, images, damaged: _error(f(damaged), damaged),
                "your target is the damaged image. A network that copies its input would have no loss at all, and "
                "would repair nothing: the target is the image as it was."),
        Mistake("the whole image shown", lambda f, images, damaged: _error(f(images), images),
                "your network sees the whole image, so it has nothing to repair. Show it the damaged one."),
        Mistake("the wrong way around", lambda f, images, damaged: _error(f(images), damaged),
                "you show the whole image and ask for the damaged one. That is learning to damage."),
        Mistake("two reconstructions compared", lambda f, images, damaged: _error(f(damaged), f(images)),
                "you compare the reconstructions of both images with each other. A network that gives the same gray "
                "for everything would be perfect."),
        Mistake("only the damaged values count",
                lambda f, images, damaged: _error(f(damaged) * (images != damaged), images * (images != damaged)),
                "only the damaged values count in yours. All of them do: what is whole has to stay."),
        Mistake("summed over the pixels",
                lambda f, images, damaged: (f(damaged) - images).square().sum(dim=(1, 2, 3)),
                "you summed over the pixels. Take the mean, so that a loss means the same at every size."),
        Mistake("one number for the batch", lambda f, images, damaged: _error(f(damaged), images).mean(),
                "you have one number for all images. Each has a loss of its own; the mean over the batch comes in "
                "training."),
        Mistake("differences not squared",
                lambda f, images, damaged: (f(damaged) - images).abs().mean(dim=(1, 2, 3)),
                "you took magnitudes. Squares make large errors count more, and lead to the mean of what could have "
                "been there."),
        Mistake("no gradient", lambda *inputs: corruption.denoising_loss(*inputs).detach(),
                "the errors are right, but the network that repairs gets no gradient from them and cannot learn."),
    ),
    points=1,
    success="One word of difference to a plain autoencoder, and copying no longer helps.",
)  # fmt: skip
