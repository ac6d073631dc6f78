"""Little creatures on cluttered grounds, with the place of every head, wing and tail: to ask what a filter looks for.

Four species have the same body and differ in three parts. In each image the parts turn and move a little against each
other, and colors say nothing: each is drawn by chance, whatever the species. A fifth class is a body without parts.
Every shape is a signed distance, drawn for all images at once.
"""

import math
from typing import NamedTuple

import torch
from torch.nn import functional as F

NAMES = ("beaker", "longear", "feeler", "comb", "stone")
PARTS = ("head", "wing", "tail")
# Where a part sits on a creature that looks to the right, and how large it is, in units of half a body.
SEATS = {"head": (1.15, -0.45, 0.62), "wing": (-0.1, -0.5, 0.72), "tail": (-1.4, -0.2, 0.66)}
TOGETHER = 40  # images drawn at once: so many stay in a processor's cache


class Planted(NamedTuple):
    """Creatures and where their parts are.

    images:  (N, 3, H, W) float32 in [0, 1].
    labels:  (N,) int64, positions in `names`.
    centers: (N, 3, 2), x and y in pixels of the mean of the pixels of head, wing and tail; NaN where there is none.
    boxes:   (N, 3, 4), what a part covers: first column and row, last column and row; NaN where there is none.
    names:   the classes, a tuple of strings; the last has no parts.
    parts:   the names of the parts.
    """

    images: torch.Tensor
    labels: torch.Tensor
    centers: torch.Tensor
    boxes: torch.Tensor
    names: tuple = NAMES
    parts: tuple = PARTS


def planted(count, size=72, generator=None, without=()):
    """Creatures of all classes in turn, as `Planted`.

    count:   how many images.
    size:    their sides in pixels.
    without: names of parts that are left out. All else is as it would be with them, for the same seed; centers and
             boxes still say where they would be.
    """
    unknown = [name for name in without if name not in PARTS]
    if unknown:
        raise ValueError(f"there is no part {unknown[0]!r}; choose from {', '.join(PARTS)}")
    labels = torch.arange(count) % len(NAMES)
    drawn = [_drawn(some, size, generator, without) for some in labels.split(TOGETHER)]
    images, centers, boxes = (torch.cat(parts) for parts in zip(*drawn))
    return Planted(images, labels, centers, boxes)


def _drawn(labels, size, generator, without):
    """Images, centers and boxes for some labels."""
    count = len(labels)
    chance = _Chance(count, generator)
    grid = torch.arange(size, dtype=torch.float32)
    places = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), dim=-1)
    images = _ground(chance, size)
    unit = size * chance.between(0.135, 0.185)
    turn, mirror = chance.between(-0.6, 0.6), torch.where(chance.between(0, 1) < 0.5, -1.0, 1.0)
    middle = torch.stack([chance.between(0.42, 0.58), chance.between(0.45, 0.6)], dim=1) * (size - 1)
    first, second = chance.colors(), chance.colors()
    body = _Frame(places, middle, unit, turn, mirror)
    images = _painted(images, body.ellipse(0, 0, 1.2, 0.62), first)
    for foot in (-0.45, 0.35):
        images = _painted(images, body.capsule(foot, 0.45, foot + 0.1, 0.95, 0.09), first)
    images = _painted(images, body.ellipse(0.1, 0.22, 0.75, 0.2), 0.6 * first + 0.4 * second)
    has = labels < len(NAMES) - 1
    centers, boxes = torch.full((count, 3, 2), torch.nan), torch.full((count, 3, 4), torch.nan)
    for number, part in enumerate(PARTS):
        x, y, scale = SEATS[part]
        offset = torch.stack([x + chance.between(-0.15, 0.15), y + chance.between(-0.2, 0.2)], dim=1)
        frame = _Frame(
            places, body.outside(offset), unit * scale * chance.between(0.85, 1.15),
            turn + mirror * chance.between(-0.45, 0.45), mirror,
        )  # fmt: skip
        color, contrast = chance.two_colors()
        cover = torch.zeros_like(images[:, 0])
        painted = images.clone()
        for species in range(len(NAMES) - 1):
            chosen = labels == species
            if not chosen.any():
                continue
            layers = DRAWINGS[part][species](frame.of(chosen))
            some, covered = painted[chosen], cover[chosen]
            for distance, which in layers:
                paint = {"first": color, "second": contrast, "dark": 0 * color + 0.05, "light": 0 * color + 0.95}
                some = _painted(some, distance, paint[which][chosen])
                covered = torch.maximum(covered, (0.5 - distance).clamp(0, 1))
            painted[chosen], cover[chosen] = some, covered
        if part not in without:
            images = painted
        centers[has, number], boxes[has, number] = _extent(cover[has])
    images = images + 0.02 * torch.randn(images.shape, generator=generator)
    return images.clamp(0, 1), centers, boxes


class _Chance:
    """Random numbers, one for each image."""

    def __init__(self, count, generator):
        self.count, self.generator = count, generator

    def between(self, low, high, *shape):
        return low + (high - low) * torch.rand(self.count, *shape, generator=self.generator)

    def colors(self):
        return self.between(0.1, 0.9, 3)

    def two_colors(self):
        """Colors (N, 3), and others that are clearly lighter or darker."""
        first = self.between(0.05, 0.95, 3)
        lighter = first.mean(dim=1, keepdim=True) < 0.5
        target = torch.where(lighter, self.between(0.75, 1.0, 3), self.between(0.0, 0.25, 3))
        return first, target


class _Frame:
    """Coordinates of a thing: its middle is at 0, x points where it looks, one unit is `scale` pixels.

    Each shape is a signed distance in pixels, (N, H, W): negative inside.
    """

    def __init__(self, places, middle, scale, angle, mirror):
        self.places, self.middle, self.scale, self.angle, self.mirror = places, middle, scale, angle, mirror
        away = places - middle[:, None, None]
        cosine, sine = (function(angle)[:, None, None] for function in (torch.cos, torch.sin))
        self.u = (cosine * away[..., 0] + sine * away[..., 1]) / scale[:, None, None] * mirror[:, None, None]
        self.v = (cosine * away[..., 1] - sine * away[..., 0]) / scale[:, None, None]

    def of(self, chosen):
        """The same for some of the images."""
        return _Frame(self.places, self.middle[chosen], self.scale[chosen], self.angle[chosen], self.mirror[chosen])

    def outside(self, point):
        """Points (N, 2) of this frame as pixels."""
        x, y = point[:, 0] * self.mirror * self.scale, point[:, 1] * self.scale
        cosine, sine = self.angle.cos(), self.angle.sin()
        return self.middle + torch.stack([cosine * x - sine * y, sine * x + cosine * y], dim=1)

    def _pixels(self, distance):
        return distance * self.scale[:, None, None]

    def disc(self, x, y, radius):
        return self._pixels(torch.hypot(self.u - x, self.v - y) - radius)

    def ring(self, x, y, radius, width):
        return self._pixels((torch.hypot(self.u - x, self.v - y) - radius).abs() - width)

    def ellipse(self, x, y, a, b):
        return self._pixels((torch.hypot((self.u - x) / a, (self.v - y) / b) - 1) * min(a, b))

    def capsule(self, x0, y0, x1, y1, radius):
        """A line with round ends."""
        dx, dy = x1 - x0, y1 - y0
        along = (((self.u - x0) * dx + (self.v - y0) * dy) / (dx * dx + dy * dy)).clamp(0, 1)
        return self._pixels(torch.hypot(self.u - x0 - along * dx, self.v - y0 - along * dy) - radius)

    def polygon(self, *corners):
        """A convex polygon; its corners run clockwise on the screen."""
        sides = []
        for (x0, y0), (x1, y1) in zip(corners, (*corners[1:], corners[0])):
            length = math.hypot(x1 - x0, y1 - y0)
            sides.append(((self.u - x0) * (y1 - y0) - (self.v - y0) * (x1 - x0)) / length)
        return self._pixels(torch.stack(sides).amax(dim=0))

    def stripes(self, shape, period):
        """Bars across a shape."""
        bars = self._pixels(((self.u / period + 0.25) % 1 - 0.5).abs() * period - period / 4)
        return torch.maximum(shape, bars)


def _face(frame):
    """The layers that all heads share: a round head with an eye."""
    return [(frame.disc(0, 0, 0.72), "first"), (frame.disc(0.22, -0.15, 0.27), "light"),
            (frame.disc(0.28, -0.15, 0.14), "dark")]  # fmt: skip


def _beak(f):
    return [(f.polygon((0.4, -0.45), (1.75, 0.12), (0.4, 0.5)), "second"), *_face(f)]


def _ears(f):
    return [(f.capsule(-0.25, -0.5, -0.6, -1.5, 0.26), "second"), (f.capsule(0.15, -0.5, 0.3, -1.6, 0.26), "second"),
            *_face(f)]  # fmt: skip


def _feelers(f):
    return [(f.capsule(-0.1, -0.5, -0.5, -1.35, 0.08), "second"), (f.capsule(0.3, -0.5, 0.85, -1.25, 0.08), "second"),
            *_face(f), (f.disc(-0.5, -1.35, 0.3), "second"), (f.disc(0.85, -1.25, 0.3), "second")]  # fmt: skip


def _crest(f):
    spikes = [f.polygon((x - 0.28, y), (x + s, y - 0.85), (x + 0.3, y)) for x, y, s in
              ((-0.55, -0.3, -0.5), (-0.1, -0.55, -0.1), (0.4, -0.5, 0.3))]  # fmt: skip
    return [*((spike, "second") for spike in spikes), *_face(f)]


def _striped_wing(f):
    wing = f.ellipse(0, 0, 1.0, 0.7)
    return [(wing, "first"), (f.stripes(wing, 0.5), "second")]


def _spotted_wing(f):
    spots = ((-0.45, -0.15), (0.05, -0.33), (0.5, 0.0), (0.0, 0.3))
    return [(f.ellipse(0, 0, 1.0, 0.7), "first"), *((f.disc(x, y, 0.19), "second") for x, y in spots)]


def _ringed_wing(f):
    return [(f.disc(0, 0, 0.85), "first"), (f.ring(0, 0, 0.5, 0.13), "second"), (f.disc(0, 0, 0.16), "second")]


def _crossed_wing(f):
    diamond = f.polygon((-1.05, 0.0), (0.0, -0.85), (1.05, 0.0), (0.0, 0.85))
    bars = f.capsule(-0.6, 0, 0.6, 0, 0.14), f.capsule(0, -0.5, 0, 0.5, 0.14)
    return [(diamond, "first"), *((bar, "second") for bar in bars)]


def _forked_tail(f):
    return [(f.polygon((0.8, -0.15), (0.8, 0.15), (-1.2, -0.5), (-1.2, -0.85)), "first"),
            (f.polygon((0.8, 0.15), (-1.2, 0.95), (-1.2, 0.6), (0.8, -0.15)), "first")]  # fmt: skip


def _ball_tail(f):
    return [(f.capsule(0.8, 0.1, -0.1, 0.0, 0.13), "first"), (f.disc(-0.5, 0.0, 0.55), "first"),
            (f.ring(-0.5, 0.0, 0.3, 0.11), "second")]  # fmt: skip


def _fan_tail(f):
    rays = [(-1.0 * math.cos(a), -1.0 * math.sin(a)) for a in (-0.9, -0.3, 0.3, 0.9)]
    fan = f.polygon((0.8, 0.1), (-0.45, 0.95), (-0.95, 0.55), (-1.1, 0.0), (-0.95, -0.55), (-0.45, -0.95))
    return [(fan, "first"), *((f.capsule(0.5, 0, 0.95 * x, 0.75 * y, 0.07), "second") for x, y in rays)]


def _zigzag_tail(f):
    turns = ((0.8, 0.1), (0.35, -0.5), (-0.1, 0.45), (-0.55, -0.5), (-1.0, 0.4))
    return [(f.capsule(*a, *b, 0.17), "first") for a, b in zip(turns, turns[1:])]


DRAWINGS = {
    "head": (_beak, _ears, _feelers, _crest),
    "wing": (_striped_wing, _spotted_wing, _ringed_wing, _crossed_wing),
    "tail": (_forked_tail, _ball_tail, _fan_tail, _zigzag_tail),
}


def _painted(images, distance, colors):
    """Images (N, 3, H, W) with a shape laid over them: a signed distance (N, H, W) in pixels, and colors (N, 3)."""
    cover = (0.5 - distance).clamp(0, 1)[:, None]
    return images + cover * (colors[:, :, None, None] - images)


def _ground(chance, size):
    """Soft patches of color with bars, discs and corners before them, (N, 3, size, size)."""
    coarse = chance.between(0.15, 0.85, 3, 4, 4)
    images = F.interpolate(coarse, (size, size), mode="bilinear", align_corners=False)
    grid = torch.arange(size, dtype=torch.float32)
    places = torch.stack(torch.meshgrid(grid, grid, indexing="xy"), dim=-1)
    straight = torch.ones(chance.count)
    for number in range(9):
        middle = chance.between(0, size, 2)
        frame = _Frame(places, middle, size * chance.between(0.04, 0.1), chance.between(-3.2, 3.2), straight)
        shape = (frame.capsule(-1.2, 0, 1.2, 0, 0.2), frame.disc(0, 0, 0.6),
                 frame.polygon((-0.8, 0.6), (0.0, -0.8), (0.8, 0.6)))[number % 3]  # fmt: skip
        images = _painted(images, shape, chance.colors())
    return images


def _extent(cover):
    """The mean place (N, 2) and the box (N, 4) of what is covered by at least a half, in masks (N, H, W)."""
    inside = cover >= 0.5
    columns, rows = inside.any(dim=1), inside.any(dim=2)
    size = cover.shape[2]
    position = torch.arange(size, dtype=torch.float32)
    mass = inside.sum(dim=(1, 2)).float()
    center = torch.stack([(inside.sum(dim=1) * position).sum(dim=1), (inside.sum(dim=2) * position).sum(dim=1)], dim=1)
    low = torch.stack([columns.float().argmax(dim=1), rows.float().argmax(dim=1)], dim=1)
    high = size - 1 - torch.stack([columns.flip(1).float().argmax(dim=1), rows.flip(1).float().argmax(dim=1)], dim=1)
    return center / mass[:, None], torch.cat([low, high], dim=1).float()
