import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import faithfulness


def _curves(n, steps, dtype=torch.float32):
    return lambda g: (uniform(g, n, steps + 1, dtype=dtype),)


EXERCISE = Exercise(
    faithfulness.area_under_curve,
    cases=(
        Case("two curves by hand", lambda g: (torch.tensor([[1.0, 0.5, 0.5], [0.2, 0.2, 0.2]]),), random=False),
        Case("one curve", _curves(1, 8)),
        Case("six curves of five steps", _curves(6, 5)),
        Case("one step", _curves(3, 1)),
        Case("double precision", _curves(2, 10, torch.float64)),
    ),
    mistakes=(
        Mistake("mean of the points", lambda c: c.mean(dim=1),
                "you took the mean of all points. The first and the last stand at the border, for half a step each: "
                "they count half."),
        Mistake("width of a step forgotten", lambda c: torch.trapezoid(c, dim=1),
                "you took each step to be one wide. The whole width is one, so that areas of five and of fifty steps "
                "can be compared."),
        Mistake("divided by the number of points", lambda c: torch.trapezoid(c, dim=1) / c.shape[1],
                "you divided by the number of points. Between S + 1 points there are S steps."),
        Mistake("left sum", lambda c: c[:, :-1].mean(dim=1),
                "you left out the last point: each step counts as high as its left end. A falling curve gets too much. "
                "Take the mean of both ends."),
        Mistake("right sum", lambda c: c[:, 1:].mean(dim=1),
                "you left out the first point: each step counts as high as its right end. A curve that falls gets too "
                "little. Take the mean of both ends."),
        Mistake("one area for all", lambda c: faithfulness.area_under_curve(c).mean(),
                "you averaged over the curves. Each curve has an area of its own."),
        Mistake("along the other axis", lambda c: torch.trapezoid(c, dx=1 / max(len(c) - 1, 1), dim=0),
                "you integrated over the curves instead of along them: the points of a curve are on axis 1."),
    ),
    points=1,
    success="One number for one map. Never believe a single one of them: below is a table.",
)  # fmt: skip
