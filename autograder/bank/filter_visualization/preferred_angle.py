import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import tuning


def _curve(count, period, dtype=torch.float32):
    return lambda g: (uniform(g, count, dtype=dtype), period)


def _peaked(count, period):
    """A curve with its peak just below the period, so that it wraps around."""

    def inputs(g):
        at = (0.9 + 0.08 * uniform(g, 1)) * 2 * torch.pi
        angles = 2 * torch.pi * torch.arange(count) / count
        return torch.exp(2 * torch.cos(angles - at)), period

    return inputs


def _turns(curve):
    return 2 * torch.pi * torch.arange(len(curve), dtype=curve.dtype) / len(curve)


def _arrow(curve, factor=1.0):
    return (curve * (factor * _turns(curve)).cos()).sum(), (curve * (factor * _turns(curve)).sin()).sum()


def _by(angle=None, selectivity=None):
    """The reference's answer with one of its two parts made in another way."""

    def wrong(curve, period):
        right = tuning.preferred_angle(curve, period)
        return (
            angle(curve, period) if angle else right[0],
            selectivity(curve, period) if selectivity else right[1],
        )

    return wrong


def _no_doubling(curve, period):
    """Angles as they are, whatever the period."""
    x, y = _arrow(curve, period / 360)
    angle = torch.rad2deg(torch.atan2(y, x)) % period
    return angle, torch.hypot(x, y) / curve.sum().clamp(min=torch.finfo(curve.dtype).tiny)


def _linear_mean(curve, period):
    degrees = torch.arange(len(curve), dtype=curve.dtype) * period / len(curve)
    return (curve * degrees).sum() / curve.sum().clamp(min=1e-12)


def _length(curve):
    return torch.hypot(*_arrow(curve))


EXERCISE = Exercise(
    tuning.preferred_angle,
    cases=(
        Case("one of four angles, by hand", lambda g: (torch.tensor([0.0, 3.0, 0.0, 0.0]), 180), random=False),
        Case("twelve angles of gratings", _curve(12, 180)),
        Case("twelve angles of curves", _curve(12, 360)),
        Case("a peak that wraps around", _peaked(16, 180)),
        Case("the same with curves", _peaked(24, 360)),
        Case("a channel that never responds", lambda g: (torch.zeros(6), 180), random=False),
        Case("double precision", _curve(9, 180, torch.float64)),
    ),
    mistakes=(
        Mistake("angles not doubled", _no_doubling,
                "right for curves, wrong for gratings: there 0° and 180° are the same stripes, but your arrows "
                "point in opposite directions and cancel. One period has to be one full turn."),
        Mistake("mean of the numbers", _by(angle=_linear_mean),
                "you averaged the angles as numbers. Halfway between 170° and 10° lies 0°, and you get 90°. Add "
                "up arrows, not numbers."),
        Mistake("angle of the peak", _by(angle=lambda c, p: c.argmax() * p / len(c)),
                "you took the angle of the largest response. That uses one of all responses, and can only be one of "
                "the angles that were shown. The mean arrow uses them all."),
        Mistake("not turned back", _by(angle=lambda c, p: torch.rad2deg(torch.atan2(*_arrow(c)[::-1])) % 360),
                "the angle of the sum has to be turned back: a full turn of the arrow was one period of the stimulus."),
        Mistake("negative angles",
                _by(angle=lambda c, p: torch.atan2(*_arrow(c)[::-1]) / (2 * torch.pi) * p),
                "right up to a full period: some of your angles are negative. Bring them into [0, period)."),
        Mistake("radians", _by(angle=lambda c, p: torch.deg2rad(tuning.preferred_angle(c, p)[0])),
                "your angle is in radians; degrees are asked for."),
        Mistake("length not divided by the sum", _by(selectivity=lambda c, p: _length(c)),
                "your selectivity grows with the responses. Divide by their sum: a channel that responds twice as "
                "much to everything is not more selective."),
        Mistake("length divided by the number", _by(selectivity=lambda c, p: _length(c) / len(c)),
                "you divided by the number of angles. Divide by the sum of the responses, so that one angle alone "
                "gives 1."),
        Mistake("0/0 of a silent channel", _by(selectivity=lambda c, p: _length(c) / c.sum()),
                "a channel that never responds became NaN: 0/0. It prefers nothing; its selectivity is 0."),
        Mistake("peak against trough", _by(selectivity=lambda c, p: (c.max() - c.min()) / c.max().clamp(min=1e-12)),
                "you compared the largest and the smallest response. That says nothing of the responses in between; "
                "the length of the mean arrow does."),
    ),
    points=2,
    success="One number says what a channel prefers, the other whether it has a preference at all.",
)  # fmt: skip
