import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import pairwise_distances


def _vectors(n, m, d, dtype=torch.float32):
    return lambda g: (normal(g, n, d, dtype=dtype), normal(g, m, d, dtype=dtype))


def _by_hand(g):
    return torch.tensor([[0.0, 0.0], [3.0, 4.0]]), torch.tensor([[0.0, 0.0], [0.0, 4.0], [6.0, 8.0]])


def _with_themselves(g):
    points = 10 * normal(g, 9, 40)
    points[4:7] = points[1]
    return points, points.clone()


def _many(g):
    points = 3 * normal(g, 60, 30)
    return points, points.clone()


def _never_below_zero(inputs, answer):
    """The answer, and whether all of it is at least zero: rounding is smaller than the tolerance."""
    return {"answer": answer, "no value is below zero": bool((torch.as_tensor(answer) >= 0).all())}


def _turned(g):
    return normal(g, 6, 4).T, normal(g, 6, 5).T


def _root_of_the_formula(first, second):
    lengths = first.square().sum(dim=1)[:, None] + second.square().sum(dim=1)
    return (lengths - 2 * first @ second.T).clamp(min=0).sqrt()


def _differences(first, second):
    return first[:, None] - second


EXERCISE = Exercise(
    pairwise_distances.squared_distances,
    cases=(
        Case("points of a plane by hand", _by_hand, random=False),
        Case("5 and 7 vectors", _vectors(5, 7, 3)),
        Case("one dimension", _vectors(4, 6, 1)),
        Case("no vectors in the second set", _vectors(3, 0, 4)),
        Case("vectors and themselves, some of them equal, with the gradient", _with_themselves,
             observe=observe_results.with_gradient),
        Case("60 vectors and themselves, none below zero", _many, measure=_never_below_zero),
        Case("vectors that are not contiguous in memory", _turned),
        Case("double precision", _vectors(4, 3, 8, torch.float64)),
    ),
    mistakes=(
        Mistake("distance not squared", lambda a, b: _differences(a, b).norm(dim=2),
                "this is the distance, not its square. The losses of this notebook are made of squares, margin and "
                "all; take no root."),
        Mistake("cdist", torch.cdist,
                "this is the distance that `cdist` gives, with a root in it. Here the square stays a square all the "
                "way."),
        Mistake("root of the differences", lambda a, b: _differences(a, b).square().sum(dim=2).sqrt(),
                "you went one step too far: behind the sum of squares there is a root in yours. Nobody asked for it, "
                "and where two vectors are equal its gradient is NaN."),
        Mistake("root of the formula", _root_of_the_formula,
                "your table holds roots. What was asked stood there before the last step; besides, the slope of a root "
                "at zero is infinite, and a vector meets itself at zero."),
        Mistake("mean over the dimensions", lambda a, b: _differences(a, b).square().mean(dim=2),
                "you took the mean over the dimensions. The squared distance is the sum of D squares, however large D "
                "is."),
        Mistake("magnitudes", lambda a, b: _differences(a, b).abs().sum(dim=2),
                "you added magnitudes: that is the distance along the streets of a grid. Asked is the Euclidean one, "
                "squared."),
        Mistake("turned", lambda a, b: _differences(b, a).square().sum(dim=2),
                "rows and columns have changed roles. Element [i, j] belongs to row i of the first set and row j of "
                "the second."),
        Mistake("product with the wrong sign",
                lambda a, b: a.square().sum(1)[:, None] + b.square().sum(1) + 2 * a @ b.T,
                "the product of the two has the wrong sign: this is ‖a + b‖². Expand (a − b)² once more."),
        Mistake("product counted once",
                lambda a, b: (a.square().sum(1)[:, None] + b.square().sum(1) - a @ b.T).clamp(min=0),
                "the product of the two comes in once; in ‖a − b‖² it stands twice."),
        Mistake("a little below zero", lambda a, b: a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T,
                "right but for rounding: some values are a little below zero, and no square is. Whoever takes the root "
                "gets NaN there; cut off what is negative."),
        Mistake("lengths left out", lambda a, b: -2 * a @ b.T,
                "you left the lengths of the vectors out. That is right up to a constant only where all have the same "
                "length."),
        Mistake("pairs of equal rank only", lambda a, b: (a[: len(b)] - b[: len(a)]).square().sum(dim=1),
                "you compared row i with row i alone. Every row of the first set meets every row of the second: a "
                "table of N × M."),
    ),
    points=2,
    success="One product of matrices, and everyone's distance to everyone else is known.",
    tolerance=2e-4,
)  # fmt: skip
