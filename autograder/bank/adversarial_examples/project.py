import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import gradient_attacks


def _points(*shape, norm, epsilon, far, contrast=1.0, dtype=torch.float32):
    """Images, and candidates that are `far` times as far away as allowed, the last of them near."""

    def inputs(g):
        images = (0.5 + contrast * (uniform(g, *shape, dtype=dtype) - 0.5)).clamp(0, 1)
        changes = normal(g, *shape, dtype=dtype)
        size = changes.flatten(1).norm(p=norm, dim=1).view(-1, 1, 1, 1)
        reach = far * epsilon * torch.ones(len(images), 1, 1, 1, dtype=dtype)
        reach[-1] = 0.4 * epsilon if len(images) > 1 else reach[-1]
        return images + reach * changes / size, images, epsilon, norm

    return inputs


def _by_hand(norm):
    def inputs(g):
        return torch.tensor([[[[0.8, 0.1, 1.3]]]]), torch.tensor([[[[0.5, 0.5, 0.9]]]]), 0.2, norm

    return inputs


def _same(g):
    images = uniform(g, 2, 3, 4, 4)
    return images.clone(), images, 0.1, 2


def _lengths(changes):
    return changes.flatten(1).norm(dim=1).view(-1, 1, 1, 1)


def _ball(changes, epsilon, norm):
    if norm == torch.inf:
        return changes.clamp(-epsilon, epsilon)
    return changes * (epsilon / _lengths(changes).clamp(min=1e-12)).clamp(max=1)


def _colors_first(candidates, images, epsilon, norm):
    return images + _ball(candidates.clamp(0, 1) - images, epsilon, norm)


def _by(infinity=None, two=None):
    """The wrong answer with another ball for one of the norms."""

    def wrong(candidates, images, epsilon, norm):
        changes, other = candidates - images, infinity if norm == torch.inf else two
        return (images + (_ball(changes, epsilon, norm) if other is None else other(changes, epsilon))).clamp(0, 1)

    return wrong


def _scaled_by_the_largest(changes, epsilon):
    return changes * (epsilon / changes.abs().amax(dim=(1, 2, 3), keepdim=True)).clamp(max=1)


EXERCISE = Exercise(
    gradient_attacks.project,
    cases=(
        Case("three values by hand, norm ∞", _by_hand(torch.inf), random=False),
        Case("three values by hand, norm 2", _by_hand(2), random=False),
        Case("norm ∞, a batch of 3", _points(3, 3, 4, 5, norm=torch.inf, epsilon=0.1, far=2)),
        Case("norm 2, a batch of 3", _points(3, 3, 4, 5, norm=2, epsilon=0.5, far=3)),
        Case("norm 2, black and white images", _points(3, 1, 4, 4, norm=2, epsilon=0.6, far=4, contrast=100.0)),
        Case("norm 2, candidates that are the images", _same),
        Case("norm 2, gray images, double precision",
             _points(2, 3, 3, 4, norm=2, epsilon=0.7, far=1.5, contrast=0.3, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("colors before the ball", _colors_first,
                "you cut off the colors first and projected then. With the norm 2 that is another point: what was cut "
                "off no longer counts in the length. First the ball, then the colors."),
        Mistake("colors forgotten", lambda x, images, e, norm: images + _ball(x - images, e, norm),
                "your results are within reach, but some are no colors: below 0 or above 1."),
        Mistake("ball forgotten", lambda x, images, e, norm: x.clamp(0, 1),
                "you brought the values back into the range of colors, but not within ε of the image."),
        Mistake("ball around zero", lambda x, images, e, norm: _ball(x, e, norm).clamp(0, 1),
                "your ball is around black. It is the change that must be small, not the image."),
        Mistake("always of length ε", _by(two=lambda c, e: e * c / _lengths(c).clamp(min=1e-12)),
                "for the norm 2 you give every change the length ε, also those that were shorter. What is inside the "
                "ball is its own nearest point."),
        Mistake("largest change for both norms", _by(two=lambda c, e: c.clamp(-e, e)),
                "for the norm 2 you cut each value at ε. Then every value may go that far, and all together are much "
                "farther away."),
        Mistake("scaled for the norm ∞", _by(infinity=_scaled_by_the_largest),
                "for the norm ∞ you shrink all changes until the largest fits. That is within reach but not the "
                "nearest: the ball is a cube, so each value can be treated alone."),
        Mistake("length of all images together",
                _by(two=lambda c, e: c * (e / c.norm().clamp(min=1e-12)).clamp(max=1)),
                "for the norm 2 you measured the whole batch as one. Each image has ε for itself."),
        Mistake("length without its root",
                _by(two=lambda c, e: c * (e / _lengths(c).square().clamp(min=1e-12)).clamp(max=1)),
                "for the norm 2 you compare ε with the sum of the squares. Take the root."),
        Mistake("nothing by nothing", _by(two=lambda c, e: c * (e / _lengths(c)).clamp(max=1) + 0 * c / _lengths(c)),
                "a candidate that has not moved at all gives 0 / 0 in yours. It is within reach, and stays."),
    ),
    points=2,
    success="Every attack below will be brought back here after each step.",
)  # fmt: skip
