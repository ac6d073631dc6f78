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


def _laid_out(put, outside=-torch.inf):
    """The wrong answer in which `put(found, left, right, d)` fills in one candidate (N, H, W), the rest `outside`."""

    def wrong(left, right, largest):
        images, _, height, width = left.shape
        found = left.new_full((images, largest + 1, height, width), outside)
        for d in range(min(largest + 1, width)):
            put(found[:, d], left, right, d)
        return found

    return wrong


def _as_asked(found, left, right, d):
    found[..., d:] = (left[..., d:] * right[..., : right.shape[3] - d]).sum(dim=1)


def _to_the_right(found, left, right, d):
    found[..., : left.shape[3] - d] = (left[..., : left.shape[3] - d] * right[..., d:]).sum(dim=1)


def _by_the_right_picture(found, left, right, d):
    found[..., : left.shape[3] - d] = (left[..., d:] * right[..., : right.shape[3] - d]).sum(dim=1)


def _above(found, left, right, d):
    rows = max(left.shape[2] - d, 0)
    found[:, left.shape[2] - rows :] = (left[:, :, left.shape[2] - rows :] * right[:, :, :rows]).sum(dim=1)


def _squared_differences(found, left, right, d):
    found[..., d:] = (left[..., d:] - right[..., : right.shape[3] - d]).square().sum(dim=1)


def _rolled(left, right, largest):
    return torch.stack([(left * right.roll(d, dims=3)).sum(dim=1) for d in range(largest + 1)], dim=1)


def _rolled_the_other_way(left, right, largest):
    return torch.stack([(left * right.roll(-d, dims=3)).sum(dim=1) for d in range(largest + 1)], dim=1)


def _rolled_the_other_way_with_a_border(left, right, largest):
    found = _rolled_the_other_way(left, right, largest)
    outside = torch.arange(largest + 1)[:, None, None] > torch.arange(left.shape[3])
    return found.masked_fill(outside, -torch.inf)


def _all_but_zero(found, left, right, d):
    if d:
        _as_asked(found, left, right, d)


def _largest_left_empty(left, right, largest):
    found = stereo_matching.scan_line_similarities(left, right, largest).clone()
    found[:, largest] = -torch.inf
    return found


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
        Mistake("the other direction", _laid_out(_to_the_right),
                "you look to the right: column x + d. What the left eye sees at x, the right eye sees further to the "
                "left."),
        Mistake("round the border", _rolled,
                "your candidates come round the border: at the left edge of a row you compare with its right end. "
                "There is no candidate outside of the picture."),
        Mistake("moved to the wrong side", _rolled_the_other_way,
                "you moved the right picture to the left, and round the border. For column x − d to come to column x "
                "it has to go the other way; and what comes round is no candidate."),
        Mistake("moved to the wrong side, border right", _rolled_the_other_way_with_a_border,
                "−∞ is where it should be, but the candidates beside it are those at x + d: the right picture was "
                "moved to the wrong side."),
        Mistake("zero outside", _laid_out(_as_asked, 0.0),
                "outside of the picture your similarity is 0. That is not nothing: 0 beats every candidate with a "
                "negative cosine. Where there is no candidate it has to lose against all."),
        Mistake("up and down", _laid_out(_above),
                "your candidates lie above the pixel. With two cameras side by side, matches are in the same row."),
        Mistake("mean over the channels", _mean,
                "you took the mean over the channels. The descriptors have length 1, so their sum of products is the "
                "cosine already."),
        Mistake("asked from the right", _laid_out(_by_the_right_picture),
                "these are the right numbers at the wrong pixels: you laid them out by the columns of the right "
                "picture. The left one asks here."),
        Mistake("disparity 0 missing", _without_zero,
                "you begin with disparity 1. What is infinitely far away has disparity 0."),
        Mistake("disparity 0 left empty", _laid_out(_all_but_zero),
                "your candidate 0 is −∞ everywhere. It is one like the others: both pictures as they are, nothing "
                "moved."),
        Mistake("the largest left empty", _largest_left_empty,
                "the last candidate is −∞ everywhere: there is room for `largest`, but it was never filled in."),
        Mistake("the largest missing", _without_largest,
                "the largest disparity is missing: the candidates are 0 to `largest`, both included."),
        Mistake("distances", _laid_out(_squared_differences, torch.inf),
                "these are squared distances: small for a match. Asked is the similarity, the sum of products."),
    ),
    points=3,
    success="A whole box of numbers: for every pixel, every candidate. The largest one wins; a zero from outside would "
            "win against all that are negative.",
)  # fmt: skip
