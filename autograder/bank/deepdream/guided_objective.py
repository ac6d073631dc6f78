import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import guided_dream


def _by_hand(g):
    """Two channels. The dream has three positions; the guide has two: (1, 0) and (0, 2)."""
    activations = torch.tensor([[3.0, 1, 1], [1, 1, 0]]).view(1, 2, 1, 3)
    return activations, torch.tensor([[1.0, 0], [0, 2]]).view(1, 2, 1, 2)


def _random(channels, size, guide_size, dtype=torch.float32):
    return lambda g: (normal(g, 1, channels, *size, dtype=dtype), normal(g, 1, channels, *guide_size, dtype=dtype))


def _products(activations, guide):
    return torch.einsum("cp,cq->pq", activations[0].flatten(1), guide[0].flatten(1))


def _nearest(activations, guide):
    own, other = activations[0].flatten(1).T, guide[0].flatten(1).T
    nearest = torch.cdist(own, other).argmin(dim=1)
    return (own * other[nearest]).sum()


def _cosines(activations, guide):
    return guided_dream.guided_objective(F.normalize(activations, dim=1), F.normalize(guide, dim=1))


EXERCISE = Exercise(
    guided_dream.guided_objective,
    cases=(
        Case("three positions by hand", _by_hand, random=False),
        Case("five channels, and the gradient", _random(5, (3, 4), (4, 4)), observe=observe_results.with_gradient),
        Case("a smaller guide, and the gradient", _random(4, (5, 3), (2, 3)), observe=observe_results.with_gradient),
        Case("a larger guide", _random(6, (2, 3), (5, 7)), observe=observe_results.with_gradient),
        Case("a guide of one position", _random(3, (4, 4), (1, 1)), observe=observe_results.with_gradient),
        Case("double precision", _random(4, (3, 5), (4, 2), torch.float64), observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("every pair", lambda a, g: _products(a, g).sum(),
                "you added up all pairs. That is the product with the sum of the guide's features, the same wish for "
                "every position. Each position is to find its own best match."),
        Mistake("best position for each feature of the guide", lambda a, g: _products(a, g).amax(dim=0).sum(),
                "you looked for the best place in the dream for each feature of the guide. It is the other way round: "
                "each position of the dream chooses from the guide, and a feature may be chosen often or never."),
        Mistake("the one best pair", lambda a, g: _products(a, g).amax(),
                "you kept one pair, the best of all. Then the gradient is zero everywhere but at one position."),
        Mistake("mean of the positions", lambda a, g: _products(a, g).amax(dim=1).mean(),
                "you averaged over the positions. Asked is the sum, so that the gradient at a position is the feature "
                "that it chose."),
        Mistake("mean over the guide", lambda a, g: _products(a, g).mean(dim=1).sum(),
                "you averaged over the guide. An average of eyes and petals is neither; take the best match."),
        Mistake("nearest in distance", _nearest,
                "you chose the nearest feature by distance. Here the match is the largest dot product, which also "
                "prefers what is strong in the guide."),
        Mistake("cosine", _cosines,
                "you normalized the features. Their length counts: what responds strongly in the guide shall pull more "
                "strongly."),
        Mistake("squared", lambda a, g: 0.5 * _products(a, g).amax(dim=1).square().sum(),
                "you squared the matches. Here the dot product itself is climbed, so that its gradient is a feature of "
                "the guide."),
        Mistake("detached", lambda a, g: guided_dream.guided_objective(a.detach(), g),
                "the value is right, but the activations were taken out of their graph, so there is nothing to climb. "
                "Only the guide is a constant."),
    ),
    points=2,
    success="Now you can tell a dream what to be about, by showing it.",
)  # fmt: skip
