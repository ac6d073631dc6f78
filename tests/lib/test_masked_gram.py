"""Oracles: the Gram matrix of the cut-out region, finite differences, and what a region may not see."""

import pytest
import torch

from lib import networks
from lib.feature_maps import feature_maps
from lib.gram_matrix import gram_matrix
from lib.masked_gram import doodle, masked_gram, masked_style_loss, regions, scattered


@pytest.fixture
def halves():
    masks = torch.zeros(1, 2, 6, 8)
    masks[:, 0, :, :3], masks[:, 1, :, 3:] = 1, 1
    return masks


def test_a_regions_matrix_is_that_of_the_region_cut_out(halves, device):
    features = torch.randn(2, 4, 6, 8, device=device)
    grams = masked_gram(features, halves.to(device))
    torch.testing.assert_close(grams[:, 0], gram_matrix(features[..., :3]) / 18)
    torch.testing.assert_close(grams[:, 1], gram_matrix(features[..., 3:]) / 30)


def test_the_matrix_of_the_whole_is_the_mean_of_its_regions(halves):
    features = torch.randn(1, 3, 6, 8)
    grams = masked_gram(features, halves)
    torch.testing.assert_close((18 * grams[:, 0] + 30 * grams[:, 1]) / 48, gram_matrix(features) / 48)


def test_masks_of_another_size_are_brought_to_the_features(halves):
    features = torch.randn(1, 3, 3, 4)
    torch.testing.assert_close(masked_gram(features, halves)[:, 1].shape, torch.Size([1, 3, 3]))
    whole = torch.ones(1, 1, 12, 16)
    torch.testing.assert_close(masked_gram(features, whole)[:, 0], gram_matrix(features) / 12)


def test_a_region_is_not_moved_by_what_happens_in_another(halves):
    features = torch.randn(1, 3, 6, 8, requires_grad=True)
    target = masked_gram(torch.randn(1, 3, 6, 8), halves)
    target[:, 1] = 0  # a region that the painting does not have
    masked_style_loss(features, halves, target).sum().backward()
    assert features.grad[..., :3].abs().min() > 0 and features.grad[..., 3:].abs().max() == 0


def test_the_gradient_by_finite_differences(efficientnet, halves, device):
    picture = torch.rand(1, 3, 24, 32, device=device, requires_grad=True)
    masks = torch.nn.functional.interpolate(halves, (24, 32)).to(device)
    target = masked_gram(torch.rand(1, 32, 12, 16, device=device), masks)

    def loss(x):
        return masked_style_loss(feature_maps(efficientnet, x, ["stem.relu"])["stem.relu"], masks, target).sum()

    (gradient,) = torch.autograd.grad(loss(picture), picture)
    step = 0.01 * gradient / gradient.norm()
    with torch.no_grad():
        found = (loss(picture + step) - loss(picture - step)) / 0.02
    torch.testing.assert_close(found, gradient.norm(), rtol=0.02, atol=0)


def test_each_pixel_belongs_to_one_region():
    colors = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    drawing = torch.tensor([[0.9, 0.2], [0.1, 0.7], [0.0, 0.1]]).view(1, 3, 1, 2)
    torch.testing.assert_close(regions(drawing, colors), torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]]))


def test_pixels_are_drawn_from_their_own_region(halves):
    painting = torch.rand(1, 3, 6, 8)
    made = scattered(painting, halves, halves.flip(3), torch.Generator().manual_seed(0), contrast=1.0)
    known = set(map(tuple, painting[0, :, :, :3].flatten(1).T.tolist()))
    colors = made[0, :, :, 5:].flatten(1).T
    assert all(any((color - torch.tensor(own)).abs().max() < 1e-6 for own in known) for color in colors)


def test_a_doodle_has_the_new_maps_size_and_layout(device):
    """Red above and blue below in the painting; the new map has them side by side."""
    zfnet = networks.load("zfnet", device)
    painting = torch.zeros(1, 3, 32, 32, device=device)
    painting[:, 0, :16], painting[:, 2, 16:] = 0.8, 0.8
    painting += 0.1 * torch.rand_like(painting)
    old, new = torch.zeros(1, 2, 32, 32, device=device), torch.zeros(1, 2, 32, 48, device=device)
    old[:, 0, :16], old[:, 1, 16:], new[:, 0, :, :24], new[:, 1, :, 24:] = 1, 1, 1, 1
    made = doodle(zfnet, painting, old, new, ["normalize", "relu1"], (3, 3), torch.Generator().manual_seed(0))
    assert made.shape == (1, 3, 32, 48)
    assert made[:, 0, :, :20].mean() > 0.5 > 0.3 > made[:, 0, :, 28:].mean()
