import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import stereo_matching


def _layers(g, *channels, dtype=torch.float32):
    """Kernels and biases from each number of channels to the next."""
    return [
        (normal(g, d, c, 3, 3, dtype=dtype) / (9 * c) ** 0.5, normal(g, d, dtype=dtype) / 2)
        for c, d in zip(channels, channels[1:])
    ]


def _pictures(n, height, width, *channels, dtype=torch.float32):
    # Standardized, as the notebook's: half of the numbers are negative, which shows a ReLU on the picture.
    return lambda g: (normal(g, n, 3, height, width, dtype=dtype), _layers(g, 3, *channels, dtype=dtype))


def _nothing_seen(g):
    (kernel, bias), *_ = _layers(g, 3, 4)
    pictures = normal(g, 2, 3, 4, 5)
    pictures[0] = 0
    return pictures, [(kernel, torch.zeros_like(bias))]


def _channels_last(g):
    return normal(g, 2, 6, 7, 3).permute(0, 3, 1, 2), _layers(g, 3, 4, 5)


def _from(end=lambda f: F.normalize(f, dim=1), between=lambda f: f.relu(), before=lambda x: x,
          bias=True, padding=0):  # fmt: skip
    """The wrong answer that does one thing otherwise."""

    def wrong(images, weights):
        features = before(images)
        for number, (kernel, offset) in enumerate(weights):
            features = F.conv2d(between(features) if number else features, kernel, offset if bias else None,
                                padding=padding)  # fmt: skip
        return end(features)

    return wrong


def _length(features):
    return features.norm(dim=1, keepdim=True)


EXERCISE = Exercise(
    stereo_matching.dense_descriptors,
    cases=(
        Case("one picture of 4 × 5, one layer", _pictures(1, 4, 5, 2)),
        Case("three patches of 7 × 7, three layers", _pictures(3, 7, 7, 4, 5, 6)),
        Case("two pictures, taller than wide", _pictures(2, 9, 6, 5, 3)),
        Case("a black picture beside another", _nothing_seen),
        Case("channels last in memory", _channels_last),
        Case("the gradient", _pictures(2, 6, 6, 4, 4), observe=with_gradient),
        Case("double precision", _pictures(1, 6, 7, 4, 3, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("a ReLU after the last layer", _from(lambda f: F.normalize(f.relu(), dim=1)),
                "there is a ReLU after your last layer too. Then no two descriptors can point away from each other: "
                "the cosine would never be negative, and half of the range is lost."),
        Mistake("no ReLU", _from(between=lambda f: f),
                "there is no ReLU between your layers. Convolutions alone, however many, are one larger "
                "convolution."),
        Mistake("a ReLU on the picture", _from(before=lambda x: x.relu()),
                "the picture itself goes through a ReLU. What is darker than the mean is then lost; a ReLU stands "
                "between two layers."),
        Mistake("not normalized", _from(lambda f: f),
                "your descriptors have all lengths. A bright patch would be similar to everything; divide each by "
                "its own length."),
        Mistake("normalized over the picture", _from(lambda f: F.normalize(f.flatten(1), dim=1).view_as(f)),
                "you divided by the length of everything that the picture gave. Each position has a descriptor of "
                "its own, and each of them gets length 1."),
        Mistake("normalized over positions", _from(lambda f: F.normalize(f.flatten(2), dim=2).view_as(f)),
                "you divided each channel by its length over the positions. A descriptor is the other cut through "
                "the same numbers: all channels at one position."),
        Mistake("normalized along the rows", _from(lambda f: F.normalize(f, dim=3)),
                "you divided by the length along a row of the map, from left to right. The numbers of one descriptor "
                "are the channels at one place."),
        Mistake("one length for everything", _from(lambda f: f / f.norm().clamp(min=1e-12)),
                "you divided all pictures of the batch by one common length. There are as many lengths as there are "
                "positions in all of them."),
        Mistake("normalized after each layer", _from(between=lambda f: F.normalize(f.relu(), dim=1)),
                "you scale to length 1 after every layer. Only the last output is a descriptor; before that, how "
                "strong a feature is still counts."),
        Mistake("divided by the squared length", _from(lambda f: f / (f * f).sum(1, keepdim=True).clamp(min=1e-12)),
                "you divided by the sum of the squares. The length is its root."),
        Mistake("zero divided by zero", _from(lambda f: f / _length(f)),
                "where the network sees nothing your descriptor is NaN: zero divided by zero. A vector of zeros "
                "has to stay zero."),
        Mistake("padded", _from(padding=1),
                "your map is as large as the picture: you padded. Each layer without padding takes away one pixel "
                "on every side, so that a patch of the network's own size gives one descriptor."),
        Mistake("biases left out", _from(bias=False),
                "you left out the biases. Each layer is a pair, kernel and bias."),
    ),
    points=2,
    success="One function for a patch and for a picture. For those 400 patches the first layer has 10,000 positions to "
            "compute one by one, and 576 all at once. Next: two patches, one network.",
)  # fmt: skip
