"""Short videos with things that move, and where each of them really is: to learn from by tracking.

A camera pans and zooms over a photograph; before it a few round pieces of other photographs move along smooth paths,
turn, grow or shrink, and the light changes. A tracker sees only the frames.
"""

import math
from typing import NamedTuple

import torch
from torch.nn import functional as F

from lib.datasets.flow import PHOTOGRAPHS, cut


class Video(NamedTuple):
    """frames: (T, 3, H, W) in [0, 1].  centers: (T, things, 2), x and y in pixels.  radii: (T, things), pixels."""

    frames: torch.Tensor
    centers: torch.Tensor
    radii: torch.Tensor


def video(length=16, size=96, things=3, generator=None, photographs=PHOTOGRAPHS):
    """One `Video` of `length` frames of size × size pixels, with `things` moving in it."""
    time = torch.linspace(0, 1, length)

    def path(low, high, waver=0.1):
        """A smooth way from one random value to another, (T,)."""
        ends = low + (high - low) * torch.rand(2, generator=generator)
        phase, height = torch.rand(2, generator=generator)
        waves = torch.sin(2 * math.pi * (time + phase)) - torch.sin(2 * math.pi * phase)
        return ends[0] + (ends[1] - ends[0]) * time + waver * (high - low) * height * waves

    ground = cut(1, 2 * size, generator, photographs).expand(length, -1, -1, -1)
    camera = torch.stack([path(-0.3, 0.3), path(-0.3, 0.3)], dim=1)
    frames = _sampled(ground, _turned(path(-0.1, 0.1), path(0.45, 0.6)), camera, size)
    position = (torch.arange(size) + 0.5) / size * 2 - 1
    centers, radii = [], []
    for _ in range(things):
        x, y, radius, angle = path(-0.7, 0.7), path(-0.7, 0.7), path(0.18, 0.32), path(-0.5, 0.5)
        texture = cut(1, size, generator, photographs).expand(length, -1, -1, -1)
        center, matrix = torch.stack([x, y], dim=1), _turned(angle, 0.9 / radius)
        # Places are counted from the middle of the thing, so that its picture goes where it goes.
        piece = _sampled(texture, matrix, -(matrix @ center[:, :, None])[:, :, 0], size)
        away = torch.hypot(position - x.view(-1, 1, 1), position[:, None] - y.view(-1, 1, 1))
        cover = ((radius.view(-1, 1, 1) - away) * size / 2 + 0.5).clamp(0, 1)[:, None]
        frames = cover * piece + (1 - cover) * frames
        centers.append((center + 1) * size / 2 - 0.5)
        radii.append(radius * size / 2)
    light = 1 + path(-0.15, 0.15).view(-1, 1, 1, 1)
    frames = light * frames + 0.01 * torch.randn(frames.shape, generator=generator)
    return Video(frames.clamp(0, 1), torch.stack(centers, dim=1), torch.stack(radii, dim=1))


def _turned(angles, scales):
    """Rotations (T,) in radians times scales (T,), as matrices (T, 2, 2)."""
    cosine, sine = angles.cos() * scales, angles.sin() * scales
    return torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)


def _sampled(pictures, matrices, offsets, size):
    """Pictures (T, 3, ...) looked up at matrix · place + offset, (T, 3, size, size); the sides are at −1 and 1."""
    matrices = torch.cat([matrices, offsets[:, :, None]], dim=2)
    places = F.affine_grid(matrices, (len(pictures), 3, size, size), align_corners=False)
    return F.grid_sample(pictures, places, align_corners=False)
