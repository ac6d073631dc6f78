import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import occlusion


def _last_step_shorter(rows, columns):
    """An image in which the stride does not lead to the border, neither down nor across."""

    def inputs(g):
        size, stride = int(whole(g, 4, 6, 1)), int(whole(g, 3, 4, 1))
        height, width = size + rows * stride + 1, size + columns * stride + stride - 1
        return uniform(g, 1, 3, height, width), size, stride

    return inputs


def _along(starts):
    """The wrong answer whose starts along an axis of some length are `starts(length, size, stride)`."""

    def wrong(image, size, stride):
        down, across = (torch.tensor(list(starts(length, size, stride))) for length in image.shape[2:])
        return torch.cartesian_prod(down, across)

    return wrong


def _last_twice(image, size, stride):
    down, across = (torch.tensor([*range(0, length - size + 1, stride), length - size]) for length in image.shape[2:])
    return torch.cartesian_prod(down, across)


def _column_by_column(image, size, stride):
    return occlusion.occluder_positions(image.transpose(2, 3), size, stride).flip(1)


def _height_for_both(image, size, stride):
    height = image.shape[2]
    return occlusion.occluder_positions(image.new_zeros(1, 3, height, height), size, stride)


EXERCISE = Exercise(
    occlusion.occluder_positions,
    cases=(
        Case("5 × 7 pixels by hand", lambda g: (torch.zeros(1, 3, 5, 7), 3, 2), random=False),
        Case("a last step that is shorter", _last_step_shorter(2, 3)),
        Case("shorter, and taller than wide", _last_step_shorter(4, 1)),
        Case("squares side by side", lambda g: (uniform(g, 1, 3, 8, 12), 4, 4)),
        Case("one row of places", lambda g: (uniform(g, 1, 3, 4, 9), 4, 3)),
        Case("one place", lambda g: (uniform(g, 1, 3, 5, 5), 5, 2)),
    ),
    mistakes=(
        Mistake("border missed", _along(lambda length, size, stride: range(0, length - size + 1, stride)),
                "where the stride does not lead exactly to the border, the last pixels are never covered. A "
                "network that looks there would seem not to care. Add one more place that ends at the border."),
        Mistake("last square over the border", _along(lambda n, size, stride: range(0, n - size + stride, stride)),
                "your last square hangs over the border. A part of it covers nothing, so its drop is smaller for a "
                "reason that is not the network's. Move it back until it ends at the border."),
        Mistake("squares begin up to the border", _along(lambda length, size, stride: range(0, length, stride)),
                "you put a square wherever one can begin. Those near the border hang over it, and some cover only a "
                "sliver of the image. The last place is the one whose square ends at the border."),
        Mistake("last place twice", _last_twice,
                "where the stride leads exactly to the border, your last place is there twice. It would count "
                "double where overlaps are averaged, and cost a forward pass."),
        Mistake("left before top", lambda i, size, stride: occlusion.occluder_positions(i, size, stride).flip(1),
                "left and top have changed places. A tensor's axes are rows, then columns: top comes first."),
        Mistake("column by column", _column_by_column,
                "the right places, in the wrong order: you go down first. Go along each row, as one reads; the map "
                "of labels relies on it."),
        Mistake("height for both", _height_for_both,
                "you took the height for the width as well. An image need not be square."),
    ),
    points=1,
    success="Every pixel is covered at least once, and every square is whole: drops can be compared.",
)  # fmt: skip
