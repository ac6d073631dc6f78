import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradients
from autograder.toys import normal
from lib import autoencoder


def _layers(g, sizes, dtype=torch.float32):
    return [
        (normal(g, outputs, inputs, dtype=dtype) / inputs**0.5, normal(g, outputs, dtype=dtype))
        for inputs, outputs in zip(sizes, sizes[1:])
    ]


def _codes(n, sizes, shape, dtype=torch.float32):
    def inputs(g):
        channels, height, width = shape
        return normal(g, n, sizes[0], dtype=dtype), _layers(g, (*sizes, channels * height * width), dtype), shape

    return inputs


def _by_hand(g):
    first = torch.tensor([[1.0], [-1]]), torch.tensor([0.0, 0])
    second = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]]), torch.tensor([0.0, 0, 1, 0])
    return torch.tensor([[2.0], [-1]]), [first, second], (1, 2, 2)


def _stack(between=lambda x: x.relu(), last=lambda x: x.sigmoid(), bias=True, first=lambda x: x):
    def wrong(codes, layers, shape):
        x = first(codes)
        for number, (weight, shift) in enumerate(layers):
            x = F.linear(x if number == 0 else between(x), weight, shift if bias else None)
        return last(x).reshape(len(codes), *shape)

    return wrong


def _columns_first(codes, layers, shape):
    channels, height, width = shape
    return autoencoder.decode(codes, layers, (channels, width, height)).transpose(2, 3)


def _channels_last(codes, layers, shape):
    channels, height, width = shape
    return autoencoder.decode(codes, layers, (height, width, channels)).permute(0, 3, 1, 2)


def _copied(codes, layers, shape):
    return autoencoder.decode(codes, [(weight.detach(), bias.detach()) for weight, bias in layers], shape)


EXERCISE = Exercise(
    autoencoder.decode,
    cases=(
        Case("two codes of one number by hand", _by_hand, random=False),
        Case("one layer, and all gradients", _codes(3, (2,), (1, 3, 2)), observe=with_gradients),
        Case("three layers, a batch of 4", _codes(4, (2, 5, 7), (1, 4, 4))),
        Case("colors, taller than wide", _codes(2, (3, 6), (3, 5, 2))),
        Case("double precision", _codes(2, (4, 4), (1, 3, 3), torch.float64)),
    ),
    mistakes=(
        Mistake("no sigmoid", _stack(last=lambda x: x),
                "some of your pixels are below 0 or above 1. The last layer ends in a sigmoid, which knows no other "
                "values."),
        Mistake("a ReLU before the sigmoid", _stack(last=lambda x: x.relu().sigmoid()),
                "no pixel of yours is darker than one half: a ReLU comes before the sigmoid and cuts off everything "
                "that wants to be dark."),
        Mistake("a ReLU at the end", _stack(last=lambda x: x.relu()),
                "your last layer ends in a ReLU, so pixels may be as bright as they like. Here a sigmoid takes its "
                "place."),
        Mistake("clamped", _stack(last=lambda x: x.clamp(0, 1)),
                "you cut the pixels off at 0 and 1. What is cut off has no gradient, and a pixel that is once beyond"
                " the range never finds back."),
        Mistake("a tanh at the end", _stack(last=lambda x: x.tanh()),
                "your pixels lie between −1 and 1. That is another curve of the same shape; images here are between "
                "0 and 1."),
        Mistake("no ReLU between the layers", _stack(between=lambda x: x),
                "between your layers nothing happens, so they are only one. The sheet on which all reconstructions "
                "lie would be flat but for the sigmoid."),
        Mistake("a ReLU on the code", _stack(first=lambda x: x.relu()),
                "the negative numbers of a code never reach your first layer. The code is linear; a ReLU comes only "
                "behind a layer."),
        Mistake("sigmoids everywhere", _stack(between=lambda x: x.sigmoid()),
                "every layer of yours ends in a sigmoid. Only the last does; the others have a ReLU."),
        Mistake("biases left out", _stack(bias=False),
                "you left the biases out. A code of zeros then always gives a gray image, and it should be free to "
                "give any."),
        Mistake("columns first", _columns_first,
                "the pixels of your images are filled in column by column. The last layer gives them row by row."),
        Mistake("channels last", _channels_last,
                "you took the last axis for the colors. The last layer gives channel after channel: (C, H, W)."),
        Mistake("weights copied into modules", _copied,
                "the images are right, but the decoder's weights get no gradient, since something made copies of them: "
                "new modules, or `.data`. Use the given ones."),
        Mistake("no gradient", lambda *inputs: autoencoder.decode(*inputs).detach(),
                "the images are right, but neither weights nor codes get a gradient from them. Nothing may cut the "
                "graph."),
    ),
    points=1,
    success="Encoder and decoder together have to give back what they got. Training does the rest.",
)  # fmt: skip
