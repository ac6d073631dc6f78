"""Image pairs whose motion is known, because one of the two is made from the other.

As Flying Chairs did for FlowNet (Dosovitskiy et al. 2015), at a laptop's size: photographs moved by a smooth flow, or
by pieces, each with an affine motion of its own and with edges between them.
"""

from functools import cache

import torch
from torch.nn import functional as F

from lib import images

PHOTOGRAPHS = ("cat", "coffee", "astronaut", "rocket", "china", "flower", "ihc", "hubble", "gravel", "grass", "brick")


def pairs(count, size=64, kind="both", largest=8.0, generator=None, photographs=PHOTOGRAPHS):
    """Pairs of images, and for every pixel of the first where it went.

    size:       pixels of a side.
    kind:       "smooth", "affine" (pieces), or "both" in turn.
    largest:    pixels; no motion is longer.
    photographs: names of `lib.images.SAMPLES` to cut from; keep some for the test.
    returns:    (first, second, flow): images (N, 3, H, W) in [0, 1] and (N, 2, H, W), to the right and down, in
                pixels: first[y, x] = second[y + flow[1, y, x], x + flow[0, y, x]], between pixels bilinearly.
    """
    if kind not in ("smooth", "affine", "both"):
        raise ValueError(f'kind is "smooth", "affine" or "both", not {kind!r}')
    margin = int(largest) + 2
    whole = cut(count, size + 2 * margin, generator, photographs)
    kinds = {"smooth": [smooth_flow], "affine": [affine_flow], "both": [smooth_flow, affine_flow]}[kind]
    flow = torch.stack([kinds[number % len(kinds)](size, largest, generator) for number in range(count)])
    position = torch.arange(size, dtype=torch.float32) + margin
    x, y = position + flow[:, 0], position[:, None] + flow[:, 1]
    places = (2 * torch.stack([x, y], dim=3) + 1) / (size + 2 * margin) - 1
    first = F.grid_sample(whole, places, align_corners=False)
    return first, whole[..., margin:-margin, margin:-margin].contiguous(), flow


def smooth_flow(size, largest, generator=None):
    """(2, size, size): a common motion plus slow waves."""
    coarse = torch.randn(1, 2, 4, 4, generator=generator)
    common = torch.randn(1, 2, 1, 1, generator=generator)
    waves = F.interpolate(coarse + common, size=(size, size), mode="bicubic", align_corners=True)[0]
    return _bounded(waves, largest, generator)


def affine_flow(size, largest, generator=None, pieces=3):
    """(2, size, size): a background and some ellipses before it, each with a motion, turn and scale of its own."""
    position = torch.linspace(-1, 1, size)
    x, y = position.expand(size, size), position[:, None].expand(size, size)
    flow = None
    for _ in range(pieces + 1):
        shift, matrix = torch.randn(2, 1, 1, generator=generator), 0.4 * torch.randn(2, 2, generator=generator)
        motion = shift + torch.einsum("ij,jhw->ihw", matrix, torch.stack([x, y]))
        middle = 1.4 * torch.rand(2, generator=generator) - 0.7
        long, wide = 0.25 + 0.45 * torch.rand(2, generator=generator)
        inside = ((x - middle[0]) / long) ** 2 + ((y - middle[1]) / wide) ** 2 < 1
        flow = motion if flow is None else torch.where(inside, motion, flow)
    return _bounded(flow, largest, generator)


def cut(count, size, generator=None, photographs=PHOTOGRAPHS):
    """Squares (N, 3, size, size) from random places of photographs, at random scales, some of them mirrored."""
    squares = []
    for _ in range(count):
        place, mirror, scale = torch.rand(3, generator=generator).tolist()
        name = photographs[int(torch.randint(len(photographs), (), generator=generator))]
        whole = _photograph(name)
        side = min(min(whole.shape[2:]), round(size * (1 + 1.5 * scale)))
        top = int(place * (whole.shape[2] - side + 1))
        left = int(torch.rand((), generator=generator) * (whole.shape[3] - side + 1))
        square = images.resize(whole[..., top : top + side, left : left + side], (size, size))
        squares.append(square.flip(3) if mirror < 0.5 else square)
    return torch.cat(squares)


@cache
def _photograph(name):
    return images.sample(name)


def _bounded(flow, largest, generator):
    """The flow scaled so that its longest motion is between a quarter of `largest` and all of it."""
    share = 0.25 + 0.75 * torch.rand((), generator=generator)
    return flow * share * largest / flow.norm(dim=0).max().clamp(min=1e-6)
