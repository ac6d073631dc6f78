"""The correlation layer against unfold, and matching along scan lines against a loop over pixels."""

import torch
from torch.nn import functional as F

from lib.correlation import correlation
from lib.stereo_matching import scan_line_similarities

RADIUS, LARGEST = 4, 32


def unfolded(first, second):
    side = 2 * RADIUS + 1
    around = F.unfold(second, side, padding=RADIUS)
    around = around.view(len(second), second.shape[1], side**2, *second.shape[2:])
    return (first[:, :, None] * around).mean(dim=1)


def pixel_by_pixel(left, right):
    """For one pair (1, D, H, W): each pixel of a row with the candidates to its left, at once."""
    _, _, height, width = left.shape
    found = left.new_full((1, LARGEST + 1, height, width), -torch.inf)
    for y in range(height):
        for x in range(width):
            candidates = right[0, :, y, max(x - LARGEST, 0) : x + 1].flip(1)
            found[0, : candidates.shape[1], y, x] = left[0, :, y, x] @ candidates
    return found


def run(measure):
    generator = torch.Generator().manual_seed(0)
    first, second = (torch.randn(4, 32, 48, 64, generator=generator) for _ in range(2))
    measure(
        "correspondence, correlation", "unfold", lambda: correlation(first, second, RADIUS),
        lambda: unfolded(first, second), lambda a, b: torch.allclose(a, b, atol=1e-5),
        details=", 4 pairs of 32 × 48 × 64, radius 4",
    )  # fmt: skip
    left, right = (F.normalize(torch.randn(1, 48, 60, 120, generator=generator), dim=1) for _ in range(2))
    measure(
        "correspondence", "a loop over pixels", lambda: scan_line_similarities(left, right, LARGEST),
        lambda: pixel_by_pixel(left, right), lambda a, b: torch.allclose(a, b, atol=1e-5), repeats=3,
        details=", one pair of 48 × 60 × 120, 33 candidates",
    )  # fmt: skip
