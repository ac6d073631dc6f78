import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import transposed_convolution as reference


def _maps(n, channels, outputs, size, kernel, stride, dtype=torch.float32):
    return lambda g: (
        normal(g, n, channels, *size, dtype=dtype), normal(g, channels, outputs, *kernel, dtype=dtype), stride,
    )  # fmt: skip


def _by_hand(g):
    return torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[1.0, 2, 3], [0, 10, 0]]]]), 2


def _gathered(maps, weight, stride):
    """An ordinary convolution of the padded map: right but for the kernel, which would have to be turned over."""
    rows, columns = weight.shape[2:]
    apart = maps.new_zeros(*maps.shape[:2], *((side - 1) * stride + 1 for side in maps.shape[2:]))
    apart[:, :, ::stride, ::stride] = maps
    padded = F.pad(apart, (columns - 1, columns - 1, rows - 1, rows - 1))
    return F.conv2d(padded, weight.transpose(0, 1))


def _overwritten(maps, weight, stride):
    images, _, height, width = maps.shape
    rows, columns = weight.shape[2:]
    larger = maps.new_zeros(images, weight.shape[1], (height - 1) * stride + rows, (width - 1) * stride + columns)
    stamped = torch.einsum("nchw,cdkl->ndhwkl", maps, weight)
    for row in range(height):
        for column in range(width):
            down, across = row * stride, column * stride
            larger[:, :, down : down + rows, across : across + columns] = stamped[:, :, row, column]
    return larger


def _averaged(maps, weight, stride):
    ones = torch.ones_like(maps[:1, :1])
    stamps = reference.transposed_convolution(ones, torch.ones_like(weight[:1, :1]), stride)
    return reference.transposed_convolution(maps, weight, stride) / stamps.clamp(min=1)


def _first_channel(maps, weight, stride):
    return reference.transposed_convolution(maps[:, :1], weight[:1], stride)


def _cropped(maps, weight, stride):
    made = reference.transposed_convolution(maps, weight, stride)
    return made[..., : stride * maps.shape[2], : stride * maps.shape[3]]


def _kernel_transposed(maps, weight, stride):
    turned = reference.transposed_convolution(maps.transpose(2, 3), weight, stride)
    return turned.transpose(2, 3)


EXERCISE = Exercise(
    reference.transposed_convolution,
    cases=(
        Case("two stamps by hand", _by_hand, random=False),
        Case("3 × 3 to 5 × 5", _maps(1, 1, 1, (3, 3), (3, 3), 1)),
        Case("a batch of 2, channels, stride 2", _maps(2, 3, 4, (3, 4), (3, 3), 2)),
        Case("4 × 2 kernel, stride 2, wider than tall", _maps(2, 2, 3, (2, 5), (4, 2), 2)),
        Case("stamps that do not touch", _maps(1, 2, 2, (2, 3), (2, 2), 3)),
        Case("one position", _maps(2, 3, 1, (1, 1), (3, 2), 2)),
        Case("the gradient, double precision", _maps(2, 2, 3, (3, 2), (3, 3), 2, torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("kernel not turned over", _gathered,
                "your stamps are upside down and back to front. If you spread the values apart and convolve, each "
                "place gathers from its neighbors with the kernel as it lies; a stamp needs it the other way around."),
        Mistake("overwritten", _overwritten,
                "where two stamps overlap, only the later one is there. They add up."),
        Mistake("averaged where they overlap", _averaged,
                "you took the mean where stamps overlap. A product of matrices sums."),
        Mistake("channels and outputs not summed", _first_channel,
                "only the first channel leaves its stamps. Every channel has its own, and all of them add up."),
        Mistake("stride forgotten", lambda maps, weight, stride: reference.transposed_convolution(maps, weight, 1),
                "your stamps lie one pixel apart, whatever the stride. Neighbors must be `stride` pixels apart; that"
                " is what makes the map larger."),
        Mistake("cropped", _cropped,
                "the result is cut off at stride times the size of the map. The last stamp reaches further: mind the"
                " shape in the docstring."),
        Mistake("rows and columns of the stamp changed", _kernel_transposed,
                "rows and columns of your stamps have changed places. The third axis of the weight goes down, the "
                "fourth goes across."),
        Mistake("the stamps of equal height", lambda maps, weight, stride: reference.transposed_convolution(
                torch.ones_like(maps), weight, stride),
                "all your stamps are equally strong. Each is multiplied by the value that it stands for."),
    ),
    points=3,
    success="A small map has become a larger one, by the weights of a convolution. Decoders are made of this.",
)  # fmt: skip
