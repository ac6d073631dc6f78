"""Oracles: the definition by loops over windows and pairs of pixels, and the functions that must cost nothing."""

import pytest
import torch

from lib import images, networks
from lib.matting_laplacian import matting_laplacian, photorealism_loss, photorealistic, recolored


def by_definition(photograph, epsilon):
    """Levin et al. 2008, eq. 12, window by window and pair by pair."""
    height, width = photograph.shape[2:]
    matrix = torch.zeros(height * width, height * width, dtype=photograph.dtype)
    for y in range(1, height - 1):
        for x in range(1, width - 1):
            places = [(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
            colors = torch.stack([photograph[0, :, a, b] for a, b in places])
            mean = colors.mean(dim=0)
            covariance = sum(torch.outer(c - mean, c - mean) for c in colors) / 9
            inverse = torch.linalg.inv(covariance + epsilon / 9 * torch.eye(3, dtype=photograph.dtype))
            for i, (a, b) in enumerate(places):
                for j, (c, d) in enumerate(places):
                    value = float(i == j) - (1 + (colors[i] - mean) @ inverse @ (colors[j] - mean)) / 9
                    matrix[a * width + b, c * width + d] += value
    return matrix


@pytest.mark.parametrize("epsilon", [1e-4, 1.0])
def test_it_is_its_definition(epsilon):
    photograph = torch.rand(1, 3, 5, 6, dtype=torch.float64)
    found = matting_laplacian(photograph, epsilon).to_dense()
    torch.testing.assert_close(found, by_definition(photograph, epsilon))


def test_it_is_symmetric_positive_and_its_rows_add_up_to_zero():
    matrix = matting_laplacian(torch.rand(1, 3, 6, 5, dtype=torch.float64)).to_dense()
    torch.testing.assert_close(matrix, matrix.T)
    torch.testing.assert_close(matrix.sum(dim=1), torch.zeros(30, dtype=torch.float64), atol=1e-9, rtol=0)
    assert torch.linalg.eigvalsh(matrix).min() > -1e-9


def test_it_is_sparse(device):
    matrix = matting_laplacian(torch.rand(1, 3, 20, 24, device=device))
    assert matrix.is_sparse and matrix.device.type == device.type
    assert matrix._nnz() <= 25 * 20 * 24


def test_constants_and_affine_functions_of_color_cost_nothing():
    photograph = torch.rand(1, 3, 8, 9, dtype=torch.float64)
    laplacian = matting_laplacian(photograph, epsilon=0.0)
    affine = torch.einsum("dc,nchw->ndhw", torch.randn(3, 3, dtype=torch.float64), photograph) + 0.3
    for picture in (torch.full_like(photograph, 0.7), photograph, affine):
        torch.testing.assert_close(
            photorealism_loss(picture, laplacian), torch.zeros(1, dtype=torch.float64), atol=1e-9, rtol=0
        )
    assert photorealism_loss(torch.rand_like(photograph), laplacian) > 0.01


def test_functions_that_are_affine_in_each_window_only_cost_nothing():
    """Two flat halves with a gap wider than a window may each have an affine function of their own."""
    photograph = torch.rand(1, 3, 6, 12, dtype=torch.float64)
    laplacian = matting_laplacian(photograph, epsilon=0.0)
    picture = photograph.clone()
    picture[..., 6:] = 0.5 * picture[..., 6:] + 0.2
    energy = (picture.flatten(2)[0].T * (laplacian @ picture.flatten(2)[0].T)).sum(dim=1).view(6, 12)
    torch.testing.assert_close(energy[:, :4], torch.zeros(6, 4, dtype=torch.float64), atol=1e-9, rtol=0)
    torch.testing.assert_close(energy[:, 8:], torch.zeros(6, 4, dtype=torch.float64), atol=1e-9, rtol=0)


def test_the_loss_is_the_quadratic_form_and_its_gradient():
    photograph = torch.rand(1, 3, 5, 5, dtype=torch.float64)
    laplacian = matting_laplacian(photograph)
    pictures = torch.rand(2, 3, 5, 5, dtype=torch.float64, requires_grad=True)
    dense = laplacian.to_dense()
    expected = torch.stack([sum(v @ dense @ v for v in picture.flatten(1)) / 25 for picture in pictures])
    torch.testing.assert_close(photorealism_loss(pictures, laplacian), expected)
    (gradient,) = torch.autograd.grad(photorealism_loss(pictures, laplacian).sum(), pictures)
    torch.testing.assert_close(gradient.flatten(2), 2 * pictures.flatten(2) @ dense / 25)


def test_recolored_regions_have_the_mean_color_of_the_styles():
    photograph, style = 0.4 + 0.2 * torch.rand(1, 3, 8, 8), 0.4 + 0.2 * torch.rand(1, 3, 6, 6)
    masks, style_masks = torch.zeros(1, 2, 8, 8), torch.zeros(1, 2, 6, 6)
    masks[:, 0, :3], masks[:, 1, 3:], style_masks[:, 0, :, :2], style_masks[:, 1, :, 2:] = 1, 1, 1, 1
    style[..., :2] += 0.2
    made = recolored(photograph, style, masks, style_masks)
    torch.testing.assert_close(made[..., :3, :].mean(dim=(2, 3)), style[..., :2].mean(dim=(2, 3)), atol=0.01, rtol=0)
    torch.testing.assert_close(made[..., 3:, :].mean(dim=(2, 3)), style[..., 2:].mean(dim=(2, 3)), atol=0.01, rtol=0)


def test_with_the_laplacian_the_result_is_nearer_to_a_photograph(device):
    zfnet = networks.load("zfnet", device)
    photograph, style = (images.sample(name, 48).to(device) for name in ("coffee", "rocket"))
    masks = torch.ones(1, 1, 48, 48, device=device)
    layers = ["relu3"], ["normalize", "relu1"]
    free, held = (
        photorealistic(zfnet, photograph, style, masks, masks, layers, 0.05, weight, 8) for weight in (0.0, 100.0)
    )
    laplacian = matting_laplacian(photograph)
    assert held.shape == photograph.shape and 0 <= held.min() and held.max() <= 1
    assert photorealism_loss(held, laplacian) < photorealism_loss(free, laplacian) / 2
