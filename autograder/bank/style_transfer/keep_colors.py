import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import color_transfer
from lib.color_transfer import luminance


def _two(*shape, dtype=torch.float32):
    return lambda g: (uniform(g, *shape, dtype=dtype), uniform(g, *shape, dtype=dtype))


def _by_hand(g):
    stylized = torch.tensor([1.0, 1.0, 1.0]).view(1, 3, 1, 1)
    return stylized, torch.tensor([0.5, 0.0, 0.0]).view(1, 3, 1, 1)


def _gray(stylized, photographs):
    return luminance(stylized).repeat(1, 3, 1, 1)


def _plain_mean(stylized, photographs):
    return photographs + (stylized - photographs).mean(dim=1, keepdim=True)


def _scaled(stylized, photographs):
    return photographs * luminance(stylized) / luminance(photographs)


def _reversed(stylized, photographs):
    return stylized + luminance(stylized - photographs)


EXERCISE = Exercise(
    color_transfer.keep_colors,
    cases=(
        Case("one pixel by hand", _by_hand, random=False),
        Case("one picture", _two(1, 3, 4, 5)),
        Case("a batch of 3", _two(3, 3, 3, 2)),
        Case("double precision", _two(2, 3, 2, 4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("roles exchanged", lambda s, p: color_transfer.keep_colors(p, s),
                "you kept the colors of the stylized picture and took the light of the photograph. It is to be the "
                "other way around."),
        Mistake("mean of the colors", _plain_mean,
                "you took the mean of red, green and blue for the luminance. The eye does not: green counts most, blue "
                "hardly at all."),
        Mistake("scaled", _scaled,
                "you multiplied the photograph until its luminance fits. That makes bright pixels more colorful; I and "
                "Q stay the same only when the same amount is *added* to all three."),
        Mistake("no color left", _gray,
                "what is left is gray: the luminance alone. The photograph's colors belong under it."),
        Mistake("cut off", lambda s, p: color_transfer.keep_colors(s, p).clamp(0, 1),
                "you cut the result off at 0 and 1. The docstring leaves that to the caller, so that the luminance is "
                "exact."),
        Mistake("luminance added", lambda s, p: p + luminance(s),
                "you added the luminance of the stylized picture to a photograph that already has one. Only the "
                "difference of the two is missing."),
        Mistake("difference added to the stylized picture", _reversed,
                "you added the difference to the stylized picture. Start from the photograph: its colors are to stay."),
    ),
    points=1,
    success="Brush strokes are mostly light and dark. That is why this works at all.",
)  # fmt: skip
