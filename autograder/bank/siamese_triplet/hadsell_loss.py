import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import contrastive


def _pairs(count, d, margin, dtype=torch.float32, scale=1.0):
    def inputs(g):
        same = whole(g, 0, 1, count).bool()
        same[:2] = torch.tensor([True, False])[: min(2, count)]
        return scale * normal(g, count, d, dtype=dtype), scale * normal(g, count, d, dtype=dtype), same, margin

    return inputs


def _by_hand(g):
    first = torch.zeros(4, 2)
    second = torch.tensor([[0.3, 0.4], [0.3, 0.4], [3.0, 4.0], [0.0, 0.0]])
    return first, second, torch.tensor([True, False, False, False]), 2.0


def _coinciding(g):
    first = normal(g, 6, 3) / 3
    second = normal(g, 6, 3) / 3
    second[::2] = first[::2]
    return first, second, torch.tensor([True, True, True, False, False, False]), 1.5


def _like(pull, push):
    """The wrong answer made of d² and the margin; its slope at zero is finite."""

    def wrong(first, second, same, margin):
        squared = (first - second).square().sum(dim=1)
        return torch.where(same, pull(squared), push(squared, squared.clamp(min=1e-12).sqrt(), margin))

    return wrong


def _itself(squared):
    return squared


def _bare_root(first, second, same, margin):
    squared = (first - second).square().sum(dim=1)
    return torch.where(same, squared, (margin - squared.sqrt()).relu().square())


def _root_of_the_others(first, second, same, margin):
    squared = (first - second).square().sum(dim=1)
    loss = squared.clone()
    loss[~same] = (margin - squared[~same].sqrt()).relu().square()
    return loss


def _pairwise_distance(first, second, same, margin):
    distance = F.pairwise_distance(first, second)
    return torch.where(same, distance.square(), (margin - distance).relu().square())


def _floored(floor):
    def wrong(first, second, same, margin):
        squared = (first - second).square().sum(dim=1)
        distance = squared.clamp(min=floor).sqrt()
        return torch.where(same, squared, (margin - distance).relu().square())

    return wrong


EXERCISE = Exercise(
    contrastive.hadsell_loss,
    cases=(
        Case("four pairs by hand", _by_hand, random=False),
        Case("eight pairs, with the gradient", _pairs(8, 3, 2.0), observe=observe_results.with_gradient),
        Case("one pair", _pairs(1, 5, 1.0)),
        Case("a small margin", _pairs(12, 4, 0.7, scale=0.3)),
        Case("pairs that coincide, with the gradient", _coinciding, observe=observe_results.with_gradient),
        Case("double precision", _pairs(6, 2, 1.3, torch.float64)),
    ),
    mistakes=(
        Mistake("root of zero", _bare_root,
                "the values are right; the gradient is NaN where a pair coincides. The root has an infinite slope at "
                "zero, and `where` does not stop infinity times zero on the way back: the root must never see a zero."),
        Mistake("root of zero among the others", _root_of_the_others,
                "no root is taken for pairs of one class, and their gradient is right. But two of different classes "
                "can coincide as well, and there it is NaN still."),
        Mistake("pairwise_distance", _pairwise_distance,
                "the values are right, but two of different classes that coincide are pushed apart, where the gradient "
                "should be zero. In effect a tiny number is added to each difference, as `pairwise_distance` does, and "
                "so the root has a slope there."),
        Mistake("a floor of a millionth", _floored(1e-6),
                "for yours, two that coincide are at distance 0.001: the floor is too high. It is a floor of the "
                "square, and the distance is the root of it."),
        Mistake("a floor of a ten-thousandth", _floored(1e-4),
                "your floor is far too high: in your loss no two are nearer than 0.01. Squares of distances are much "
                "smaller than distances; so must the floor be."),
        Mistake("squares under the margin", _like(_itself, lambda s, d, m: (m**2 - s).relu()),
                "this is the loss of the exercise before. In the original the distance is subtracted from the margin "
                "first, and the rest is squared."),
        Mistake("distance taken for the square", _like(_itself, lambda s, d, m: (m - s).relu().square()),
                "you subtract the squared distance from the margin. The margin is a distance: take the root first."),
        Mistake("rest not squared", _like(_itself, lambda s, d, m: (m - d).relu()),
                "the part of the margin that is left has to be squared. Without that the push is as strong just before "
                "the margin as at zero."),
        Mistake("squared before it is cut off", _like(_itself, lambda s, d, m: (m - d).square()),
                "beyond the margin the loss rises again: a square is never negative, so cutting off comes too late. "
                "First the maximum with zero, then the square."),
        Mistake("one class by its distance", _like(lambda s: s.clamp(min=1e-12).sqrt(),
                                                   lambda s, d, m: (m - d).relu().square()),
                "pairs of one class cost their distance; asked is its square, as before."),
        Mistake("half of it", lambda *inputs: contrastive.hadsell_loss(*inputs) / 2,
                "everything is half of what is asked. That is the paper's own factor; leave it out, so that the two "
                "losses can be compared."),
    ),
    points=2,
    success="Equal at the ends, different in between; the plot shows who pushes when.",
    tolerance=1e-3,
)  # fmt: skip
