import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import grad_cam


def _weights(count, k, scale=1.0, shift=0.0):
    return lambda g: (normal(g, count) * scale + shift, k)


def _by_size(weights, k):
    order = weights.abs().argsort(descending=True)
    positive, negative = weights[order] > 0, weights[order] < 0
    return order[positive][:k], order[negative][:k]


EXERCISE = Exercise(
    grad_cam.important_channels,
    cases=(
        Case("five channels by hand", lambda g: (torch.tensor([0.5, -2.0, 3.0, 0.0, -1.0]), 2), random=False),
        Case("the strongest of 12", _weights(12, 1)),
        Case("five of 40", _weights(40, 5)),
        Case("all positive", lambda g: (uniform(g, 9) + 0.1, 3)),
        Case("all of 6", _weights(6, 6)),
    ),
    mistakes=(
        Mistake("by size", lambda w, k: (w.abs().topk(k).indices, (-w.abs()).topk(k).indices),
                "you sorted by size without sign. A strongly negative channel is the strongest voice against the "
                "class, not one for it."),
        Mistake("order turned round", lambda w, k: (w.topk(k).indices, w.argsort(descending=True)[-k:]),
                "the right channels, but those against the class come in the wrong order: the most negative first."),
        Mistake("ascending", lambda w, k: (w.argsort()[:k], w.argsort(descending=True)[:k]),
                "for and against have changed places: argsort starts with the smallest unless told otherwise."),
        Mistake("values, not numbers", lambda w, k: (w.topk(k).values, (-w).topk(k).values.neg()),
                "these are the weights themselves. Return the numbers of the channels, their indices, so that one "
                "can go and look at them."),
        Mistake("only negative ones against", _by_size,
                "where fewer than k weights are negative you return fewer than k. Return k in any case; the weakest "
                "friend is the nearest thing to an opponent."),
    ),
    points=1,
    success="A channel's number says little yet. Below you will see what makes each of these channels light up.",
)  # fmt: skip
