import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradients
from autograder.toys import normal, uniform
from lib import sparse_code


def _batch(n, shape, codes, l1, l2, dtype=torch.float32):
    return lambda g: (
        *uniform(g, 2, n, *shape, dtype=dtype).unbind(), normal(g, n, codes, dtype=dtype), l1, l2,
    )  # fmt: skip


def _by_hand(g):
    return torch.tensor([[[[1.0, 0]]]]), torch.tensor([[[[0.0, 0]]]]), torch.tensor([[3.0, -1, 0]]), 0.5, 0.25


def _error(images, reconstructions):
    return (reconstructions - images).square().flatten(1).mean(dim=1)


def _cost(h, l1, l2):
    return l1 * h.abs().flatten(1).sum(dim=1) + l2 * h.square().flatten(1).sum(dim=1)


EXERCISE = Exercise(
    sparse_code.sparse_loss,
    cases=(
        Case("two pixels and three numbers by hand", _by_hand, random=False),
        Case("L1 alone", _batch(3, (1, 4, 4), 6, 0.1, 0.0)),
        Case("L2 alone", _batch(3, (1, 4, 4), 6, 0.0, 0.1)),
        Case("both, wider than tall, and all gradients", _batch(4, (1, 3, 5), 10, 0.3, 0.05), observe=with_gradients),
        Case("colors, as many numbers as pixels", _batch(2, (3, 2, 2), 12, 0.02, 0.01)),
        Case("no price", _batch(2, (1, 3, 3), 4, 0.0, 0.0)),
        Case("double precision", _batch(2, (1, 2, 3), 5, 0.2, 0.3, torch.float64)),
    ),
    mistakes=(
        Mistake("the reconstruction pays", lambda x, y, h, l1, l2: _error(x, y) + _cost(y, l1, l2),
                "you charge for the reconstructions. That makes dark pictures, not sparse codes: it is the numbers "
                "of the code that cost."),
        Mistake("the error pays", lambda x, y, h, l1, l2: _error(x, y) + _cost(y - x, l1, l2),
                "you charge for the differences of the pixels, on top of their squares. The price is for the code."),
        Mistake("L1 without magnitudes",
                lambda x, y, h, l1, l2: _error(x, y) + l1 * h.sum(dim=1) + l2 * h.square().sum(dim=1),
                "negative numbers lower your price. Then the best code is as negative as it can be; it is the "
                "magnitude that costs."),
        Mistake("root of the squares",
                lambda x, y, h, l1, l2: _error(x, y) + l1 * h.abs().sum(dim=1) + l2 * h.norm(dim=1),
                "you took the length of the code, with its root. The second price is for the sum of the squares."),
        Mistake("mean over the code",
                lambda x, y, h, l1, l2: _error(x, y) + l1 * h.abs().mean(dim=1) + l2 * h.square().mean(dim=1),
                "you averaged over the numbers of the code. With a sum, a number costs the same however wide the "
                "code is."),
        Mistake("prices exchanged", lambda x, y, h, l1, l2: sparse_code.sparse_loss(x, y, h, l2, l1),
                "the two prices have changed places: l1 is for the magnitudes."),
        Mistake("pixels summed",
                lambda x, y, h, l1, l2: (y - x).square().flatten(1).sum(dim=1) + _cost(h, l1, l2),
                "you summed the error over the pixels. The mean is asked for; with the sum, the prices would mean "
                "something else at each size."),
        Mistake("price with the wrong sign", lambda x, y, h, l1, l2: _error(x, y) - _cost(h, l1, l2),
                "large codes make your loss smaller. A price is added."),
        Mistake("one price for the batch", lambda x, y, h, l1, l2: _error(x, y) + _cost(h, l1, l2).sum(),
                "every image pays for the codes of all. The sum runs over the numbers of one code."),
        Mistake("active numbers counted",
                lambda x, y, h, l1, l2: _error(x, y) + l1 * (h != 0).sum(dim=1) + l2 * h.square().sum(dim=1),
                "you count the numbers that are not zero. That is what one would like to make small, but a count has"
                " no slope; the sum of the magnitudes stands in for it."),
        Mistake("the price gives no gradient",
                lambda x, y, h, l1, l2: _error(x, y) + _cost(h.detach(), l1, l2),
                "the numbers are right, but the price is cut out of the graph: the codes pay, and nobody tells them "
                "what for."),
    ),
    points=2,
    success="Two prices: one makes zeros, the other makes everything small.",
)  # fmt: skip
