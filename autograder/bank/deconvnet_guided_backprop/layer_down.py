from torch import nn
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import deconvnet
from lib.networks import Normalize


def _entering(make, n, channels, height, width):
    def inputs(g):
        module = make(g)
        entered = normal(g, n, channels, height, width)
        return module, normal(g, *module(entered).shape), entered

    return inputs


def _convolution(channels_in, channels_out, kernel, stride=1):
    def make(g):
        made = nn.Conv2d(channels_in, channels_out, kernel, stride, padding=kernel // 2)
        made.weight.data = normal(g, *made.weight.shape) / kernel
        made.bias.data = normal(g, channels_out)
        return made.requires_grad_(False)

    return make


def _normalize(g):
    return Normalize(uniform(g, 3).tolist(), (uniform(g, 3) + 0.1).tolist())


def _instead(kind, function):
    """The right answer, but for one kind of layer."""

    def wrong(module, maps, entered):
        return (function if isinstance(module, kind) else deconvnet.layer_down)(module, maps, entered)

    return wrong


def _turned_filters(module, maps, entered):
    turned = module.weight.flip(2, 3)
    return nn.grad.conv2d_input(entered.shape, turned, maps, module.stride, module.padding)


def _with_bias(module, maps, entered):
    maps = maps - module.bias.view(1, -1, 1, 1)
    return nn.grad.conv2d_input(entered.shape, module.weight, maps, module.stride, module.padding)


def _no_size(module, maps, entered):
    return F.conv_transpose2d(maps, module.weight, None, module.stride, module.padding)


def _mirrored_padding(module, maps, entered):
    return F.interpolate(_no_size(module, maps, entered), entered.shape[-2:])


def _as_image(module, maps, entered):
    return maps * module.std + module.mean


def _untouched(module, maps, entered):
    return maps.clone()


def _enlarged(module, maps, entered):
    return F.interpolate(maps, entered.shape[-2:], mode="nearest")


def _summed_back(module, maps, entered):
    return F.interpolate(maps, entered.shape[-2:], mode="nearest") / 4


EXERCISE = Exercise(
    deconvnet.layer_down,
    cases=(
        Case("a ReLU", _entering(lambda g: nn.ReLU(), 1, 2, 3, 3)),
        Case("2 × 2 pooling", _entering(lambda g: nn.MaxPool2d(2, 2), 2, 3, 6, 4)),
        Case("2 × 2 pooling of odd sides", _entering(lambda g: nn.MaxPool2d(2, 2), 1, 3, 7, 5)),
        Case("a convolution", _entering(_convolution(2, 4, 3), 2, 2, 5, 6)),
        Case("a convolution of stride 2, even sides", _entering(_convolution(3, 4, 5, 2), 1, 3, 8, 6)),
        Case("a convolution of stride 2, odd sides", _entering(_convolution(3, 4, 3, 2), 1, 3, 9, 7)),
        Case("the normalization", _entering(_normalize, 2, 3, 4, 5)),
    ),
    mistakes=(
        Mistake("ReLU by the forward mask", _instead(nn.ReLU, lambda module, maps, entered: maps * (entered > 0)),
                "at a ReLU you let through what the ReLU had let through forward. That is backpropagation; the "
                "deconvnet rectifies what comes from above."),
        Mistake("no ReLU on the way down", _instead(nn.ReLU, _untouched),
                "at a ReLU you let everything through. The deconvnet has a ReLU there too, on the way down."),
        Mistake("filters turned", _instead(nn.Conv2d, _turned_filters),
                "your filters are turned by 180 degrees. A transposed convolution lays each filter down as it is, "
                "around the place where it was applied; turning it is needed only if you convolve."),
        Mistake("bias subtracted", _instead(nn.Conv2d, _with_bias),
                "you took the bias off on the way down. The deconvnet uses the filters alone: it asks for a pattern, "
                "it does not invert the layer."),
        Mistake("size not given to the transposed convolution", _instead(nn.Conv2d, _no_size),
                "after a stride of 2 your result lacks a row and a column where the sides were even. Two input sizes "
                "give the same output size; say which one it was."),
        Mistake("stretched to size", _instead(nn.Conv2d, _mirrored_padding),
                "you stretched the result of the transposed convolution to the right size, which moves the pattern. "
                "The missing row belongs at the end, and `output_padding` or the input's size brings it."),
        Mistake("unpooled without switches", _instead(nn.MaxPool2d, _enlarged),
                "you enlarged the pooled maps instead of unpooling them. Pool what entered once more, keep the "
                "indices, and put each value where the maximum was."),
        Mistake("unpooled as an average", _instead(nn.MaxPool2d, _summed_back),
                "you spread each pooled value evenly over its window. The maximum was in one place."),
        Mistake("normalization undone as for an image", _instead(Normalize, _as_image),
                "at the first layer you turned the pattern into an image: times the deviation, plus the mean. It is a "
                "direction in pixel space, like a gradient, so it goes through the transpose: the mean plays no part, "
                "and the deviation still divides."),
        Mistake("normalization skipped", _instead(Normalize, _untouched),
                "you left the first layer out. It divides each color by its deviation, and so does its transpose."),
    ),
    points=3,
    builds_on=("unpool",),
    success="Four kinds of layer, four ways down. Now stack them.",
)  # fmt: skip
