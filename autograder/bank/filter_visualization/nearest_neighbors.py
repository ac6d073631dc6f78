import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import neighbors


def _features(n, d, k, dtype=torch.float32):
    """Vectors of very different lengths."""
    return lambda g: (normal(g, n, d, dtype=dtype) * torch.linspace(0.5, 3, n, dtype=dtype)[:, None], k)


def _by_hand(g):
    return torch.tensor([[0.0, 0.0], [1.0, 0.0], [3.0, 0.0], [3.0, 1.5]]), 2


def _two_equal(g):
    features = normal(g, 6, 4)
    features[4] = features[1]
    return features, 1


def _others(closeness):
    """The k others of largest closeness."""

    def wrong(features, k):
        close = closeness(features).clone()
        close.fill_diagonal_(-torch.inf)
        return close.topk(k).indices

    return wrong


def _itself_too(features, k):
    return torch.cdist(features, features).argsort(dim=1, stable=True)[:, :k]


def _first_column_dropped(features, k):
    distances = (features[:, None] - features).square().sum(dim=2)
    return distances.argsort(dim=1, stable=True)[:, 1 : k + 1]


def _distances(features, k):
    distances = torch.cdist(features, features)
    distances.fill_diagonal_(torch.inf)
    return distances.topk(k, largest=False).values


def _farthest_first(features, k):
    return neighbors.nearest_neighbors(features, k).flip(1)


EXERCISE = Exercise(
    neighbors.nearest_neighbors,
    cases=(
        Case("four points by hand", _by_hand, random=False),
        Case("three neighbors of twelve", _features(12, 5, 3)),
        Case("one neighbor each of forty", _features(40, 8, 1)),
        Case("two equal rows", _two_equal),
        Case("all the others", _features(5, 3, 4)),
        Case("double precision", _features(9, 4, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("itself among the neighbors", _itself_too,
                "every row's nearest neighbor is the row itself, at distance 0. True, and of no use: leave it out."),
        Mistake("first column dropped", _first_column_dropped,
                "right, except where two rows are equal: you dropped whatever came first, and that was sometimes the "
                "twin instead of the row itself. Leave the row out by its number, not by its rank."),
        Mistake("cosine similarity", _others(lambda f: F.normalize(f, dim=1) @ F.normalize(f, dim=1).T),
                "you compared directions only. Cosine similarity is a common choice too, but the paper's distance is "
                "Euclidean, in which the length counts as well."),
        Mistake("dot product", _others(lambda f: f @ f.T),
                "you ranked by the dot product. A long vector has a large product with nearly everything and would be "
                "everyone's neighbor. Rank by distance."),
        Mistake("sum of absolute differences", _others(lambda f: -torch.cdist(f, f, p=1)),
                "you added up absolute differences. The Euclidean distance squares them first."),
        Mistake("farthest", _others(lambda f: torch.cdist(f, f)),
                "these are the rows farthest away. Sorting the other way round gives the nearest."),
        Mistake("distances returned", _distances,
                "these are the distances. Return the numbers of the rows, so that one can look at them."),
        Mistake("nearest last", _farthest_first,
                "the right neighbors in the reverse order: the nearest comes first."),
    ),
    points=1,
    success="No label was used: what counts as alike is what the network learned to describe alike.",
)  # fmt: skip
