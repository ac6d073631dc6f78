"""Which direction does a channel prefer? Ask it, with pictures made for the question.

Show a unit gratings of all orientations, note its response to each, and the tuning curve is there. The curve's
preferred angle and how strongly it is preferred follow from a sum of arrows, one for each stimulus, as long as
the response to it and turned by its angle θ, times 360° over the period of the stimulus:

    selectivity = | sum of r(θ) exp(2πi θ / period) | / sum of r(θ)

Hubel and Wiesel 1959, "Receptive fields of single neurones in the cat's striate cortex".
Ringach et al. 2002, "Orientation selectivity in macaque V1: diversity and laminar dependence".
Cammarata et al. 2020, "Curve Detectors" (Distill), on the same experiment with a network.
"""

import torch


def gratings(angles, phases, wavelength, size):
    """Stripes of every angle and every phase: brightness follows a cosine across the stripes.

    angles:     (A,) degrees; 0 is horizontal stripes, 90 vertical, counterclockwise between them.
    phases:     (P,) degrees.
    wavelength: pixels from one bright stripe to the next.
    size:       pixels of an image's side.
    returns:    (A, P, size, size) in [0, 1]. With row y and column x counted from the middle of
                the image, 0.5 + 0.5 cos(2π (x sin angle + y cos angle) / wavelength + phase).
    """
    position = torch.arange(size, dtype=angles.dtype, device=angles.device)
    position = position - (size - 1) / 2
    angles = torch.deg2rad(angles).view(-1, 1, 1, 1)
    across = position * angles.sin() + position[:, None] * angles.cos()
    shift = torch.deg2rad(phases).view(-1, 1, 1)
    return 0.5 + 0.5 * torch.cos(2 * torch.pi * across / wavelength + shift)


def tuning_curve(maps):
    """How strongly the unit in the middle responds to each angle, at its best phase.

    maps:    (A, P, h, w), one channel's activations for A angles in P phases.
    returns: (A,), the maximum over phases at row h // 2, column w // 2.

    Cammarata et al. 2020, "Curve Detectors", synthetic tuning curves.
    """
    height, width = maps.shape[2:]
    return maps[:, :, height // 2, width // 2].amax(dim=1)


def preferred_angle(curve, period):
    """The direction of a tuning curve's mean arrow, and its length.

    curve:   (A,), responses, nowhere negative, to the angles 0, period / A, 2 period / A, ...
    period:  degrees after which the stimulus is the same again: 180 for gratings, 360 for curves.
    returns: (angle, selectivity): degrees in [0, period), and a number from 0 (responds to all
             angles alike) to 1 (to one alone). A curve of zeros has selectivity 0.

    Ringach et al. 2002, "Orientation selectivity in macaque V1", where 1 minus this is the
    circular variance.
    """
    index = torch.arange(len(curve), dtype=curve.dtype, device=curve.device)
    turn = 2 * torch.pi * index / len(curve)
    x, y = (curve * turn.cos()).sum(), (curve * turn.sin()).sum()
    angle = torch.atan2(y, x) / (2 * torch.pi) * period % period
    return angle, torch.hypot(x, y) / curve.sum().clamp(min=torch.finfo(curve.dtype).tiny)
