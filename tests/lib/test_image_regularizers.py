import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter
from torchvision.transforms.functional import gaussian_blur as torchvision_blur

from lib import image_regularizers


@pytest.mark.parametrize("sigma", [0.4, 1.0, 2.3])
def test_blur_equals_scipys(sigma, device):
    images = torch.randn(2, 3, 13, 9, dtype=torch.double, device=device)
    found = image_regularizers.gaussian_blur(images, sigma)
    reach = math.ceil(3 * sigma)
    expected = [
        [gaussian_filter(channel.cpu().numpy(), sigma, mode="nearest", radius=reach) for channel in image]
        for image in images
    ]
    torch.testing.assert_close(found.cpu(), torch.from_numpy(np.array(expected)))
    assert found.device == images.device


def test_away_from_the_border_blur_equals_torchvisions():
    """torchvision mirrors at the border, ours goes on with the last pixel."""
    images = torch.rand(1, 3, 20, 24)
    found, expected = image_regularizers.gaussian_blur(images, 1.0), torchvision_blur(images, [7, 7], [1.0, 1.0])
    inside = (..., slice(3, -3), slice(3, -3))
    torch.testing.assert_close(found[inside], expected[inside])
    assert not torch.allclose(found, expected, atol=1e-3)


@given(st.floats(0.2, 3), st.floats(-2, 2))
def test_blur_leaves_a_wall_alone(sigma, value):
    wall = torch.full((1, 2, 6, 7), value)
    torch.testing.assert_close(image_regularizers.gaussian_blur(wall, sigma), wall, atol=1e-5, rtol=1e-5)


def test_blur_is_symmetric_and_differentiable():
    images = torch.randn(1, 2, 7, 7, dtype=torch.double, requires_grad=True)
    blur = image_regularizers.gaussian_blur
    torch.testing.assert_close(blur(images.transpose(2, 3), 1.1), blur(images, 1.1).transpose(2, 3))
    torch.testing.assert_close(blur(images.flip(3), 1.1), blur(images, 1.1).flip(3))
    assert torch.autograd.gradcheck(lambda x: blur(x, 0.5), images)


@given(st.integers(1, 4), st.sampled_from(["norm", "contribution"]))
def test_the_share_of_pixels_that_is_asked_for_is_clipped_in_each_image(quarters, by):
    torch.manual_seed(quarters)
    offsets = torch.randn(3, 3, 4, 8) * torch.tensor([0.1, 1, 10]).view(3, 1, 1, 1)
    kept = image_regularizers.clip_pixels(offsets, torch.randn(3, 3, 4, 8), (quarters - 1) / 4, by)
    gone = (kept == 0).all(dim=1)
    assert (gone.sum(dim=(1, 2)) == 8 * (quarters - 1)).all()
    assert torch.equal(kept[:, :, :, :][~gone[:, None].expand_as(kept)], offsets[~gone[:, None].expand_as(kept)])


def test_by_norm_the_faint_go_and_by_contribution_the_useless():
    offsets, gradients = torch.zeros(1, 3, 1, 2), torch.zeros(1, 3, 1, 2)
    offsets[0, :, 0, 0], gradients[0, :, 0, 0] = torch.tensor([3.0, 3.0, 0.0]), torch.tensor([1.0, -1.0, 9.0])
    offsets[0, :, 0, 1], gradients[0, :, 0, 1] = torch.tensor([0.0, 0.0, 1.0]), torch.tensor([0.0, 0.0, 1.0])
    by_norm = image_regularizers.clip_pixels(offsets, gradients, 0.5, "norm")
    by_contribution = image_regularizers.clip_pixels(offsets, gradients, 0.5, "contribution")
    assert by_norm.abs().sum(dim=(0, 1, 2)).tolist() == [6, 0]
    assert by_contribution.abs().sum(dim=(0, 1, 2)).tolist() == [0, 1]


def test_contribution_is_what_a_linear_objective_loses():
    offsets, gradients = torch.randn(1, 3, 3, 3), torch.randn(1, 3, 3, 3)
    lost = []
    for row in range(3):
        for column in range(3):
            without = offsets.clone()
            without[..., row, column] = 0
            lost.append(abs((gradients * offsets).sum() - (gradients * without).sum()))
    clipped = image_regularizers.clip_pixels(offsets, gradients, 4 / 8, "contribution")
    gone = (clipped == 0).all(dim=1).flatten()
    assert set(gone.nonzero().flatten().tolist()) == set(torch.tensor(lost).argsort()[:4].tolist())


def test_another_way_of_clipping_is_refused():
    with pytest.raises(ValueError, match="'size'"):
        image_regularizers.clip_pixels(torch.zeros(1, 3, 2, 2), torch.zeros(1, 3, 2, 2), 0.5, "size")


def test_total_variation_by_hand_and_by_a_loop():
    assert image_regularizers.total_variation(torch.tensor([[[[0.0, 1.0], [4.0, 1.0]]]])).item() == 1 + 3 + 4 + 0
    chessboard = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    assert image_regularizers.total_variation(chessboard[None, None].float()).item() == 112
    images = torch.randn(2, 3, 4, 5)
    expected = torch.zeros(2)
    for n in range(2):
        for a in images[n]:
            expected[n] += sum(abs(a[i + 1, j] - a[i, j]) for i in range(3) for j in range(5))
            expected[n] += sum(abs(a[i, j + 1] - a[i, j]) for i in range(4) for j in range(4))
    torch.testing.assert_close(image_regularizers.total_variation(images), expected)


@given(st.floats(-3, 3))
def test_total_variation_is_homogeneous_and_blind_to_brightness(factor):
    images = torch.randn(2, 3, 5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.double)
    before = image_regularizers.total_variation(images)
    torch.testing.assert_close(image_regularizers.total_variation(factor * images + 7), abs(factor) * before)
