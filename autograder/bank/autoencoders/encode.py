import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradients
from autograder.toys import normal, uniform
from lib import autoencoder


def _layers(g, sizes, dtype=torch.float32):
    """Fully connected layers; biases of the size of the activations, so that their absence shows."""
    return [
        (normal(g, outputs, inputs, dtype=dtype) / inputs**0.5, normal(g, outputs, dtype=dtype))
        for inputs, outputs in zip(sizes, sizes[1:])
    ]


def _images(n, shape, hidden, dtype=torch.float32):
    def inputs(g):
        channels, height, width = shape
        sizes = (channels * height * width, *hidden)
        return uniform(g, n, *shape, dtype=dtype), _layers(g, sizes, dtype)

    return inputs


def _by_hand(g):
    first = torch.tensor([[1.0, 1], [1, -1]]), torch.tensor([0.0, -1])
    second = torch.tensor([[-1.0, 2]]), torch.tensor([0.5])
    return torch.tensor([[[[1.0, 3]]], [[[4.0, 1]]]]), [first, second]


def _turned(g):
    images, layers = _images(2, (1, 3, 4), (5, 2))(g)
    return images.transpose(2, 3).contiguous().transpose(2, 3), layers


def _stack(between=lambda x: x.relu(), last=lambda x: x, bias=True, before=lambda images: images.flatten(1)):
    def wrong(images, layers):
        x = before(images)
        for number, (weight, shift) in enumerate(layers):
            x = F.linear(x if number == 0 else between(x), weight, shift if bias else None)
        return last(x)

    return wrong


def _copied(images, layers):
    return autoencoder.encode(images, [(weight.detach(), bias.detach()) for weight, bias in layers])


EXERCISE = Exercise(
    autoencoder.encode,
    cases=(
        Case("two images of two pixels by hand", _by_hand, random=False),
        Case("one layer, and all gradients", _images(3, (1, 2, 3), (4,)), observe=with_gradients),
        Case("three layers, a batch of 5", _images(5, (1, 4, 4), (8, 6, 2))),
        Case("colors, wider than tall", _images(2, (3, 2, 5), (7, 3))),
        Case("columns first in memory", _turned),
        Case("double precision", _images(2, (1, 3, 3), (5, 5, 4), torch.float64)),
    ),
    mistakes=(
        Mistake("a ReLU on the code", _stack(last=lambda x: x.relu()),
                "your codes are never negative: a ReLU follows the last layer too. Half of the code's space is then "
                "out of reach, and a number that is negative for all images never learns again."),
        Mistake("no ReLU", _stack(between=lambda x: x),
                "nothing happens between your layers. A product of matrices is one matrix, however many there are: "
                "your network is the linear one of exercise 2."),
        Mistake("a sigmoid on the code", _stack(last=lambda x: x.sigmoid()),
                "your codes are squeezed between 0 and 1. The sigmoid belongs to pixels, at the other end; the code "
                "is linear."),
        Mistake("sigmoids between the layers", _stack(between=lambda x: x.sigmoid()),
                "you have sigmoids between the layers. They were used in 2006, with a training of its own for each "
                "layer; here it is a ReLU."),
        Mistake("biases left out", _stack(bias=False),
                "the biases play no part in yours. Without them all bends of the network would go through zero."),
        Mistake("rows averaged", _stack(before=lambda x: x.mean(dim=1, keepdim=True).expand_as(x).flatten(1)),
                "the colors of a pixel have been mixed before the first layer. It has a weight for each color of "
                "each pixel."),
        Mistake("channels last", _stack(before=lambda x: x.permute(0, 2, 3, 1).flatten(1)),
                "you moved the channels behind rows and columns before flattening. The first layer's weights expect "
                "the order of (C, H, W)."),
        Mistake("transposed", _stack(before=lambda x: x.transpose(2, 3).flatten(1)),
                "your pixels are read column by column. They are expected row by row, as they are stored."),
        Mistake("pixels through a ReLU of their own", _stack(before=lambda x: (x - 0.5).relu().flatten(1)),
                "something is done to the pixels before the first layer. They go in as they are, between 0 and 1."),
        Mistake("weights copied into modules", _copied,
                "the codes are right, but the weights that you were given get no gradient: `.data` and `nn.Parameter` "
                "made others out of them. Multiply with the given ones."),
        Mistake("no gradient", lambda *inputs: autoencoder.encode(*inputs).detach(),
                "the codes are right, but no gradient comes back to the weights, which are to learn. Leave the graph "
                "whole."),
    ),
    points=1,
    success="An image has become a point in a space of few dimensions. Now back.",
)  # fmt: skip
