import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import fourier_image


def _spectrum(n, channels, height, width, dtype=torch.float32):
    return lambda g: (normal(g, n, channels, height, width // 2 + 1, 2, dtype=dtype), width)


def _one_wave(g):
    spectrum = torch.zeros(1, 1, 4, 3, 2)
    spectrum[0, 0, 0, 1, 0] = 1
    return spectrum, 4


def _frequency(height, width, across=torch.fft.rfftfreq):
    return (torch.fft.fftfreq(height)[:, None] ** 2 + across(width) ** 2).sqrt()


def _with(scale=lambda f, height, width: 1 / f.clamp(min=1 / max(height, width)), norm="ortho", part=lambda s: s):
    """The image with one of its parts replaced."""

    def wrong(spectrum, width):
        height = spectrum.shape[2]
        waves = torch.view_as_complex(part(spectrum).contiguous()) * scale(_frequency(height, width), height, width)
        return torch.fft.irfft2(waves, s=(height, width), norm=norm)

    return wrong


def _even_width(spectrum, width):
    height = spectrum.shape[2]
    scale = 1 / _frequency(height, width).clamp(min=1 / max(height, width))
    return torch.fft.irfft2(torch.view_as_complex(spectrum.contiguous()) * scale, norm="ortho")


def _sum_of_frequencies(f, height, width):
    total = torch.fft.fftfreq(height)[:, None].abs() + torch.fft.rfftfreq(width)
    return 1 / total.clamp(min=1 / max(height, width))


def _whole_cycles(f, height, width):
    rows, columns = torch.fft.fftfreq(height)[:, None] * height, torch.fft.rfftfreq(width) * width
    return 1 / (rows**2 + columns**2).sqrt().clamp(min=1)


def _constant_removed(f, height, width):
    return torch.where(f > 0, 1 / f.clamp(min=1 / max(height, width)), 0)


def _real_only(spectrum):
    return spectrum * torch.tensor([1.0, 0.0]).to(spectrum)


EXERCISE = Exercise(
    fourier_image.fourier_image,
    cases=(
        Case("one wave by hand", _one_wave, random=False),
        Case("4 × 4 pixels", _spectrum(1, 3, 4, 4), observe=observe_results.with_gradient),
        Case("an odd width", _spectrum(2, 3, 6, 7), observe=observe_results.with_gradient),
        Case("taller than wide", _spectrum(1, 3, 9, 4), observe=observe_results.with_gradient),
        Case("one channel, double precision", _spectrum(3, 1, 5, 8, torch.double)),
    ),
    mistakes=(
        Mistake("scale missing", _with(lambda f, height, width: 1),
                "the frequencies are not scaled. Then all waves are equally strong, as in noise, and the ascent finds "
                "noise; in photographs they fall as 1/f."),
        Mistake("multiplied by the frequency", _with(lambda f, height, width: f.clamp(min=1 / max(height, width))),
                "you multiplied by the frequency, which makes the finest waves the strongest. Photographs are the "
                "other way round."),
        Mistake("divided by its square", _with(lambda f, h, w: 1 / f.clamp(min=1 / max(h, w)) ** 2),
                "you divided by f². It is the power of photographs that falls as 1/f²; their amplitude falls as 1/f."),
        Mistake("not orthonormal", _with(norm="backward"),
                "right up to a factor: you left the transform's normalization at its default, so that the image gets "
                "fainter the larger it is. Ask for the orthonormal one."),
        Mistake("normalized the other way", _with(norm="forward"),
                "right up to a factor: your inverse transform has no normalization at all. Ask for the orthonormal "
                "one, which treats both directions alike."),
        Mistake("width guessed", _even_width,
                "your image has an even width whatever the width asked for. Half a spectrum does not tell 6 from 7; "
                "tell the transform."),
        Mistake("imaginary part lost", _with(part=_real_only),
                "you used the real parts only. Then all waves have their crest at the corner, and every image is "
                "symmetric about it."),
        Mistake("frequencies added", _with(_sum_of_frequencies),
                "you added the vertical and the horizontal frequency. A diagonal wave's frequency is the length of the "
                "vector of both."),
        Mistake("cycles per image", _with(_whole_cycles),
                "you measured frequencies in cycles per image. The definition has cycles per pixel, which `fftfreq` "
                "gives as it stands; otherwise a larger image is fainter, and one that is not square is distorted."),
        Mistake("constant removed", _with(_constant_removed),
                "the frequency zero is gone from your image, and with it its mean brightness. The smallest divisor, "
                "1 / max(H, W), is there for that one."),
    ),
    points=2,
    success="The same pixels in other coordinates, in which a photograph is near and noise is far.",
)  # fmt: skip
