import numpy as np
import torch
from skimage.restoration import denoise_bilateral

from lib.bilateral_filter import bilateral_filter
from lib.image_regularizers import gaussian_blur


def by_definition(image, sigma_space, sigma_color, reach):
    """One pixel after the other, (C, H, W)."""
    _, height, width = image.shape
    result = torch.zeros_like(image)
    for i in range(height):
        for j in range(width):
            total, weights = torch.zeros_like(image[:, 0, 0]), 0.0
            for k in range(-reach, reach + 1):
                for m in range(-reach, reach + 1):
                    neighbor = image[:, min(max(i + k, 0), height - 1), min(max(j + m, 0), width - 1)]
                    unlike = (neighbor - image[:, i, j]).square().sum()
                    weight = torch.exp(-(k**2 + m**2) / (2 * sigma_space**2) - unlike / (2 * sigma_color**2))
                    total, weights = total + weight * neighbor, weights + weight
            result[:, i, j] = total / weights
    return result


def test_it_is_its_definition(device):
    images = torch.rand(2, 3, 5, 6, dtype=torch.double, device=device)
    found = bilateral_filter(images, 0.9, 0.3)
    assert found.device == images.device
    for image, own in zip(images.cpu(), found.cpu()):
        torch.testing.assert_close(own, by_definition(image, 0.9, 0.3, 2))


def test_the_definition_is_scikit_images_where_distance_does_not_count():
    """scikit-image 0.26 reads its table of distances askew, so it is asked with weights that are the same everywhere.

    It takes the window's side, and looks up the color weights in a table, here of 100 000 entries.
    """
    image = torch.rand(12, 10, dtype=torch.double)
    expected = denoise_bilateral(
        image.numpy(), win_size=5, sigma_color=0.2, sigma_spatial=1e6, bins=100_000, mode="edge"
    )
    found = by_definition(image[None], 1e6, 0.2, 2)[0]
    torch.testing.assert_close(found, torch.from_numpy(np.array(expected)), atol=1e-4, rtol=0)


def test_edges_stay_where_a_gaussian_smears_them():
    edge = torch.zeros(1, 3, 8, 8)
    edge[..., 4:] = 1
    noisy = edge + 0.02 * torch.randn(edge.shape, generator=torch.Generator().manual_seed(0))
    found = bilateral_filter(noisy, 1.5, 0.2)
    assert (found - edge).abs().mean() < 0.5 * (noisy - edge).abs().mean()
    assert (gaussian_blur(noisy, 1.5) - edge).abs().max() > 0.3 > 5 * (found - edge).abs().max()


def test_if_all_colors_count_alike_it_is_a_gaussian_with_a_shorter_reach():
    images = torch.rand(1, 3, 9, 9, dtype=torch.double)
    bell = torch.exp(-(torch.arange(-2.0, 3) ** 2) / 2).double()
    bell = (bell / bell.sum())[None]
    weights = (bell.T @ bell)[None, None].expand(3, 1, 5, 5)
    padded = torch.nn.functional.pad(images, [2] * 4, mode="replicate")
    expected = torch.nn.functional.conv2d(padded, weights, groups=3)
    torch.testing.assert_close(bilateral_filter(images, 1.0, 1e6), expected)
