import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import grad_cam


def _layers(n, height, width, dtype=torch.float32):
    return lambda g: (
        uniform(g, n, 3, height, width, dtype=dtype),
        uniform(g, n, height, width, dtype=dtype),
        uniform(g, n, 3, height, width, dtype=dtype),
    )


def _extremes(g):
    heat = torch.tensor([[[0.0, 1.0]]])
    return torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1).repeat(1, 1, 1, 2), heat, torch.ones(1, 3, 1, 2)


EXERCISE = Exercise(
    grad_cam.overlay,
    cases=(
        Case("no heat and full heat, by hand", _extremes, random=False),
        Case("one image", _layers(1, 4, 4)),
        Case("a batch of 3, wider than tall", _layers(3, 5, 8)),
        Case("a square batch of 3", _layers(3, 3, 3)),
        Case("double precision", _layers(2, 4, 3, torch.float64)),
    ),
    mistakes=(
        Mistake("constant opacity", lambda i, h, c: 0.5 * i + 0.5 * c,
                "you mixed half and half everywhere, so that cold regions are tinted as well and the photograph is "
                "hidden. Let the heat itself be the opacity, times one half."),
        Mistake("opacity not halved", lambda i, h, c: (1 - h[:, None]) * i + h[:, None] * c,
                "your opacity goes up to one, so that the photograph disappears exactly where one wants to look. "
                "Opacity is half the heat."),
        Mistake("the other way round", lambda i, h, c: 0.5 * h[:, None] * i + (1 - 0.5 * h[:, None]) * c,
                "image and color have changed places: where the heat is 0 one should see the image alone."),
        Mistake("added and clipped", lambda i, h, c: (i + 0.5 * h[:, None] * c).clamp(0, 1),
                "you added color on top of the image. Bright regions burn out and look hot whatever the map says. "
                "Mix: what the color gets, the image has to give."),
        Mistake("heat broadcast along the batch",
                lambda i, h, c: (1 - 0.5 * h) * i + 0.5 * h * c,
                "the heat met the wrong axis: (N, H, W) lines up with the last three axes of (N, 3, H, W), so "
                "image n's heat landed on color n. Give it an axis of length one for the colors."),
    ),
    points=1,
    success="Where nothing was found the photograph is untouched: the picture shows no more than the map says.",
)  # fmt: skip
