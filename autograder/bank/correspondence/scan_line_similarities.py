import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import stereo_matching


def _by_hand(g):
    return torch.tensor([[[[1.0, 2, 3, 4]]]]), torch.tensor([[[[1.0, 10, 100, 1000]]]]), 2


def _maps(n, channels, height, width, largest, dtype=torch.float32):
    def inputs(g):
        left, right = (F.normalize(normal(g, n, channels, height, width, dtype=dtype), dim=1) for _ in range(2))
        return left, right, largest

    return inputs


def _channels_last(g):
    return normal(g, 1, 4, 6, 3).permute(0, 3, 1, 2), normal(g, 1, 4, 6, 3).permute(0, 3, 1, 2), 3


def _from(shifted, outside=-torch.inf):
    """The wrong answer made of `shifted(left, right, d)`, products of shape (N, D, H, W), NaN where there are none."""

    def wrong(left, right, largest):
        products = [shifted(left, right, d).sum(dim=1) for d in range(largest + 1)]
        return torch.stack(products, dim=1).nan_to_num(nan=outside)

    return wrong


def _moved(x, columns=0, rows=0):
    """Maps that are moved to the right and down; NaN comes in."""
    height, width = x.shape[2:]
    made = F.pad(x, (max(columns, 0), max(-columns, 0), max(rows, 0), 0), value=torch.nan)
    return made[..., :height, max(-columns, 0) : max(-columns, 0) + width]


def _without_zero(left, right, largest):
    return stereo_matching.scan_line_similarities(left, right, largest)[:, 1:]


def _without_largest(left, right, largest):
    return stereo_matching.scan_line_similarities(left, right, largest)[:, :-1]


def _mean(left, right, largest):
    return stereo_matching.scan_line_similarities(left, right, largest) / left.shape[1]


EXERCISE = Exercise(
    stereo_matching.scan_line_similarities,
    cases=(
        Case("one row by hand", _by_hand, random=False),
        Case("one pair of pictures", _maps(1, 3, 3, 6, 3)),
        Case("three pairs", _maps(3, 5, 4, 7, 4)),
        Case("more candidates than columns", _maps(1, 3, 3, 4, 6)),
        Case("disparity 0 only", _maps(2, 4, 3, 3, 0)),
        Case("channels last in memory", _channels_last),
        Case("the gradient", _maps(2, 3, 3, 5, 2), observe=with_gradient),
        Case("double precision", _maps(1, 4, 3, 5, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("the other direction", _from(lambda a, b, d: a * _moved(b, -d)),
                "you look to the right: column x + d. What the left eye sees at x, the right eye sees further to the "
                "left."),
        Mistake("round the border", _from(lambda a, b, d: a * b.roll(d, dims=3)),
                "your candidates come round the border: at the left edge of a row you compare with its right end. "
                "There is no candidate outside of the picture."),
        Mistake("zero outside", _from(lambda a, b, d: a * _moved(b, d), 0.0),
                "outside of the picture your similarity is 0. That is not nothing: 0 beats every candidate with a "
                "negative cosine. Where there is no candidate it has to lose against all."),
        Mistake("up and down", _from(lambda a, b, d: a * _moved(b, rows=d)),
                "your candidates lie above the pixel. With two cameras side by side, matches are in the same row."),
        Mistake("mean over the channels", _mean,
                "you took the mean over the channels. The descriptors have length 1, so their sum of products is the "
                "cosine already."),
        Mistake("asked from the right", _from(lambda a, b, d: _moved(a, -d) * b),
                "these are the right numbers at the wrong pixels: you laid them out by the columns of the right "
                "picture. The left one asks here."),
        Mistake("disparity 0 missing", _without_zero,
                "you begin with disparity 1. What is infinitely far away has disparity 0."),
        Mistake("the largest missing", _without_largest,
                "the largest disparity is missing: the candidates are 0 to `largest`, both included."),
        Mistake("distances", _from(lambda a, b, d: (a - _moved(b, d)).square(), torch.inf),
                "these are squared distances: small for a match. Asked is the similarity, the sum of products."),
    ),
    points=3,
    success="A whole box of numbers: for every pixel, every candidate. The largest one wins.",
)  # fmt: skip
