import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import tuning


def _maps(angles, phases, height, width, dtype=torch.float32):
    return lambda g: (uniform(g, angles, phases, height, width, dtype=dtype),)


def _by_hand(g):
    maps = torch.zeros(2, 2, 3, 3)
    maps[0, :, 1, 1], maps[1, :, 1, 1] = torch.tensor([1.0, 4.0]), torch.tensor([3.0, 2.0])
    maps[:, :, 0, 0] = 9
    return (maps,)


def _middle(maps):
    return maps[:, :, maps.shape[2] // 2, maps.shape[3] // 2]


EXERCISE = Exercise(
    tuning.tuning_curve,
    cases=(
        Case("two angles by hand, loud corners", _by_hand, random=False),
        Case("eight angles in four phases", _maps(8, 4, 7, 7)),
        Case("an even grid, wider than tall", _maps(6, 3, 4, 8)),
        Case("as many angles as phases", _maps(5, 5, 3, 5)),
        Case("before the ReLU, with negative responses", lambda g: (normal(g, 6, 4, 5, 3) - 2,)),
        Case("double precision", _maps(4, 2, 5, 5, torch.float64)),
    ),
    mistakes=(
        Mistake("maximum over all positions", lambda m: m.amax(dim=(1, 2, 3)),
                "you took the maximum over all positions. At the border a unit sees the edge of the picture, and "
                "answers to that. Ask the unit in the middle alone."),
        Mistake("mean over phases", lambda m: _middle(m).mean(dim=1),
                "you averaged over the phases. Where the bright stripe misses the unit's field, the unit is silent "
                "without disliking the angle. Take the phase that suits it best."),
        Mistake("mean over positions", lambda m: m.mean(dim=(2, 3)).amax(dim=1),
                "you averaged over the positions. That counts the units at the border too, which see the edge of "
                "the picture. Take the unit in the middle."),
        Mistake("one phase only", lambda m: _middle(m)[:, 0],
                "you looked at the first phase only. Whether its stripe falls on the right spot is chance; take "
                "the best of all phases."),
        Mistake("maximum over angles", lambda m: _middle(m).amax(dim=0),
                "you took the maximum over the angles and kept the phases. It is the angles that make the curve: "
                "axis 0 stays."),
        Mistake("scaled to its maximum", lambda m: _middle(m).amax(dim=1) / _middle(m).amax(),
                "you divided the curve by its maximum. Leave the responses as they are: a channel that hardly "
                "responds should not look like one that does."),
        Mistake("absolute value", lambda m: _middle(m).abs().amax(dim=1),
                "you took absolute values. A strongly negative response is a strong no, and it would look like "
                "a yes."),
        Mistake("the corner unit", lambda m: m[:, :, 0, 0].amax(dim=1),
                "you looked at the unit in the corner, most of whose field is padding. Take the one in the middle."),
        Mistake("phases kept", _middle,
                "you kept one value for each phase. Keep the largest: one number for each angle."),
    ),
    points=1,
    success="This is the experiment with which Hubel and Wiesel opened the visual cortex, minus the cat.",
)  # fmt: skip
