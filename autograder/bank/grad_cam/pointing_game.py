import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import grad_cam


def _pointed(n, height, width):
    def inputs(g):
        left, top = whole(g, 0, width - 2, n), whole(g, 0, height - 2, n)
        right = left + 1 + (uniform(g, n) * (width - left - 1)).long()
        bottom = top + 1 + (uniform(g, n) * (height - top - 1)).long()
        return uniform(g, n, height, width), torch.stack([left, top, right, bottom], dim=1)

    return inputs


def _on_edges(g):
    """The same box, and maxima just inside and just outside of each of its four sides."""
    maps = torch.zeros(8, 9, 7)
    for index, (x, y) in enumerate([(2, 4), (1, 4), (4, 4), (5, 4), (3, 3), (3, 2), (3, 6), (3, 7)]):
        maps[index, y, x] = 1
    return maps, torch.tensor([[2, 3, 5, 7]]).repeat(8, 1)


def _game(swap=False, inclusive=False):
    def wrong(maps, boxes):
        position = maps.flatten(1).argmax(dim=1)
        x, y = position % maps.shape[2], position // maps.shape[2]
        x, y = (y, x) if swap else (x, y)
        left, top, right, bottom = boxes.unbind(dim=1)
        right, bottom = (right + 1, bottom + 1) if inclusive else (right, bottom)
        return (left <= x) & (x < right) & (top <= y) & (y < bottom)

    return wrong


def _strictly_inside(maps, boxes):
    return _game()(maps, boxes + torch.tensor([1, 1, 0, 0]))


def _height_for_width(maps, boxes):
    position = maps.flatten(1).argmax(dim=1)
    x, y = position % maps.shape[1], position // maps.shape[1]
    left, top, right, bottom = boxes.unbind(dim=1)
    return (left <= x) & (x < right) & (top <= y) & (y < bottom)


def _as_corner_and_size(maps, boxes):
    left, top, width, height = boxes.unbind(dim=1)
    return _game()(maps, torch.stack([left, top, left + width, top + height], dim=1))


def _mass_in_box(maps, boxes):
    inside = []
    for heat, (left, top, right, bottom) in zip(maps, boxes.tolist()):
        inside.append(heat[top:bottom, left:right].sum() > heat.sum() / 2)
    return torch.stack(inside)


def _one_maximum_for_all(maps, boxes):
    position = maps.flatten().argmax() % (maps.shape[1] * maps.shape[2])
    x, y = position % maps.shape[2], position // maps.shape[2]
    left, top, right, bottom = boxes.unbind(dim=1)
    return (left <= x) & (x < right) & (top <= y) & (y < bottom)


EXERCISE = Exercise(
    grad_cam.pointing_game,
    cases=(
        Case("just inside and just outside of each side", _on_edges, random=False),
        Case("sixteen random boxes", _pointed(16, 8, 8)),
        Case("thirty-two, wider than tall", _pointed(32, 5, 13)),
        Case("thirty-two, taller than wide", _pointed(32, 12, 6)),
    ),
    mistakes=(
        Mistake("x and y swapped", _game(swap=True),
                "x and y have changed places. A box says left, top, right, bottom, so x comes first; a tensor's axes "
                "are rows, then columns, so y comes first."),
        Mistake("right and bottom inside", _game(inclusive=True),
                "you count the pixels at `right` and `bottom` as inside. Like a Python slice, a box ends before them."),
        Mistake("left and top outside", _strictly_inside,
                "you count the pixels at `left` and `top` as outside. Like a Python slice, a box begins with them."),
        Mistake("height taken for width", _height_for_width,
                "your rows and columns come out wrong where a map is not square: position = y · width + x, so divide "
                "by the width, not by the height."),
        Mistake("box as corner and size", _as_corner_and_size,
                "you read the last two numbers of a box as its width and height. They are its right and bottom."),
        Mistake("most of the heat inside", _mass_in_box,
                "you asked where most of the heat is. The pointing game asks about one point, the hottest."),
        Mistake("one maximum for all", _one_maximum_for_all,
                "you looked for the hottest point of the whole batch. Each map points for itself."),
    ),
    points=1,
    success="A judge without taste: it does not care how beautiful a map is, only whether it points at the object.",
)  # fmt: skip
