import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import whole
from lib import stereo_matching


def _by_hand(g):
    return torch.tensor([[[0, 1, 2, 2, 3]]]), torch.tensor([[[2, 2, 3, 0, 1]]]), 0


def _disparities(n, height, width, largest, tolerance):
    def inputs(g):
        left, right = (whole(g, 0, largest, n, height, width) for _ in range(2))
        return left, right, tolerance

    return inputs


def _mostly_right(g):
    left = torch.full((2, 4, 12), 3) + whole(g, 0, 1, 2, 4, 12)
    right = torch.full((2, 4, 12), 3) + whole(g, -1, 2, 2, 4, 12)
    left[:, 1:3, 5:8] = whole(g, 0, 9, 2, 2, 3)
    return left, right, 1


def _with(column=lambda x, d: x - d, fits=lambda a, b, t: (a - b).abs() <= t,
          outside=lambda fits, inside: fits & inside, first=0):  # fmt: skip
    """The check with one thing wrong."""

    def wrong(left, right, tolerance):
        place = column(torch.arange(left.shape[2]), left).expand_as(left)
        inside = (place >= first) & (place < left.shape[2])
        back = right.gather(2, place.clamp(0, left.shape[2] - 1))
        return outside(fits(left, back, tolerance), inside)

    return wrong


def _round_the_border(left, right, tolerance):
    place = (torch.arange(left.shape[2]) - left) % left.shape[2]
    return (left - right.gather(2, place)).abs() <= tolerance


def _asked_from_the_right(left, right, tolerance):
    place = torch.arange(left.shape[2]) + right
    back = left.gather(2, place.clamp(max=left.shape[2] - 1))
    return (place < left.shape[2]) & ((right - back).abs() <= tolerance)


EXERCISE = Exercise(
    stereo_matching.left_right_check,
    cases=(
        Case("five pixels by hand", _by_hand, random=False),
        Case("one picture, tolerance 1", _disparities(1, 5, 9, 5, 1)),
        Case("three pictures, tolerance 0", _disparities(3, 6, 8, 3, 0)),
        Case("tolerance 2", _disparities(2, 7, 10, 7, 2)),
        Case("mostly right", _mostly_right),
        Case("disparities larger than the picture", _disparities(1, 6, 4, 9, 1)),
    ),
    mistakes=(
        Mistake("the other direction", _with(lambda x, d: x + d),
                "you look for the match at x + d. The right camera sees everything further to the left: at x − d."),
        Mistake("the same column", _with(lambda x, d: x + 0 * d, outside=lambda fits, inside: fits),
                "you compared the two disparities at the same column. But the same column shows another point; ask "
                "the right picture at the match."),
        Mistake("outside is right", _with(outside=lambda fits, inside: fits | ~inside),
                "where the match is outside of the picture you say yes. Nobody could confirm it: False."),
        Mistake("outside is the border", _with(outside=lambda fits, inside: fits),
                "where the match is outside of the picture you ask the pixel at the border instead, and believe it. "
                "What cannot be seen cannot agree."),
        Mistake("outside is the other side", _round_the_border,
                "where the match is outside of the picture you ask a pixel at the other end of the row. A negative "
                "index counts from the end."),
        Mistake("column 0 is outside", _with(first=1),
                "you say no where the match is in column 0. That is the first column of the picture, and it can answer "
                "like any other."),
        Mistake("smaller than the tolerance", _with(fits=lambda a, b, t: (a - b).abs() < t),
                "a difference of just the tolerance is still allowed."),
        Mistake("only one direction of error", _with(fits=lambda a, b, t: a - b <= t),
                "you look at the signed difference, so a disparity that is far too small passes. Take its size."),
        Mistake("only the other direction of error", _with(fits=lambda a, b, t: b - a <= t),
                "your difference has a sign, so a disparity that is far too large passes. How far apart two numbers "
                "are has none."),
        Mistake("no tolerance", _with(fits=lambda a, b, t: a == b),
                "you ask for exactly the same disparity, and the tolerance has no say."),
        Mistake("the wrong ones", lambda *inputs: ~stereo_matching.left_right_check(*inputs),
                "you marked the pixels that fail. True is for those on which both pictures agree."),
        Mistake("asked from the right", _asked_from_the_right,
                "you checked the pixels of the right picture. The answer is wanted for those of the left one."),
    ),
    points=2,
    success="A matcher that knows where it does not know.",
)  # fmt: skip
