"""Pictures made for a question: arcs of every direction, to find the channels that detect curves.

Cammarata et al. 2020, "Curve Detectors" (Distill), synthetic stimuli.
"""

import torch


def curves(angles, shifts, radius, size, thickness=2.0):
    """A bright arc through the middle of a gray image, for every direction and some shifts.

    angles:    (A,) degrees, the direction from the middle of the image to the center of the arc's circle:
               0 is right, 90 is up. So 0 looks like "(" and 180 like ")".
    shifts:    (S,) pixels by which the arc is moved towards its center.
    radius:    pixels; a large one gives a straight line.
    size:      pixels of an image's side. The arc fades out at a quarter of it.
    thickness: pixels, the standard deviation of the arc's profile.
    returns:   (A, S, size, size) in [0.5, 1]; 1 minus it has dark arcs.
    """
    position = torch.arange(size, dtype=angles.dtype, device=angles.device) - (size - 1) / 2
    x, y = position, position[:, None]
    angles = torch.deg2rad(angles).view(-1, 1, 1, 1)
    reach = radius + shifts.view(-1, 1, 1)
    away = torch.hypot(x - reach * angles.cos(), y + reach * angles.sin()) - radius
    fade = torch.exp(-(x**2 + y**2) / (2 * (size / 5) ** 2))
    return 0.5 + 0.5 * fade * torch.exp(-(away**2) / (2 * thickness**2))
