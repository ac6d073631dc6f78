import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import part_templates


def _anywhere(low, high, steepness=None):
    """A size between two, and a place off the diagonal."""

    def inputs(g):
        size = whole(g, low, high).item()
        row = whole(g, 0, size - 1).item()
        column = (row + whole(g, 1, size - 1).item()) % size
        return (size, row, column) if steepness is None else (size, row, column, steepness)

    return inputs


def _formula(row=0, column=0, norm="steps", swap=False, tau=lambda n: 0.5 / n**2, floor=-1.0, count=lambda n: n):
    """The template with one thing wrong."""

    def wrong(size, r, c, steepness=4.0):
        r, c = (c, r) if swap else (r, c)
        down, across = torch.arange(size)[:, None] - (r + row), torch.arange(size) - (c + column)
        if norm == "steps":
            away = down.abs() + across.abs()
        elif norm == "straight":
            away = (down**2 + across**2).sqrt()
        else:
            away = torch.maximum(down.abs(), across.abs())
        values = 1 - steepness * away / count(size)
        return tau(size) * (values if floor is None else values.clamp(min=floor))

    return wrong


def _in_the_middle(size, row, column, steepness=4.0):
    return part_templates.part_template(size, size // 2, size // 2, steepness)


def _steepness_ignored(size, row, column, steepness=4.0):
    return part_templates.part_template(size, row, column)


EXERCISE = Exercise(
    part_templates.part_template,
    cases=(
        Case("a map of 3 × 3 by hand", lambda g: (3, 0, 2), random=False),
        Case("a small map", _anywhere(4, 6)),
        Case("a map so large that the floor is reached", _anywhere(11, 15)),
        Case("a template that is less steep", _anywhere(7, 10, 1.5)),
        Case("any steepness", lambda g: (*_anywhere(5, 9)(g), 0.5 + 5 * uniform(g, 1).item())),
        Case("a corner of a map of even size", lambda g: (8, 7, 0), random=False),
        Case("a map of one position", lambda g: (1, 0, 0), random=False),
    ),
    mistakes=(
        Mistake("centered one position off", _formula(row=-1, column=-1),
                "the maximum of your template is not at (row, column) but one step up and to the left of it. Rows and "
                "columns are counted from 0 here, and so are the positions of a tensor: nothing has to be moved."),
        Mistake("always in the middle", _in_the_middle,
                "your template is centered on the map, wherever the part is. Its only maximum belongs at the row and "
                "column that are given."),
        Mistake("row and column exchanged", _formula(swap=True),
                "row and column are exchanged: your maximum is at [column, row]. The first axis of a tensor runs down, "
                "over the rows."),
        Mistake("straight distance", _formula(norm="straight"),
                "you measured the straight distance. The norm in the formula has a 1 below it: rows and columns are "
                "walked one after the other, so the template falls off in a diamond and not in a circle."),
        Mistake("larger of the two steps", _formula(norm="larger"),
                "you took the larger of the two differences, and your template is a square. The norm with a 1 below it "
                "adds them."),
        Mistake("no floor", _formula(floor=None),
                "far from the part your template goes on falling. It must stop at −τ: far is far, and one wrong "
                "response at the other end should not cost more than one nearby."),
        Mistake("floor at zero", _formula(floor=0.0),
                "your template is never negative. Then a response at a wrong place costs nothing; the floor of the "
                "formula is below zero."),
        Mistake("τ left out", _formula(tau=lambda n: 1.0),
                "the maximum of your template is 1, but it should be τ. It depends on the number of positions."),
        Mistake("τ by the side", _formula(tau=lambda n: 0.5 / n),
                "your τ is divided by n once. A map has n² positions, and τ is half of one share of these."),
        Mistake("distance not divided by the size", _formula(count=lambda n: 1),
                "your template falls off equally fast on every map. The distance counts as a share of the map's side, "
                "so that a larger map has a broader template."),
        Mistake("steepness ignored", _steepness_ignored,
                "you always fall off with β = 4. That is the usual value, but another one was asked for."),
    ),
    points=2,
    success="One wish: here, and nowhere else. A filter has one such wish for every position.",
)  # fmt: skip
