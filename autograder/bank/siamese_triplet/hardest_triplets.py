import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import mining


def _batch(labels, dtype=torch.float32):
    """Squared distances of points, not of a table that no points have."""

    def inputs(g):
        points = normal(g, len(labels), 3, dtype=dtype)
        return (points[:, None] - points).square().sum(dim=2), torch.tensor(labels)

    return inputs


def _by_hand(g):
    places = torch.tensor([0.0, 1.0, 4.0, 2.0, 6.0])
    return (places[:, None] - places).square(), torch.tensor([0, 0, 0, 1, 1])


def _coinciding(g):
    """The only positive at distance zero, and not the first of the batch."""
    places = torch.tensor([0.0, 2.5, 10.0, 1.0, 10.0, 4.0])
    return (places[:, None] - places).square(), torch.tensor([0, 2, 1, 0, 1, 2])


def _parts(squared, labels):
    same = labels[:, None] == labels
    positive = same & ~torch.eye(len(labels), dtype=torch.bool)
    return same, positive, (positive.any(dim=1) & ~same.all(dim=1)).nonzero()[:, 0]


def _with(positive_of, negative_of):
    def wrong(squared, labels):
        same, positive, anchors = _parts(squared, labels)
        chosen = positive_of(squared, positive), negative_of(squared, same)
        return torch.stack([anchors, chosen[0][anchors], chosen[1][anchors]], dim=1)

    return wrong


def _farthest(squared, positive):
    return squared.masked_fill(~positive, -torch.inf).argmax(dim=1)


def _nearest(squared, same):
    return squared.masked_fill(same, torch.inf).argmin(dim=1)


def _every_row(squared, labels):
    same, positive, _ = _parts(squared, labels)
    return torch.stack([torch.arange(len(labels)), _farthest(squared, positive), _nearest(squared, same)], dim=1)


def _filtered(by, positive_is):
    """Triplets of the anchors that `by` leaves, with the farthest of those whom `positive_is` takes for positives."""

    def wrong(squared, labels):
        same, positive, _ = _parts(squared, labels)
        anchors = by(same, positive).nonzero()[:, 0]
        chosen = _farthest(squared, positive_is(same, positive)), _nearest(squared, same)
        return torch.stack([anchors, chosen[0][anchors], chosen[1][anchors]], dim=1)

    return wrong


def _has_negatives(same, positive):
    return ~same.all(dim=1)


def _any_other(squared, labels):
    same, _, anchors = _parts(squared, labels)
    others = squared.clone().fill_diagonal_(torch.inf).argmin(dim=1)
    return torch.stack([anchors, _farthest(squared, same)[anchors], others[anchors]], dim=1)


def _of_the_batch(squared, labels):
    found = mining.hardest_triplets(squared, labels)
    cost = squared[found[:, 0], found[:, 1]] - squared[found[:, 0], found[:, 2]]
    return found[cost.argmax()][None]


EXERCISE = Exercise(
    mining.hardest_triplets,
    cases=(
        Case("five points on a line by hand", _by_hand, random=False),
        Case("3 classes, 3 samples each", _batch([0, 0, 0, 1, 1, 1, 2, 2, 2])),
        Case("labels in no order, not from zero", _batch([7, 3, 7, 3, 9, 9, 7, 3])),
        Case("a class with one sample", _batch([1, 1, 0, 2, 2, 2])),
        Case("two of one class that coincide, by hand", _coinciding, random=False),
        Case("one class only", _batch([4, 4, 4])),
        Case("double precision", _batch([1, 0, 1, 0, 1], torch.float64)),
    ),
    mistakes=(
        Mistake("nearest positive", _with(lambda s, p: s.masked_fill(~p, torch.inf).argmin(dim=1), _nearest),
                "you took the nearest positive. That one is in place already; the hardest is the farthest."),
        Mistake("farthest negative", _with(_farthest, lambda s, same: s.masked_fill(same, -torch.inf).argmax(dim=1)),
                "you took the farthest negative. It costs nothing; the hardest is the nearest of another class."),
        Mistake("the two exchanged", lambda s, labels: mining.hardest_triplets(s, labels)[:, [0, 2, 1]],
                "the columns are in another order. A row is anchor, positive, negative."),
        Mistake("anchors without company too", _every_row,
                "a row for every sample, also where its class has no other sample or the batch no other class. Then "
                "the index that you return means nothing: leave such anchors out."),
        Mistake("any other as the negative", _any_other,
                "your negatives are the nearest of all others, of whatever class. Mask the anchor's own class first."),
        Mistake("masked by zeros", _with(_farthest, lambda s, same: (s * ~same).argmin(dim=1)),
                "you mask by multiplying, so the anchor's own class is at distance zero, and zero is the nearest of "
                "all. Whoever must not be found nearest has to be far."),
        Mistake("positives masked by zeros", _with(lambda s, p: (s * p).argmax(dim=1), _nearest),
                "in effect whoever is no positive stands at distance zero. Where the only positive is there too, "
                "another may win: what must not be found has to be below every distance."),
        Mistake("the anchor among its positives", _filtered(_has_negatives, lambda same, positive: same),
                "in effect an anchor counts as its own positive. Alone in its class it finds itself, and where another "
                "coincides with it too."),
        Mistake("anchors without a positive kept", _filtered(_has_negatives, lambda same, positive: positive),
                "you leave out anchors that meet no other class, and keep those that are alone in theirs. They have no "
                "positive, and the maximum over nothing is the index of somebody."),
        Mistake("anchors without a negative kept", _filtered(lambda same, positive: positive.any(dim=1),
                                                             lambda same, positive: positive),
                "you leave out anchors that are alone in their class, and keep those that meet no other class. A batch "
                "of one class has no triplets."),
        Mistake("distances where indices are asked",
                lambda s, labels: torch.stack([s.masked_fill(~_parts(s, labels)[1], -torch.inf).amax(dim=1),
                                               s.masked_fill(_parts(s, labels)[0], torch.inf).amin(dim=1)], dim=1),
                "these are distances. Asked is who they belong to: indices of anchor, positive and negative."),
        Mistake("hardest of the batch", _of_the_batch,
                "you return the one hardest triplet of the whole batch. Each anchor has its own."),
    ),
    points=2,
    success="The hardest of 96 samples are often mislabeled, or cannot be told apart. That is the trouble with them.",
)  # fmt: skip
