"""Oracles: unfold, loops, moved maps."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional as F

from lib.correlation import correlation


@pytest.mark.parametrize("shape, radius", [((1, 3, 4, 5), 1), ((2, 8, 6, 7), 2), ((1, 2, 2, 3), 4), ((3, 4, 5, 5), 0)])
def test_correlation_is_a_product_with_unfolded_neighborhoods(shape, radius, device):
    first, second = torch.randn(2, *shape, device=device)
    side = 2 * radius + 1
    around = F.unfold(second, side, padding=radius).view(shape[0], shape[1], side**2, *shape[2:])
    expected = torch.einsum("nchw,nckhw->nkhw", first, around) / shape[1]
    torch.testing.assert_close(correlation(first, second, radius), expected)


def test_correlation_by_loops():
    first, second = torch.randn(2, 1, 3, 3, 4)
    found = correlation(first, second, 1)
    for y, x, dy, dx in np.ndindex(3, 4, 3, 3):
        to_y, to_x = y + dy - 1, x + dx - 1
        inside = 0 <= to_y < 3 and 0 <= to_x < 4
        expected = (first[0, :, y, x] * second[0, :, to_y, to_x]).mean().item() if inside else 0
        assert found[0, 3 * dy + dx, y, x].item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("down, right", [(0, 0), (1, -2), (-2, 1)])
def test_the_displacement_of_a_moved_map_has_the_largest_value(down, right, device):
    first = F.normalize(torch.randn(1, 32, 12, 12, device=device), dim=1)
    found = correlation(first, first.roll((down, right), dims=(2, 3)), 2).argmax(dim=1)
    assert (found[0, 2:-2, 2:-2] == (down + 2) * 5 + right + 2).all()


def test_more_channels_of_the_same_make_no_difference():
    first, second = torch.randn(2, 1, 3, 5, 5)
    doubled = (maps.repeat(1, 2, 1, 1) for maps in (first, second))
    torch.testing.assert_close(correlation(*doubled, 1), correlation(first, second, 1))


def test_gradients():
    first, second = torch.randn(2, 1, 2, 3, 4, dtype=torch.float64)
    assert gradcheck(lambda a, b: correlation(a, b, 1), (first.requires_grad_(), second.requires_grad_()))
