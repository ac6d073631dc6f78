import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib import fourier_image, images


def dense(spectrum, width):
    """The definition: every pixel is a sum over all H × W frequencies, those not stored by symmetry; no FFT."""
    n, c, height, half, _ = spectrum.shape
    result = torch.zeros(n, c, height, width, dtype=torch.double)
    rows, columns = torch.arange(height).double()[:, None], torch.arange(width).double()
    for k in range(height):
        for m in range(width):
            mirrored = m >= half
            p, q = (-k % height, width - m) if mirrored else (k, m)
            real, imaginary = spectrum[:, :, p, q].double().unbind(-1)
            imaginary = -imaginary if mirrored else imaginary
            if m == 0 or 2 * m == width:  # here both a frequency and its mirror image are stored: their mean counts
                other = spectrum[:, :, -k % height, q].double()
                real, imaginary = (real + other[..., 0]) / 2, (imaginary - other[..., 1]) / 2
            down = (k if 2 * k < height else k - height) / height
            across = (m if 2 * m < width else m - width) / width
            scale = 1 / max(math.hypot(down, across), 1 / max(height, width))
            phase = 2 * math.pi * (k * rows / height + m * columns / width)
            wave = real[..., None, None] * phase.cos() - imaginary[..., None, None] * phase.sin()
            result += scale * wave / math.sqrt(height * width)
    return result


@pytest.mark.parametrize("height, width", [(4, 4), (5, 6), (6, 5), (7, 3), (1, 4)])
def test_the_image_is_its_definition(height, width):
    spectrum = torch.randn(2, 3, height, width // 2 + 1, 2, dtype=torch.double)
    torch.testing.assert_close(fourier_image.fourier_image(spectrum, width), dense(spectrum, width))


@given(st.integers(1, 9), st.integers(1, 9))
def test_every_image_can_be_written_in_this_way(height, width):
    wanted = torch.randn(1, 2, height, width, generator=torch.Generator().manual_seed(height), dtype=torch.double)
    down, across = torch.fft.fftfreq(height, dtype=torch.double), torch.fft.rfftfreq(width, dtype=torch.double)
    frequency = torch.hypot(*torch.meshgrid(down, across, indexing="ij")).clamp(min=1 / max(height, width))
    spectrum = torch.view_as_real(torch.fft.rfft2(wanted, norm="ortho") * frequency)
    torch.testing.assert_close(fourier_image.fourier_image(spectrum, width), wanted)


def test_its_gradient_is_right_and_stays_on_its_device(device):
    spectrum = torch.randn(1, 2, 4, 3, 2, dtype=torch.double, device=device, requires_grad=True)
    assert torch.autograd.gradcheck(lambda z: fourier_image.fourier_image(z, 5), spectrum)
    assert fourier_image.fourier_image(spectrum, 5).device == spectrum.device


def test_noise_becomes_as_smooth_as_photographs_are():
    """Amplitude falls as 1 / f: in octaves of frequency, power stays the same, as in photographs."""
    size = 128
    spectrum = fourier_image.random_spectrum(4, size, 1.0, torch.Generator().manual_seed(0))
    made = fourier_image.fourier_image(spectrum, size)
    frequency = torch.hypot(
        *torch.meshgrid(torch.fft.fftfreq(size), torch.fft.rfftfreq(size), indexing="ij")
    )
    amplitude = torch.fft.rfft2(made).abs().mean(dim=(0, 1))
    low, high = (amplitude[(frequency > f) & (frequency < 2 * f)].mean() for f in (0.03, 0.24))
    assert 6.5 < low / high < 9.5  # 8 by the definition
    assert spectrum.shape == (4, 3, size, size // 2 + 1, 2) and abs(spectrum.std() - 1) < 0.01


def test_colors_by_hand(device):
    matrix = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]], device=device)
    pixel = torch.tensor([1.0, 10, 100], device=device).view(1, 3, 1, 1)
    assert fourier_image.correlated_colors(pixel, matrix).flatten().tolist() == [321, 654, 987]


PHOTOGRAPHS = ("cat", "coffee", "astronaut", "rocket", "motorcycle", "china", "flower")


def test_independent_numbers_get_the_covariance_of_the_photographs():
    photographs = [images.sample(name, 128) for name in PHOTOGRAPHS]
    matrix = fourier_image.color_matrix(photographs)
    pixels = torch.cat([photograph[0].flatten(1) for photograph in photographs], dim=1)
    expected = torch.cov(pixels.double(), correction=0)
    found = (matrix @ matrix.T).double()
    torch.testing.assert_close(found / found.trace(), expected / expected.trace(), atol=1e-6, rtol=1e-4)
    independent = torch.randn(1, 3, 300, 300, generator=torch.Generator().manual_seed(0))
    colored = fourier_image.correlated_colors(independent, matrix)[0].flatten(1)
    torch.testing.assert_close(torch.cov(colored), matrix @ matrix.T, atol=0.02, rtol=0)


def test_the_directions_are_orthogonal_and_most_of_the_variance_is_brightness():
    matrix = fourier_image.color_matrix([images.sample(name, 128) for name in PHOTOGRAPHS])
    lengths = matrix.norm(dim=0)
    assert lengths[0] == 1 and (lengths[:-1] > lengths[1:]).all() and (matrix[0] >= 0).all()
    directions = matrix / lengths
    torch.testing.assert_close(directions.T @ directions, torch.eye(3), atol=1e-4, rtol=0)
    gray = torch.ones(3) / 3**0.5
    assert (directions[:, 0] @ gray).abs() > 0.98
    assert lengths[0] ** 2 / (lengths**2).sum() > 0.75


def test_photographs_count_alike_whatever_their_size():
    red, blue = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 2, 2)
    red[:, 0, :2], blue[:, 2, :, :1] = 1, 1
    large = red.repeat(1, 1, 3, 3)
    torch.testing.assert_close(fourier_image.color_matrix([red, blue]), fourier_image.color_matrix([large, blue]))
