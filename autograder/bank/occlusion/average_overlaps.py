import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
from lib import occlusion


def _by_hand(g):
    return torch.tensor([1.0, 4.0]), torch.tensor([[0, 0], [0, 1]]), 2, 2, 3


def _grid(height, width, size, stride, dtype=torch.float32):
    def inputs(g):
        positions = occlusion.occluder_positions(uniform(g, 1, 3, height, width), size, stride)
        return normal(g, len(positions), dtype=dtype), positions, size, height, width

    return inputs


def _anywhere(count, size, height, width):
    """Squares anywhere in the image, and the top left corner covered by none."""

    def inputs(g):
        tops, lefts = whole(g, 1, height - size, count), whole(g, 1, width - size, count)
        return normal(g, count), torch.stack([tops, lefts], dim=1), size, height, width

    return inputs


def _count(positions, size, height, width):
    squares = occlusion.occlude(torch.zeros(1, 1, height, width, dtype=torch.float64), positions, size) == 0.5
    return squares[:, 0].sum(dim=0)


def _summed(values, positions, size, height, width):
    mean = occlusion.average_overlaps(values, positions, size, height, width)
    return mean * _count(positions, size, height, width)


def _largest(values, positions, size, height, width):
    squares = occlusion.occlude(torch.zeros(1, 1, height, width, dtype=torch.float64), positions, size)[:, 0] == 0.5
    found = torch.where(squares, values[:, None, None], values.new_tensor(-float("inf"))).amax(dim=0)
    return torch.where(squares.any(dim=0), found, 0)


def _last_one_wins(values, positions, size, height, width):
    found = values.new_zeros(height, width)
    for value, (top, left) in zip(values, positions.tolist()):
        found[top : top + size, left : left + size] = value
    return found


def _zero_by_zero(values, positions, size, height, width):
    return _summed(values, positions, size, height, width) / _count(positions, size, height, width)


def _halved_each_time(values, positions, size, height, width):
    found = values.new_zeros(height, width)
    for value, (top, left) in zip(values, positions.tolist()):
        square = found[top : top + size, left : left + size]
        square.copy_((square + value) / 2)
    return found


EXERCISE = Exercise(
    occlusion.average_overlaps,
    cases=(
        Case("two squares by hand", _by_hand, random=False),
        Case("a grid of squares", _grid(8, 8, 4, 2)),
        Case("a last step that is shorter, wider than tall", _grid(7, 12, 5, 3)),
        Case("squares side by side, taller than wide", _grid(9, 6, 3, 3)),
        Case("squares anywhere, some pixels never covered", _anywhere(4, 3, 9, 8)),
        Case("double precision", _grid(6, 7, 3, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("overlaps summed", _summed,
                "you added up where squares overlap. The middle of the image is covered more often than its border, "
                "so it looks important in every picture. Divide by how many squares cover each pixel."),
        Mistake("largest of the overlaps", _largest,
                "you kept the largest value where squares overlap. One square that hits the object then heats all "
                "that it covers. Take the mean, so that each place has a say."),
        Mistake("last one wins", _last_one_wins,
                "where squares overlap, the last one has overwritten the others. Then the map is shifted towards the "
                "lower right. Collect sum and count, and divide."),
        Mistake("divided by the number of places",
                lambda v, p, size, h, w: _summed(v, p, size, h, w) / len(p),
                "you divided by the number of all places. A pixel's mean is over those squares that cover it."),
        Mistake("running mean of the last two", _halved_each_time,
                "you take the mean of the old value and the new one, again and again. So the last square weighs one "
                "half, the one before a quarter. Collect sum and count, and divide once."),
        Mistake("0/0 where nothing was covered", _zero_by_zero,
                "a pixel that no square covered became NaN: 0/0. It stays 0. Keep the count from being zero before "
                "you divide."),
        Mistake("top and left swapped",
                lambda v, p, size, h, w: occlusion.average_overlaps(v, p.flip(1), size, h, w),
                "top and left have changed places: the first number of a position is the row."),
    ),
    points=2,
    success="From numbers to a map, and no pixel is hotter only because it was covered more often.",
)  # fmt: skip
