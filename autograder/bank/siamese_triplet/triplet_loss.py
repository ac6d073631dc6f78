import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import triplet


def _triplets(count, d, margin, dtype=torch.float32, scale=1.0):
    def inputs(g):
        return *(scale * normal(g, count, d, dtype=dtype) for _ in range(3)), margin

    return inputs


def _by_hand(g):
    anchors = torch.zeros(3, 2)
    positives = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]])
    negatives = torch.tensor([[0.0, 2.0], [1.5, 0.0], [1.0, 0.0]])
    return anchors, positives, negatives, 0.5


def _coinciding(g):
    anchors, positives, negatives = (normal(g, 5, 3) for _ in range(3))
    positives[0] = negatives[1] = anchors[0]
    anchors[1] = anchors[2] = positives[2] = negatives[2] = anchors[0]
    return anchors, positives, negatives, 0.3


def _unsquared(anchors, positives, negatives, margin):
    near, far = ((anchors - other).square().sum(dim=1).clamp(min=1e-12).sqrt() for other in (positives, negatives))
    return (near - far + margin).relu()


def _bare_root(anchors, positives, negatives, margin):
    near, far = ((anchors - other).square().sum(dim=1).sqrt() for other in (positives, negatives))
    return (near - far + margin).relu()


def _from_torch(anchors, positives, negatives, margin):
    return F.triplet_margin_loss(anchors, positives, negatives, margin=margin, reduction="none")


def _mean_of_dimensions(anchors, positives, negatives, margin):
    near, far = ((anchors - other).square().mean(dim=1) for other in (positives, negatives))
    return (near - far + margin).relu()


def _tables(anchors, positives, negatives, margin):
    near, far = ((anchors[:, None] - other).square().sum(dim=2) for other in (positives, negatives))
    return (near - far + margin).relu()


def _made_of(combine):
    """The wrong answer made of the squared distances and the margin."""

    def wrong(anchors, positives, negatives, margin):
        near = (anchors - positives).square().sum(dim=1)
        far = (anchors - negatives).square().sum(dim=1)
        return combine(near, far, margin)

    return wrong


def _by_root(anchors, positives, negatives, margin):
    near, far = ((anchors - other).square().sum(dim=1).sqrt() ** 2 for other in (positives, negatives))
    return (near - far + margin).relu()


EXERCISE = Exercise(
    triplet.triplet_loss,
    cases=(
        Case("three triplets by hand", _by_hand, random=False),
        Case("eight triplets, with the gradient", _triplets(8, 3, 1.0), observe=observe_results.with_gradient),
        Case("no triplets", _triplets(0, 4, 0.2), random=False),
        Case("near each other", _triplets(9, 5, 0.2, scale=0.1)),
        Case("some that coincide, with the gradient", _coinciding, observe=observe_results.with_gradient),
        Case("double precision", _triplets(4, 6, 0.5, torch.float64)),
    ),
    mistakes=(
        Mistake("triplet of unsquared distances", _unsquared,
                "you subtract distances; FaceNet subtracts their squares. Both can be trained, but the margin then "
                "means something else."),
        Mistake("triplet_margin_loss", _from_torch,
                "this is the loss as `triplet_margin_loss` has it: distances with a root, and a tiny number added. "
                "FaceNet's, which is asked, is made of squares."),
        Mistake("bare roots", _bare_root,
                "two things come of the roots: the margin is compared with distances, while it is meant for squares; "
                "and where two coincide the gradient is NaN."),
        Mistake("mean of the dimensions", _mean_of_dimensions,
                "you average the squares over the dimensions, so the margin is D times as large in comparison. Sum "
                "them."),
        Mistake("a table of all triplets", _tables,
                "you compare every anchor with everyone's positive and negative, a table of T × T. Row i of the three "
                "belongs together: one number for each row."),
        Mistake("positive and negative exchanged", _made_of(lambda near, far, m: (far - near + m).relu()),
                "positive and negative have changed roles: your loss wants the negative to be near."),
        Mistake("margin subtracted", _made_of(lambda near, far, m: (near - far - m).relu()),
                "the margin has the wrong sign. The negative must be farther by m, so a triplet that is only just in "
                "order still costs something."),
        Mistake("margin squared as before", _made_of(lambda near, far, m: (near - far + m**2).relu()),
                "you squared the margin, as in the loss of pairs. There it was a distance; here it is given in units "
                "of squared distance."),
        Mistake("not cut off at zero", _made_of(lambda near, far, m: near - far + m),
                "triplets in good order get a negative loss, and those far away would pay for the wrong ones. Below "
                "zero it is zero."),
        Mistake("margin outside", _made_of(lambda near, far, m: (near - far).relu() + m),
                "you add the margin after cutting off at zero. Then it is a constant and changes nothing."),
        Mistake("mean of the triplets", lambda *inputs: triplet.triplet_loss(*inputs).mean(),
                "you took the mean over the triplets. One loss for each, please: some ways of mining average over "
                "part of them only."),
        Mistake("from the positive", lambda a, p, n, m: triplet.triplet_loss(p, a, n, m),
                "the negative is compared with the positive. Both distances start from the anchor."),
        Mistake("root, then square", _by_root,
                "the values are right, but a root was taken and squared again. Where anchor and positive coincide, "
                "the way back goes through its infinite slope and gives NaN."),
    ),
    points=2,
    success="Collapse has a number: if all embeddings are one point, every triplet costs exactly the margin.",
)  # fmt: skip
