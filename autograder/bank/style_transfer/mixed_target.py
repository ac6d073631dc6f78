import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import style_transfer
from lib.gram_matrix import gram_matrix


def _mix(paintings, channels, made, dtype=torch.float32):
    def inputs(g):
        targets = gram_matrix(normal(g, paintings, channels, 3, 3, dtype=dtype).relu()) / 9
        return targets, 0.1 + 3 * uniform(g, made, paintings, dtype=dtype)

    return inputs


def _by_hand(g):
    targets = torch.tensor([[[4.0, 0.0], [0.0, 8.0]], [[0.0, 2.0], [2.0, 4.0]]])
    return targets, torch.tensor([[1.0, 1.0], [3.0, 1.0]])


def _by(shares_of):
    return lambda targets, shares: torch.einsum("ns,sij->nij", shares_of(shares), targets)


def _largest(targets, shares):
    return targets[shares.argmax(dim=1)]


def _roots(targets, shares):
    shares = shares / shares.sum(dim=1, keepdim=True)
    return torch.einsum("ns,sij->nij", shares, targets.sqrt()).square()


EXERCISE = Exercise(
    style_transfer.mixed_target,
    cases=(
        Case("two styles by hand", _by_hand, random=False),
        Case("two styles, one image", _mix(2, 3, 1)),
        Case("three styles, four images", _mix(3, 4, 4)),
        Case("as many images as styles", _mix(3, 3, 3)),
        Case("one style", _mix(1, 4, 2)),
        Case("double precision", _mix(2, 3, 3, torch.float64)),
    ),
    mistakes=(
        Mistake("shares as they are", _by(lambda s: s),
                "you used the shares as they are. Only their ratios count: (1, 1) and (5, 5) are both half and half; "
                "divide each row by its sum."),
        Mistake("divided by the sum of all", _by(lambda s: s / s.sum()),
                "you divided by the sum over all images. Each row of shares has a sum of its own."),
        Mistake("divided down the columns", _by(lambda s: s / s.sum(dim=0, keepdim=True)),
                "your shares add up to one down the columns. Each image's shares are a row."),
        Mistake("softmax", _by(lambda s: s.softmax(dim=1)),
                "you put the shares through a softmax. They are numbers of parts, not scores: 2 to 1 is two thirds."),
        Mistake("number of styles", _by(lambda s: s / s.shape[1]),
                "you divided by the number of styles. That is right only where the shares add up to that number."),
        Mistake("strongest style only", _largest,
                "you took the style with the largest share alone. Between two styles lies a whole line of others."),
        Mistake("roots mixed", _roots,
                "you mixed the roots and squared the result. The Gram matrices themselves are averaged."),
    ),
    points=2,
    success="Two styles are two points; between them lies a line of styles that nobody ever painted.",
)  # fmt: skip
