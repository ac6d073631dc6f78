"""Oracles: scikit-image's PSNR, the grid's own spacing, what JPEG must do."""

import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from lib import images
from lib.coding_rate import decibels, jpeg, quantize


@pytest.fixture
def photograph():
    return images.sample("cat", 64).mean(dim=1)


def test_decibels_are_scikit_images(device):
    one, other = torch.rand(2, 3, 1, 8, 8, device=device)
    expected = peak_signal_noise_ratio(one.cpu().numpy(), other.cpu().numpy(), data_range=1)
    assert decibels(one, other) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("bits", [1, 3, 8])
def test_codes_are_on_a_grid_and_not_far(bits, device):
    codes = torch.randn(500, 3, device=device)
    low, high = codes.amin(dim=0), codes.amax(dim=0)
    found = quantize(codes, bits, low, high)
    assert all(len(column.unique()) <= 2**bits for column in found.T)
    assert ((found - codes).abs() <= 0.501 * (high - low) / (2**bits - 1)).all()
    torch.testing.assert_close(quantize(found, bits, low, high), found)


def test_codes_beyond_the_range_get_its_ends():
    found = quantize(torch.tensor([[-9.0], [9.0]]), 2, torch.tensor([0.0]), torch.tensor([1.0]))
    assert found.flatten().tolist() == [0, 1]


def test_better_jpeg_takes_more_bits(photograph):
    found = [jpeg(photograph, quality) for quality in (5, 20, 50, 90)]
    bits, quality = [bits for _, bits in found], [decibels(image, photograph) for image, _ in found]
    assert bits == sorted(bits) and quality == sorted(quality) and bits[0] > 0 and quality[-1] > 35


def test_jpeg_is_counted_without_headers(photograph):
    """A flat picture costs next to nothing; the same picture twice costs about twice."""
    assert jpeg(torch.full((1, 64, 64), 0.5), 50)[1] < 8 * 64
    once, twice = (jpeg(x, 50)[1] for x in (photograph, torch.cat([photograph] * 2, dim=2)))
    assert twice == pytest.approx(2 * once, rel=0.1)
