"""Oracles: SciPy's map_coordinates, loops, pictures that move by whole pixels."""

import numpy as np
import pytest
import torch
from scipy.ndimage import map_coordinates
from torch.autograd import gradcheck

from lib import images
from lib import optical_flow as of
from lib.datasets import flow as data


def test_three_and_four_make_five(device):
    flow = torch.tensor([3.0, -4.0], device=device).view(1, 2, 1, 1).expand(1, 2, 3, 4)
    torch.testing.assert_close(of.end_point_error(flow, torch.zeros_like(flow)), torch.tensor([5.0], device=device))


def test_error_by_loops_over_the_known():
    flow, truth = torch.randn(2, 3, 2, 4, 5)
    truth[torch.rand(3, 1, 4, 5).expand(3, 2, 4, 5) < 0.4] = torch.nan
    truth[1] = torch.nan
    found = of.end_point_error(flow, truth)
    for n in (0, 2):
        gaps = [
            np.hypot(*(flow[n, :, y, x] - truth[n, :, y, x]).tolist())
            for y, x in np.ndindex(4, 5)
            if truth[n, 0, y, x].isfinite()
        ]
        assert found[n].item() == pytest.approx(np.mean(gaps), rel=1e-5)
    assert found[1].isnan()


@pytest.mark.parametrize("largest", [0.8, 3.0, 30.0])
def test_warp_is_scipys(largest, device):
    pictures, flow = torch.rand(2, 3, 7, 11), largest * torch.randn(2, 2, 7, 11)
    found = of.warp(pictures.to(device), flow.to(device)).cpu()
    y, x = np.mgrid[:7, :11]
    for n in range(2):
        places = [y + flow[n, 1].numpy(), x + flow[n, 0].numpy()]
        for c in range(3):
            expected = map_coordinates(pictures[n, c].numpy(), places, order=1, mode="nearest")
            np.testing.assert_allclose(found[n, c], expected, atol=2e-5)


def test_no_flow_changes_nothing_and_one_to_the_right_moves_to_the_left(device):
    picture = torch.rand(1, 3, 6, 8, device=device)
    flow = torch.zeros(1, 2, 6, 8, device=device)
    torch.testing.assert_close(of.warp(picture, flow), picture, atol=1e-6, rtol=0)
    flow[:, 0] = 1
    torch.testing.assert_close(of.warp(picture, flow)[..., :-1], picture[..., 1:], atol=1e-6, rtol=0)


def test_the_true_flow_makes_the_second_picture_the_first():
    first, second, flow = data.pairs(4, 48, "both", 6.0, torch.Generator().manual_seed(0))
    inside = (slice(None), slice(None), slice(8, -8), slice(8, -8))
    assert (of.warp(second, flow) - first)[inside].abs().max() < 1e-4
    assert (of.warp(second, flow.flip(1)) - first)[inside].abs().mean() > 0.01
    assert (second - first)[inside].abs().mean() > 0.01


def test_gradients_of_the_warp():
    picture = torch.rand(1, 2, 4, 5, dtype=torch.float64, requires_grad=True)
    flow = (0.2 + 0.6 * torch.rand(1, 2, 4, 5, dtype=torch.float64)).requires_grad_()  # away from the kinks
    flow.data[:, 0, :, -1], flow.data[:, 1, -1] = -0.4, -0.4
    assert gradcheck(of.warp, (picture, flow))


@pytest.mark.parametrize("size", [(6, 10), (12, 5), (3, 20)])
def test_a_constant_flow_becomes_longer_as_the_picture_does(size, device):
    flow = torch.tensor([2.0, -3.0], device=device).view(1, 2, 1, 1).expand(1, 2, 6, 5)
    found = of.resize_flow(flow, size)
    expected = torch.tensor([2 * size[1] / 5, -3 * size[0] / 6], device=device).view(1, 2, 1, 1).expand(1, 2, *size)
    torch.testing.assert_close(found, expected)


def test_there_and_back_of_a_smooth_flow():
    flow = data.smooth_flow(32, 4.0, torch.Generator().manual_seed(0))[None]
    back = of.resize_flow(of.resize_flow(flow, (64, 96)), (32, 32))
    assert of.end_point_error(back, flow).item() < 0.1


def test_a_resized_flow_still_undoes_the_motion():
    """A picture of twice the size is moved by the flow of the small one, resized."""
    flow = torch.zeros(1, 2, 32, 32)
    flow[:, 0], flow[:, 1] = 2.0, -1.0
    large = images.sample("cat", 64)
    found = of.warp(large, of.resize_flow(flow, (64, 64)))
    inside = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(found[inside], large.roll((2, -4), dims=(2, 3))[inside], atol=1e-5, rtol=0)
