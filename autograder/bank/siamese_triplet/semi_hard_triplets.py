import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import mining


def _batch(labels, margin, dtype=torch.float32):
    def inputs(g):
        points = normal(g, len(labels), 3, dtype=dtype)
        return (points[:, None] - points).square().sum(dim=2), torch.tensor(labels), margin

    return inputs


def _by_hand(g):
    places = torch.tensor([0.0, 1.0, 1.5, -2.0, 0.5])
    return (places[:, None] - places).square(), torch.tensor([0, 0, 1, 1, 1]), 2.5


def _at_both_ends(g):
    places = torch.tensor([0.0, 2, -2, 3])
    return (places[:, None] - places).square(), torch.tensor([0, 0, 1, 1]), 5.0


def _mined(useful, order=lambda far: far, directed=lambda a, p: a >= 0, rows=None):
    """Triplets whose negatives are `useful(near, far, margin)`, the smallest by `order`."""

    def wrong(squared, labels, margin):
        same = labels[:, None] == labels
        a, p = (same & ~torch.eye(len(labels), dtype=torch.bool)).nonzero(as_tuple=True)
        chosen = directed(a, p)
        a, p = a[chosen], p[chosen]
        near, far = squared[a, p][:, None], squared[a]
        fit = ~same[a] & useful(near, far, margin)
        if rows:
            return rows(a, p, fit)
        negatives = order(far).masked_fill(~fit, torch.inf).argmin(dim=1)
        return torch.stack([a, p, negatives], dim=1)[fit.any(dim=1)]

    return wrong


def _semi(near, far, margin):
    return (far > near) & (far < near + margin)


def _all_of_them(a, p, fit):
    pair, negative = fit.nonzero(as_tuple=True)
    return torch.stack([a[pair], p[pair], negative], dim=1)


def _unfiltered(squared, labels, margin):
    same = labels[:, None] == labels
    a, p = (same & ~torch.eye(len(labels), dtype=torch.bool)).nonzero(as_tuple=True)
    fit = ~same[a] & _semi(squared[a, p][:, None], squared[a], margin)
    return torch.stack([a, p, squared[a].masked_fill(~fit, torch.inf).argmin(dim=1)], dim=1)


def _nearest_then_tested(squared, labels, margin):
    same = labels[:, None] == labels
    a, p = (same & ~torch.eye(len(labels), dtype=torch.bool)).nonzero(as_tuple=True)
    n = squared.masked_fill(same, torch.inf).argmin(dim=1)[a]
    fit = ~same[a, n] & _semi(squared[a, p], squared[a, n], margin)
    return torch.stack([a, p, n], dim=1)[fit]


def _of_any_class(squared, labels, margin):
    same = labels[:, None] == labels
    a, p = (same & ~torch.eye(len(labels), dtype=torch.bool)).nonzero(as_tuple=True)
    fit = _semi(squared[a, p][:, None], squared[a], margin)
    return torch.stack([a, p, squared[a].masked_fill(~fit, torch.inf).argmin(dim=1)], dim=1)[fit.any(dim=1)]


def _first_of_them(a, p, fit):
    return torch.stack([a, p, fit.int().argmax(dim=1)], dim=1)[fit.any(dim=1)]


def _with_itself(squared, labels, margin):
    same = labels[:, None] == labels
    a, p = same.nonzero(as_tuple=True)
    near, far = squared[a, p][:, None], squared[a]
    fit = ~same[a] & _semi(near, far, margin)
    return torch.stack([a, p, far.masked_fill(~fit, torch.inf).argmin(dim=1)], dim=1)[fit.any(dim=1)]


EXERCISE = Exercise(
    mining.semi_hard_triplets,
    cases=(
        Case("five points on a line by hand", _by_hand, random=False),
        Case("3 classes, 3 samples each", _batch([0, 0, 0, 1, 1, 1, 2, 2, 2], 2.0)),
        Case("labels in no order, not from zero", _batch([7, 3, 7, 3, 9, 9, 7, 3], 1.5)),
        Case("a class with one sample", _batch([0, 1, 1, 2, 2, 2], 3.0)),
        Case("negatives exactly at both ends, by hand", _at_both_ends, random=False),
        Case("a margin so small that there are none", _batch([0, 0, 1, 1], 1e-6)),
        Case("one class only, no negatives", _batch([2, 2, 2], 1.0)),
        Case("double precision", _batch([1, 0, 1, 0, 1, 2, 2], 2.0, torch.float64)),
    ),
    mistakes=(
        Mistake("hard ones too", _mined(lambda near, far, m: far < near + m),
                "negatives nearer than the positive are among yours. Those are hard, not semi-hard: for them the "
                "condition has a lower end as well."),
        Mistake("hard in place of semi-hard", _mined(lambda near, far, m: far < near),
                "yours are the hard ones, nearer than the positive. Semi-hard begins where hard ends."),
        Mistake("pairs without a negative kept", _unfiltered,
                "every pair has a row, also where no negative qualifies. The smallest of nothing is somebody's index "
                "all the same: leave such pairs out."),
        Mistake("nearest of all, then tested", _nearest_then_tested,
                "in effect you take an anchor's nearest negative and then ask whether it is semi-hard. If that one is "
                "too near, another behind it may qualify: first the condition, then the nearest."),
        Mistake("semi-hard of any class", _of_any_class,
                "some of your negatives are of the anchor's own class. To lie between the two ends is not enough; a "
                "negative is of another class."),
        Mistake("the first that qualifies", _mined(_semi, rows=_first_of_them),
                "of those that qualify you take the first of the batch. Their order says nothing; asked is the "
                "nearest."),
        Mistake("no upper end", _mined(lambda near, far, m: far > near),
                "negatives beyond the margin are among yours. They cost nothing; a pair that has only such is left "
                "out."),
        Mistake("the lower end included", _mined(lambda near, far, m: (far >= near) & (far < near + m)),
                "a negative exactly as far away as the positive is among yours. Semi-hard ones are farther."),
        Mistake("the upper end included", _mined(lambda near, far, m: (far > near) & (far <= near + m)),
                "a negative exactly at the end of the margin is among yours. It costs nothing any more."),
        Mistake("farthest within the margin", _mined(_semi, order=lambda far: -far),
                "of the semi-hard negatives you took the farthest, the easiest one. Asked is the nearest."),
        Mistake("each pair once", _mined(_semi, directed=lambda a, p: a < p),
                "each pair comes once. As anchors the two look at different negatives: a pair counts in both "
                "directions."),
        Mistake("all semi-hard ones", _mined(_semi, rows=_all_of_them),
                "you return every semi-hard negative. For each pair one is enough, the nearest."),
        Mistake("the anchor as its own positive", _with_itself,
                "an anchor is its own positive in some of your triplets, at distance zero. The diagonal is no pair."),
        Mistake("margin on distances, not squares",
                _mined(lambda near, far, m: (far > near) & (far.sqrt() < near.sqrt() + m)),
                "you compare roots with the margin. It is in units of squared distance, like the table."),
    ),
    points=3,
    success="Wrong enough to teach, not so wrong as to mislead.",
)  # fmt: skip
