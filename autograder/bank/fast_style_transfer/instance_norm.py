import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import fast_style_transfer


def _by_hand(g):
    return torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([2.0]), torch.tensor([10.0]), 3.0


def _features(*shape, epsilon=1e-5, rows=False, dtype=torch.float32):
    """Channels of different means and deviations, in each image others."""

    def inputs(g):
        images, channels = shape[:2]
        spread = 0.5 + 3 * uniform(g, images, channels, 1, 1, dtype=dtype)
        features = 2 * normal(g, images, channels, 1, 1, dtype=dtype) + spread * normal(g, *shape, dtype=dtype)
        own = (images, channels) if rows else (channels,)
        return features, 0.5 + uniform(g, *own, dtype=dtype), normal(g, *own, dtype=dtype), epsilon

    return inputs


def _over(*axes, correction=0):
    """Statistics over these axes."""

    def wrong(features, scale, shift, epsilon):
        mean = features.mean(dim=axes, keepdim=True)
        variance = features.var(dim=axes, correction=correction, keepdim=True)
        return (features - mean) / (variance + epsilon).sqrt() * scale[..., None, None] + shift[..., None, None]

    return wrong


def _remembered(features, scale, shift, epsilon):
    mean, variance = torch.zeros(()).to(features), torch.ones(()).to(features)
    return (features - mean) / (variance + epsilon).sqrt() * scale[..., None, None] + shift[..., None, None]


def _normalized(features, divide):
    mean = features.mean(dim=(2, 3), keepdim=True)
    return (features - mean) / divide(features.var(dim=(2, 3), correction=0, keepdim=True))


def _divided(divide):
    def wrong(features, scale, shift, epsilon):
        normalized = _normalized(features, lambda variance: divide(variance, epsilon))
        return normalized * scale[..., None, None] + shift[..., None, None]

    return wrong


def _plain(features, scale, shift, epsilon):
    return _normalized(features, lambda variance: (variance + epsilon).sqrt())


def _shifted_first(features, scale, shift, epsilon):
    return (_plain(features, scale, shift, epsilon) + shift[..., None, None]) * scale[..., None, None]


def _swapped(features, scale, shift, epsilon):
    return fast_style_transfer.instance_norm(features, shift, scale, epsilon)


def _not_centered(features, scale, shift, epsilon):
    variance = features.var(dim=(2, 3), correction=0, keepdim=True)
    return features / (variance + epsilon).sqrt() * scale[..., None, None] + shift[..., None, None]


EXERCISE = Exercise(
    fast_style_transfer.instance_norm,
    cases=(
        Case("two positions by hand", _by_hand, random=False),
        Case("one image", _features(1, 3, 4, 5)),
        Case("a batch of 3", _features(3, 2, 5, 3)),
        Case("a row of scales for each image", _features(2, 4, 3, 3, rows=True)),
        Case("a large epsilon", _features(2, 3, 2, 4, epsilon=0.5)),
        Case("a constant channel", lambda g: (torch.ones(1, 2, 3, 3), normal(g, 2), normal(g, 2), 1e-3)),
        Case("its gradient", _features(2, 3, 4, 2, epsilon=0.01, dtype=torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("statistics over the batch", _over(0, 2, 3),
                "mean and variance are taken over all images of the batch together. That is batch normalization: how "
                "bright one photograph is would change how another one is painted."),
        Mistake("running statistics", _remembered,
                "you normalized with a mean of 0 and a variance of 1 that were remembered, not with those of these "
                "features. Instance normalization has no memory: in training and in use it looks at what it gets."),
        Mistake("statistics over the channels too", _over(1, 2, 3),
                "mean and variance are taken over all channels of an image together. Each channel has its own: only "
                "its positions are averaged."),
        Mistake("statistics of each position", _over(1),
                "mean and variance are taken over the channels, at each position. It is the other way round: over "
                "the positions, for each channel."),
        Mistake("divided by the number minus one", _over(2, 3, correction=1),
                "your variance divides by the number of positions minus one. Here it is the plain mean of the squared "
                "deviations: these are all the positions, not a sample of them."),
        Mistake("epsilon after the root", _divided(lambda variance, epsilon: variance.sqrt() + epsilon),
                "epsilon is added to the deviation. It belongs to the variance, before the root."),
        Mistake("epsilon left out", _divided(lambda variance, epsilon: variance.sqrt()),
                "epsilon is missing. Where a channel is constant, you divide 0 by 0."),
        Mistake("divided by the variance", _divided(lambda variance, epsilon: variance + epsilon),
                "you divided by the variance. Its root is what has the unit of the features."),
        Mistake("mean not taken off", _not_centered,
                "the mean is still there. It is the mean, more than anything, that carries a photograph's brightness "
                "and contrast from layer to layer."),
        Mistake("scale and shift left out", _plain,
                "you stop at mean 0 and variance 1. What comes next is learned: multiply by the scale, add the shift."),
        Mistake("shifted before it is scaled", _shifted_first,
                "you add the shift first and multiply by the scale then, so the shift is scaled as well. It is the "
                "other way round."),
        Mistake("scale and shift swapped", _swapped,
                "you multiply by the shift and add the scale."),
    ),
    points=2,
    success="A photograph's contrast can no longer get in the way of the style's.",
)  # fmt: skip
