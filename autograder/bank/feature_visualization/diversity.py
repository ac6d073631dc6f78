import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import objectives


def _maps(n, channels, height, width, dtype=torch.float32):
    return lambda g: (normal(g, n, channels, height, width, dtype=dtype),)


def _by_hand(g):
    return (torch.tensor([[[[1.0, 1.0]], [[0.0, 0.0]]], [[[2.0, 0.0]], [[2.0, 0.0]]]]),)


def _grams(maps):
    return torch.einsum("nihw,njhw->nij", maps, maps).flatten(1)


def _rows_normalized(maps):
    return F.normalize(_grams(maps).view(len(maps), maps.shape[1], -1), dim=1).flatten(1)


def _of_positions(maps):
    flat = maps.flatten(2)
    return torch.einsum("ncp,ncq->npq", flat, flat).flatten(1)


def _minus_cosines(vectors, normalize=True, own=False, once=False, mean=False, sign=-1):
    """Minus the sum of cosines, with one of its parts replaced."""

    def wrong(maps):
        found = vectors(maps)
        found = F.normalize(found, dim=1) if normalize else found
        cosines = found @ found.T
        total = cosines.sum() if own else cosines.sum() - cosines.trace()
        total = total / 2 if once else total
        total = total / (len(maps) * (len(maps) - 1)) if mean else total
        return sign * total

    return wrong


def _distances(maps):
    grams = F.normalize(_grams(maps), dim=1)
    return (grams[:, None] - grams[None]).square().sum()


EXERCISE = Exercise(
    objectives.diversity,
    cases=(
        Case("two images by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("two images", _maps(2, 4, 3, 3), observe=observe_results.with_gradient),
        Case("four images", _maps(4, 3, 4, 5), observe=observe_results.with_gradient),
        Case("three images, wider than tall, double precision", _maps(3, 5, 2, 6, torch.double)),
    ),
    mistakes=(
        Mistake("similarity", _minus_cosines(_grams, sign=1),
                "you return how much the images are alike. Climbing that makes them all the same; diversity is its "
                "negative."),
        Mistake("each image with itself", _minus_cosines(_grams, own=True),
                "you compared each image with itself as well. That cosine is 1 whatever you do, a constant that only "
                "hides how small the rest is."),
        Mistake("not normalized", _minus_cosines(_grams, normalize=False),
                "you multiplied the Gram matrices without giving them the length one. The cheapest way to be "
                "different is then to be faint."),
        Mistake("columns given the length one", _minus_cosines(_rows_normalized, normalize=False),
                "you gave each column of a Gram matrix the length one. It is the matrix as a whole, flattened, that is "
                "compared: one length for all of it."),
        Mistake("Gram matrix of positions", _minus_cosines(_of_positions),
                "your Gram matrices are of positions by positions, so that moving a pattern by a pixel counts as "
                "variety. They should say which channels occur together, wherever."),
        Mistake("maps compared directly", _minus_cosines(lambda maps: maps.flatten(1)),
                "you compared the maps themselves. The same picture, moved a little, would count as another one; the "
                "Gram matrix forgets where."),
        Mistake("mean activations compared", _minus_cosines(lambda maps: maps.mean(dim=(2, 3))),
                "you compared how strong each channel is on average. The Gram matrix also knows which channels are "
                "strong *together*."),
        Mistake("each pair once", _minus_cosines(_grams, once=True),
                "right up to a factor of one half: you took each pair once. The formula sums over both orders."),
        Mistake("mean over pairs", _minus_cosines(_grams, mean=True),
                "right up to a factor: you took the mean over the pairs. The formula is a sum."),
        Mistake("squared distances", _distances,
                "you added up squared distances. They grow as the cosines fall, but the values, and the gradient's "
                "size, are not those of the formula."),
    ),
    points=2,
    success="Four pictures that all say yes, and try not to say it in the same way.",
)  # fmt: skip
