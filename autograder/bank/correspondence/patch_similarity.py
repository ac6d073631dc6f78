import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import stereo_matching


def _layers(g, *channels, dtype=torch.float32):
    return [
        (normal(g, d, c, 3, 3, dtype=dtype) / (9 * c) ** 0.5, normal(g, d, dtype=dtype) / 2)
        for c, d in zip(channels, channels[1:])
    ]


def _pairs(n, *channels, dtype=torch.float32):
    size = 2 * len(channels) + 1

    def inputs(g):
        first, second = (normal(g, n, 3, size, size, dtype=dtype) for _ in range(2))
        return first, second, _layers(g, 3, *channels, dtype=dtype)

    return inputs


def _equal_and_opposite(g):
    patch, other = normal(g, 2, 3, 3, 3).split(1)
    ((kernel, bias),) = _layers(g, 3, 3)
    return patch.repeat(3, 1, 1, 1), torch.cat([patch, -patch, other]), [(kernel, torch.zeros_like(bias))]


def _descriptors(first, second, weights):
    return (stereo_matching.dense_descriptors(patches, weights).flatten(1) for patches in (first, second))


def _plain(patches, weights):
    for number, (kernel, bias) in enumerate(weights):
        patches = F.conv2d(patches.relu() if number else patches, kernel, bias)
    return patches.flatten(1)


def _cosine(first, second, weights):
    return stereo_matching.patch_similarity(first, second, weights)


EXERCISE = Exercise(
    stereo_matching.patch_similarity,
    cases=(
        Case("one layer, one pair", _pairs(1, 3)),
        Case("a patch with itself, with its negative, with another", _equal_and_opposite),
        Case("five pairs, two layers", _pairs(5, 4, 6)),
        Case("three pairs, three layers", _pairs(3, 4, 4, 5)),
        Case("double precision", _pairs(2, 3, 4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("every patch with every other", lambda a, b, w: torch.mm(*(
                    x if n == 0 else x.T for n, x in enumerate(_descriptors(a, b, w)))),
                "you compared every patch with every other: a table. Asked is pair n with pair n: N numbers."),
        Mistake("one number for all pairs", lambda a, b, w: _cosine(a, b, w).mean(),
                "you have one number for the whole batch. Each pair has a similarity of its own."),
        Mistake("sum over the pairs", lambda a, b, w: _cosine(a, b, w).sum(),
                "you added up the pairs as well. The first axis has to stay."),
        Mistake("batch axis squeezed away", lambda a, b, w: _cosine(a, b, w).squeeze(),
                "with a single pair yours is a bare number: `squeeze` also removes the batch axis when it has length "
                "one. Name the axes that shall go."),
        Mistake("distance", lambda a, b, w: (lambda f, g: (f - g).norm(dim=1))(*_descriptors(a, b, w)),
                "this is the distance of the two descriptors: 0 for equal patches. A similarity is largest for "
                "equal ones; here it is the cosine."),
        Mistake("without lengths", lambda a, b, w: (_plain(a, w) * _plain(b, w)).sum(dim=1),
                "this is the product of descriptors that were not scaled to length 1. A cosine is never beyond 1."),
        Mistake("pixels compared", lambda a, b, w: F.cosine_similarity(a.flatten(1), b.flatten(1)),
                "you compared the pixels; the network had no part in it."),
        Mistake("mean over the channels", lambda a, b, w: _cosine(a, b, w) / w[-1][1].numel(),
                "you took the mean over the channels. With vectors of length 1, the cosine is the sum."),
        Mistake("between 0 and 1", lambda a, b, w: (1 + _cosine(a, b, w)) / 2,
                "you squeezed the cosine into the range from 0 to 1. Leave it as it is: −1 for opposite, 1 for equal."),
        Mistake("the sign lost", lambda a, b, w: _cosine(a, b, w).abs(),
                "your similarity has lost its sign. Opposite descriptors are as different as can be."),
        Mistake("axes of length one kept", lambda a, b, w: _cosine(a, b, w)[:, None, None],
                "the values are right, but axes of length one are left over. Asked is (N,)."),
    ),
    points=1,
    builds_on=("dense_descriptors",),
    success="Siamese: two patches, and one network. Darker by a factor changes nothing if all biases are zero; with "
            "biases, or if a number is taken off, it may. Now along a whole row.",
)  # fmt: skip
