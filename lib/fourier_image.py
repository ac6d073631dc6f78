"""An image written as waves and as independent colors: the same images, but other steps are short.

    x = Σ_f scale(f) · spectrum(f) · wave_f,    scale(f) = 1 / max(f, 1 / max(H, W))
    rgb = M · x,                                M Mᵀ ∝ the covariance of the colors of photographs

In photographs the amplitude of a wave falls as 1/f, and red, green and blue rise and fall together. In coordinates
in which all numbers of a photograph vary alike and independently, steepest ascent prefers what photographs are like
to what only the network likes. Nothing is forbidden: every image can be written in this way.

Olah, Mordvintsev and Schubert 2017, "Feature Visualization", section "Preconditioning and parameterization".
"""

import torch


def fourier_image(spectrum, width):
    """The image that a spectrum stands for, each frequency divided by its height.

    spectrum: (N, C, H, width // 2 + 1, 2), real and imaginary parts, in the order of
              torch.fft.rfft2.
    width:    W, pixels; the spectrum alone does not tell whether it is even or odd.
    returns:  (N, C, H, W): the inverse transform (orthonormal) of spectrum / max(f, 1 / max(H, W)),
              where f is the length of the frequency (f_y, f_x) in cycles per pixel. Differentiable.

    Olah et al. 2017, section "Preconditioning and parameterization".
    """
    height = spectrum.shape[2]
    alike = {"dtype": spectrum.dtype, "device": spectrum.device}
    down, across = torch.fft.fftfreq(height, **alike), torch.fft.rfftfreq(width, **alike)
    frequency = (down[:, None] ** 2 + across**2).sqrt().clamp(min=1 / max(height, width))
    waves = torch.view_as_complex(spectrum.contiguous()) / frequency
    return torch.fft.irfft2(waves, s=(height, width), norm="ortho")


def correlated_colors(images, matrix):
    """Three independent numbers a pixel, mixed to red, green and blue.

    images:  (N, 3, H, W), how much of each of three color directions a pixel has.
    matrix:  (3, 3); column k is the color, as red, green and blue, of direction k.
    returns: (N, 3, H, W). Differentiable.

    Olah et al. 2017, section "Preconditioning and parameterization".
    """
    return torch.einsum("ck,nkhw->nchw", matrix, images)


def color_matrix(photographs):
    """How the colors of photographs vary together, as a matrix for `correlated_colors`.

    photographs: a list of (1, 3, H, W) in [0, 1]; each counts equally, whatever its size.
    returns:     (3, 3). Column k is the k-th principal direction of the colors, the one with most variance first,
                 as long as its standard deviation, with red not negative. All are divided by the length of the
                 first, so that matrix · matrixᵀ is proportional to the covariance of the colors.
    """
    pixels = [photograph[0].flatten(1).double() for photograph in photographs]
    mean = torch.stack([each.mean(dim=1) for each in pixels]).mean(dim=0)
    covariance = torch.stack([_second_moment(each - mean[:, None]) for each in pixels]).mean(dim=0)
    variance, directions = torch.linalg.eigh(covariance)
    columns = (directions * variance.clamp(min=0).sqrt()).flip(1)
    columns = columns * torch.where(columns[0] < 0, -1.0, 1.0)
    return (columns / columns[:, 0].norm()).to(photographs[0])


def random_spectrum(count, size, deviation, generator):
    """A spectrum to start from: `count` square images of `size` pixels, faint and without any plan.

    returns: (count, 3, size, size // 2 + 1, 2), normal numbers with that standard deviation.
    """
    return deviation * torch.randn(count, 3, size, size // 2 + 1, 2, generator=generator)


def _second_moment(centered):
    return centered @ centered.T / centered.shape[1]
