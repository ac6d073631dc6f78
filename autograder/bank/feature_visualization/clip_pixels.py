import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import image_regularizers


def _clipped(n, height, width, share, by, dtype=torch.float32):
    shape = (n, 3, height, width)

    def inputs(g):
        offsets = (1 + torch.arange(n).view(-1, 1, 1, 1)) * normal(g, *shape, dtype=dtype)
        return offsets, normal(g, *shape, dtype=dtype), share, by

    return inputs


def _by_hand(g):
    offsets = torch.zeros(1, 3, 1, 4)
    offsets[0, :, 0] = torch.tensor([[1.0, 3.0, 0.0, 2.0], [0.0, 4.0, 0.0, 0.0], [0.0, 0.0, 0.5, -2.0]])
    return offsets, torch.ones(1, 3, 1, 4), 0.5, "norm"


def _refusing(function, inputs):
    """Whether the function refuses these inputs with a ValueError."""
    try:
        return {"refused with a ValueError": False, "answer": function(*inputs)}
    except ValueError:
        return {"refused with a ValueError": True, "answer": None}


def _by_importance(importance, whole_batch=False, keep=lambda importance, limit: importance >= limit):
    def wrong(offsets, gradients, share, by):
        values = importance(offsets, gradients, by)
        flat = values.flatten(1)
        limit = flat.flatten().quantile(share).expand(len(flat)) if whole_batch else flat.quantile(share, dim=1)
        kept = keep(values, limit.view(-1, *[1] * (values.dim() - 1)))
        return offsets * (kept if kept.dim() == 4 else kept[:, None])

    return wrong


def _right(offsets, gradients, by):
    return offsets.norm(dim=1) if by == "norm" else (offsets * gradients).sum(dim=1).abs()


def _each_color(offsets, gradients, by):
    return offsets.abs() if by == "norm" else (offsets * gradients).abs()


def _magnitudes_added(offsets, gradients, by):
    return offsets.norm(dim=1) if by == "norm" else (offsets * gradients).abs().sum(dim=1)


def _gradient_alone(offsets, gradients, by):
    return (offsets if by == "norm" else gradients).norm(dim=1)


def _signed(offsets, gradients, by):
    return offsets.norm(dim=1) if by == "norm" else (offsets * gradients).sum(dim=1)


def _sum_of_offsets(offsets, gradients, by):
    return offsets.sum(dim=1).abs() if by == "norm" else (offsets * gradients).sum(dim=1).abs()


def _swapped(offsets, gradients, share, by):
    other = {"norm": "contribution", "contribution": "norm"}.get(by, by)
    return image_regularizers.clip_pixels(offsets, gradients, share, other)


def _share_of_the_range(offsets, gradients, share, by):
    values = _right(offsets, gradients, by)
    return offsets * (values >= share * values.amax(dim=(1, 2), keepdim=True))[:, None]


EXERCISE = Exercise(
    image_regularizers.clip_pixels,
    cases=(
        Case("four pixels by hand", _by_hand, random=False),
        Case("half of them by norm", _clipped(1, 4, 4, 0.5, "norm")),
        Case("half of them by contribution", _clipped(1, 4, 4, 0.5, "contribution")),
        Case("a quarter by norm, three images", _clipped(3, 4, 8, 0.25, "norm")),
        Case("three quarters by contribution, two images", _clipped(2, 8, 5, 0.75, "contribution", torch.double)),
        Case("none", _clipped(2, 3, 3, 0.0, "contribution")),
        Case("by something else", _clipped(1, 3, 3, 0.5, "luck"), observe=_refusing),
    ),
    mistakes=(
        Mistake("each color for itself", _by_importance(_each_color),
                "you clip single colors. A pixel is worth as much as its three colors together, and is kept or set to "
                "gray as a whole."),
        Mistake("limit of the whole batch", _by_importance(_right, whole_batch=True),
                "you sorted the pixels of the whole batch together, so that a faint image is erased by a strong one. "
                "Each image has its own limit."),
        Mistake("magnitudes added", _by_importance(_magnitudes_added),
                "you added the magnitudes of the three colors' contributions. Setting a pixel to gray takes all three "
                "away at once, and they can cancel: add first, then take the magnitude."),
        Mistake("the gradient alone", _by_importance(_gradient_alone),
                "by contribution you looked at the gradient alone. A pixel that is gray already contributes nothing, "
                "however steep the slope; the offset belongs in the product."),
        Mistake("sign kept", _by_importance(_signed),
                "you clip the most negative contributions first. Here it is pixels that hardly matter, in either "
                "direction, that are to go."),
        Mistake("sum in place of the length", _by_importance(_sum_of_offsets),
                "you added the three offsets of a pixel. Strong red and missing blue then cancel, and a colorful pixel "
                "counts as gray; the norm is a length."),
        Mistake("the strongest clipped",
                _by_importance(_right, keep=lambda importance, limit: importance < limit),
                "you kept the pixels that matter least. It is these that are to be set to zero."),
        Mistake("norm and contribution exchanged", _swapped,
                "norm and contribution have changed places. The norm knows nothing of the gradient."),
        Mistake("share of the largest value", _share_of_the_range,
                "you clip below a share of the largest value. How many pixels that hits depends on one of them; the "
                "share is of their number."),
    ),
    points=2,
    success="Only what matters stays. By norm it is what the eye sees, by contribution what the network uses.",
)  # fmt: skip
