import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import gram_matrix


def _features(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


def _by_hand(g):
    return (torch.tensor([[[[1.0, 2.0]], [[0.0, 3.0]]]]),)


def _stacked(features):
    images, channels, height, width = features.shape
    flat = features.reshape(images * channels, height * width)
    return flat @ flat.T


def _over_channels(features):
    flat = features.flatten(2)
    return flat.transpose(1, 2) @ flat


def _viewed(features):
    images, channels, height, width = features.shape
    flat = features.reshape(images, height * width, channels)
    return flat.transpose(1, 2) @ flat


def _centered(features):
    return gram_matrix.gram_matrix(features - features.mean(dim=(2, 3), keepdim=True))


def _divided(count):
    """The wrong answer that divides by `count(features)`."""
    return lambda features: gram_matrix.gram_matrix(features) / count(features)


def _product(pooled):
    """The wrong answer that multiplies one number for each channel, `pooled(flat)` of shape (N, C, 1)."""

    def wrong(features):
        vectors = pooled(features.flatten(2))
        return vectors @ vectors.transpose(1, 2)

    return wrong


EXERCISE = Exercise(
    gram_matrix.gram_matrix,
    cases=(
        Case("two channels by hand", _by_hand, random=False),
        Case("one image, and its gradient", _features(1, 4, 3, 3), observe=with_gradient),
        Case("a batch of 3, wider than tall", _features(3, 5, 2, 7)),
        Case("a batch of 2, taller than wide", _features(2, 3, 6, 4)),
        Case("one position", _features(2, 4, 1, 1)),
        Case("channels last in memory", lambda g: (normal(g, 2, 4, 3, 5).permute(0, 3, 1, 2),)),
        Case("double precision", _features(1, 3, 4, 4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("images mixed into the channels", _stacked,
                "with a batch, images have become channels: your matrix has a row for each channel of each image. "
                "What happens in one image must not be multiplied with what happens in another. Keep N an axis of its "
                "own."),
        Mistake("axes confused by a view", _viewed,
                "you brought the maps into the shape (N, H · W, C) by a view. That does not swap axes: it reads the "
                "same numbers in the same order, and cuts them elsewhere. Flatten first, then transpose."),
        Mistake("normalized", _divided(lambda f: f[0].numel()),
                "you divided by C · H · W. Gatys's G is a plain sum; the constants come once, in the loss of a "
                "layer, two exercises from here. Divide here as well and everything is divided twice."),
        Mistake("averaged over positions", _divided(lambda f: f[0, 0].numel()),
                "you took the mean over the positions. Here it is the sum: the number of positions comes in with the "
                "constants of the loss."),
        Mistake("positions not summed", lambda f: torch.einsum("nchw,ndhw->ncdhw", f, f),
                "you have the products of all pairs of channels, at each position. That still says where. Sum over "
                "the positions, so that only a C × C matrix is left."),
        Mistake("summed over the channels", _over_channels,
                "you summed over the channels, and have a row for each position. It is the positions that must "
                "disappear; the channels stay."),
        Mistake("summed over the batch", lambda f: gram_matrix.gram_matrix(f).sum(dim=0),
                "you summed over the images as well. Each image has a Gram matrix of its own: (N, C, C)."),
        Mistake("product of the sums", _product(lambda flat: flat.sum(dim=2, keepdim=True)),
                "you multiplied the sums; G sums the products. Two channels count together only where both are strong "
                "at the same position."),
        Mistake("product of the means", _product(lambda flat: flat.mean(dim=2, keepdim=True)),
                "you averaged each channel first, and multiplied the averages. By then it is lost whether two features "
                "were strong at the same position: multiply first, then sum."),
        Mistake("mean taken off", _centered,
                "you took the mean off each channel first. That makes a covariance. The Gram matrix keeps the mean: "
                "how strong a channel is belongs to the texture."),
        Mistake("upper triangle only", lambda f: gram_matrix.gram_matrix(f).triu(),
                "below the diagonal yours is zero. It is true that the two triangles say the same, but the constants "
                "of the loss count both."),
        Mistake("no gradient", lambda f: gram_matrix.gram_matrix(f.detach()),
                "the values are right, but no gradient comes back to the features. The pixels are what will be "
                "optimized, so nothing on the way may cut the graph: no `detach`, no `no_grad`, no numpy."),
    ),
    points=2,
    success="C × C numbers, whatever the size of the picture. Next: what they have forgotten.",
)  # fmt: skip
