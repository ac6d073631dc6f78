import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import feature_inversion


def _by_hand(g):
    return torch.tensor([[3.0, 0, 4], [3, 0, 0]]), torch.tensor([[3.0, 0, 4]])


def _maps(n, *shape, codes=1, dtype=torch.float32):
    return lambda g: (normal(g, n, *shape, dtype=dtype), 2 * normal(g, codes, *shape, dtype=dtype))


def _squares(x):
    return x.flatten(1).square().sum(dim=1)


def _difference(features, target):
    return _squares(features - target)


EXERCISE = Exercise(
    feature_inversion.relative_feature_loss,
    cases=(
        Case("two codes of three numbers by hand", _by_hand, random=False),
        Case("one image, maps of 3 × 4", _maps(1, 5, 3, 4)),
        Case("a batch of 4 towards one code", _maps(4, 6, 3, 3)),
        Case("a batch of 3, a code for each", _maps(3, 4, 2, 5, codes=3)),
        Case("logits of 5 images", _maps(5, 10)),
        Case("the gradient", _maps(2, 4, 3, 3), observe=with_gradient),
        Case("double precision", _maps(2, 3, 4, 2, codes=2, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("not normalized", _difference,
                "you did not divide by the size of the code. A layer with large activations then outweighs the "
                "regularizer and one with small activations disappears beside it, so every layer needs a weight of "
                "its own."),
        Mistake("mean squared error", lambda f, t: _difference(f, t) / f[0].numel(),
                "you divided by the number of activations. That is a mean squared error, and still has the units of "
                "the layer; divide by how large the code itself is."),
        Mistake("root of the ratio", lambda f, t: (_difference(f, t) / _squares(t)).sqrt(),
                "you took the root. The loss is the ratio of the squared norms; the root has no gradient at a "
                "perfect match."),
        Mistake("divided by the norm", lambda f, t: _difference(f, t) / _squares(t).sqrt(),
                "above you have a squared norm, below one that is not squared. The units do not cancel: twice the "
                "activations would give twice the loss."),
        Mistake("divided by the image's own features", lambda f, t: _difference(f, t) / _squares(f),
                "you divided by the size of the features that are being optimized. They can make that ratio small by "
                "growing; divide by the size of the target, which stands still."),
        Mistake("one number for the batch", lambda f, t: _difference(f, t).sum() / _squares(t.expand_as(f)).sum(),
                "you have one number for the whole batch. Each image has a loss of its own: flatten everything but "
                "the first axis."),
        Mistake("all images in one sum", lambda f, t: (f - t).square().sum() / t.square().sum(),
                "you added up all the images and came to a single number. A batch is several searches at once, and "
                "each wants to know how far it is itself."),
        Mistake("all codes in one size", lambda f, t: _difference(f, t) / t.square().sum(),
                "you divided by the size of all codes together. With a code for each image, every one has a size of "
                "its own."),
        Mistake("share at each position", lambda f, t: ((f - t) / t).square().flatten(1).mean(dim=1),
                "you divided activation by activation. Where the code is near zero, that explodes, and most of a "
                "code is near zero; divide once, the whole by the whole."),
        Mistake("absolute differences", lambda f, t: (f - t).abs().flatten(1).sum(1) / t.abs().flatten(1).sum(1),
                "you took absolute values. The norm is the Euclidean one: squares, above and below."),
        Mistake("no gradient", lambda f, t: feature_inversion.relative_feature_loss(f.detach(), t),
                "the values are right, but no gradient reaches the features: they were cut off the graph. The target "
                "is the constant here, not the features."),
    ),
    points=2,
    success="Zero is a perfect match and one is as good as nothing, at every layer of every network.",
)  # fmt: skip
