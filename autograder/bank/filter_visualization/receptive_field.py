import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import whole
from lib import receptive_field


def _drawn(count):
    """Layers with kernels 3, 5, 7, strides 1, 2, 3 and padding 1, 2, with a pooling of 2 × 2 after the first."""

    def inputs(g):
        kernels, strides, paddings = 2 * whole(g, 1, 3, count) + 1, whole(g, 1, 3, count), whole(g, 1, 2, count)
        strides[0] = 2
        layers = torch.stack([kernels, strides, paddings], dim=1)
        return (torch.cat([layers[:1], torch.tensor([[2, 2, 0]]), layers[1:]]),)

    return inputs


def _walk(first=False, growth=None, shift=None):
    """What the reference does, with another growth, another shift, or the layer's own stride counted first."""

    def wrong(layers):
        size, stride, offset = 1, 1, 0
        for kernel, step, padding in layers.tolist():
            stride = stride * step if first else stride
            size += growth(kernel, step, stride) if growth else (kernel - 1) * stride
            offset -= shift(padding, stride) if shift else padding * stride
            stride = stride if first else stride * step
        return size, stride, offset

    return wrong


def _without_pooling(layers):
    return receptive_field.receptive_field(layers[layers[:, 0] != layers[:, 1]])


def _product_of_kernels(layers):
    _, stride, offset = receptive_field.receptive_field(layers)
    return int(layers[:, 0].prod()), stride, offset


def _strides_added(layers):
    size, stride, offset = 1, 1, 0
    for kernel, step, padding in layers.tolist():
        size, offset, stride = size + (kernel - 1) * stride, offset - padding * stride, stride + step - 1
    return size, stride, offset


def _middle(layers):
    size, stride, offset = receptive_field.receptive_field(layers)
    return size, stride, offset + (size - 1) / 2


def _padding_taken_off(layers):
    size, stride, offset = receptive_field.receptive_field(layers)
    return size + 2 * offset, stride, offset


def _backwards(layers):
    return receptive_field.receptive_field(layers.flip(0))


def _positive_offset(layers):
    size, stride, offset = receptive_field.receptive_field(layers)
    return size, stride, -offset


EXERCISE = Exercise(
    receptive_field.receptive_field,
    cases=(
        Case("a convolution and a pooling", lambda g: (torch.tensor([[7, 2, 3], [2, 2, 0]]),), random=False),
        Case("two convolutions of 3 × 3 and no stride", lambda g: (torch.tensor([[3, 1, 1], [3, 1, 1]]),),
             random=False),
        Case("a 1 × 1 convolution", lambda g: (torch.tensor([[5, 2, 2], [2, 2, 0], [1, 1, 0], [3, 1, 1]]),),
             random=False),
        Case("four layers", _drawn(3)),
        Case("six layers", _drawn(5)),
        Case("ten layers", _drawn(9)),
    ),
    mistakes=(
        Mistake("stride ignored", _walk(growth=lambda kernel, step, stride: kernel - 1),
                "your size grows by kernel − 1 for every layer, as if nothing had a stride. After a stride of 2, "
                "neighbors in a map lie two pixels apart, so the next kernel reaches twice as far in the image."),
        Mistake("pooling ignored", _without_pooling,
                "you left the pooling layers out. Pooling looks through windows and moves by strides like a "
                "convolution; that it learns nothing makes no difference here."),
        Mistake("own stride too early", _walk(first=True),
                "you counted a layer's own stride before its kernel. The kernel lies on the map *below*; the stride "
                "decides only how far apart this layer's own units are."),
        Mistake("strides added", _strides_added,
                "your stride is a sum. Two layers of stride 2 leave every fourth pixel: strides multiply."),
        Mistake("kernels multiplied", _product_of_kernels,
                "you multiplied the kernels. Two layers of 3 × 3 see 5 pixels, not 9: neighbors overlap, so each "
                "layer only adds what lies beyond."),
        Mistake("size adds the kernel", _walk(growth=lambda kernel, step, stride: kernel * stride),
                "you add the whole kernel in each layer. One of its cells is already there: a 1 × 1 convolution "
                "sees no more than the layer below it."),
        Mistake("padding not scaled", _walk(shift=lambda padding, stride: padding),
                "size and stride are right. Padding of one cell in a deep map is as many pixels as its cells lie "
                "apart; the offset has to count pixels."),
        Mistake("offset of the middle", _middle,
                "size and stride are right; your offset is the middle of the first unit's field. It is asked where "
                "the field begins."),
        Mistake("offset without its sign", _positive_offset,
                "size and stride are right; the offset has lost its sign. With padding, the first unit's field begins "
                "before the image: its first pixel has a negative number."),
        Mistake("padding taken off the size", _padding_taken_off,
                "you took the padding off the size. Padding moves the field, it does not make it smaller."),
        Mistake("from the last layer", _backwards,
                "you went from the last layer to the first, with the rule that goes forward. The order matters: a "
                "stride widens what comes after it."),
    ),
    points=2,
    success="Three numbers, and you know for any unit which pixels it could have seen, and which never.",
)  # fmt: skip
