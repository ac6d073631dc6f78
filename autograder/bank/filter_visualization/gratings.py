import math

import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import tuning


def _drawn(angles, phases, wavelength, size, dtype=torch.float32):
    return lambda g: (
        180 * uniform(g, angles, dtype=dtype), 360 * uniform(g, phases, dtype=dtype), wavelength, size,
    )  # fmt: skip


def _by_hand(g):
    return torch.tensor([0.0, 90.0]), torch.tensor([0.0, 180.0]), 4, 5


def _grating(turn=torch.deg2rad, shift=torch.deg2rad, across=None, wave=None, middle=True):
    """What the reference does, with one of its parts replaced."""

    def wrong(angles, phases, wavelength, size):
        position = torch.arange(size, dtype=angles.dtype) - ((size - 1) / 2 if middle else 0)
        x, y = position, position[:, None]
        a = turn(angles).view(-1, 1, 1, 1)
        distance = across(x, y, a) if across else x * a.sin() + y * a.cos()
        cycles = 2 * torch.pi * distance / wavelength
        cycles = wave(distance, wavelength) if wave else cycles
        return 0.5 + 0.5 * torch.cos(cycles + shift(phases).view(-1, 1, 1))

    return wrong


def _both_signs(angles, phases, wavelength, size):
    return 2 * tuning.gratings(angles, phases, wavelength, size) - 1


def _phases_first(angles, phases, wavelength, size):
    return tuning.gratings(angles, phases, wavelength, size).transpose(0, 1)


def _sine(angles, phases, wavelength, size):
    return tuning.gratings(angles, phases - 90, wavelength, size)


def _square_wave(angles, phases, wavelength, size):
    return tuning.gratings(angles, phases, wavelength, size).round()


EXERCISE = Exercise(
    tuning.gratings,
    cases=(
        Case("horizontal and vertical by hand", _by_hand, random=False),
        Case("one oblique grating", _drawn(1, 1, 7.0, 12)),
        Case("five angles in three phases", _drawn(5, 3, 5.5, 9)),
        Case("as many angles as phases", _drawn(4, 4, 10, 16)),
        Case("double precision", _drawn(3, 2, math.pi, 8, torch.float64)),
    ),
    mistakes=(
        Mistake("stripes at a right angle", _grating(across=lambda x, y, a: x * a.cos() + y * a.sin()),
                "sine and cosine have changed places, so that 0° gives vertical stripes. `angle` is the direction "
                "in which the stripes run; brightness changes at a right angle to that."),
        Mistake("clockwise", _grating(across=lambda x, y, a: y * a.cos() - x * a.sin()),
                "your stripes turn clockwise. Rows are counted downwards, so one sign is the other way round than "
                "in a schoolbook."),
        Mistake("degrees taken as radians", _grating(turn=lambda a: a),
                "you gave degrees to sine and cosine, which expect radians."),
        Mistake("phase taken as radians", _grating(shift=lambda p: p),
                "the stripes have the right direction but lie in the wrong place: the phase is in degrees as "
                "well, and cosine expects radians."),
        Mistake("wavelength taken as frequency", _grating(wave=lambda d, w: 2 * torch.pi * d * w),
                "you multiplied by the wavelength. A longer wave changes more slowly: divide."),
        Mistake("2π left out", _grating(wave=lambda d, w: d / w),
                "your stripes are about six times too wide: one period of the cosine is 2π, not 1."),
        Mistake("from the corner", _grating(middle=False),
                "you count rows and columns from the corner. Counted from the middle, the same phase means the "
                "same at every angle; from the corner, turning the stripes also moves them."),
        Mistake("from −1 to 1", _both_signs,
                "your values go from −1 to 1. An image goes from 0 to 1, with 0.5 as the gray between the stripes."),
        Mistake("phases before angles", _phases_first,
                "the first two axes have changed places: angles first, then phases."),
        Mistake("sine", _sine,
                "you took a sine where the formula has a cosine. At phase 0 the middle of the image is brightest."),
        Mistake("square wave", _square_wave,
                "your stripes have hard edges. A hard edge contains many wavelengths at once; the cosine has one, and "
                "that is why it is used."),
    ),
    points=1,
    success="A question that no photograph asks: one direction, one width, nothing else.",
)  # fmt: skip
