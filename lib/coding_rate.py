"""How many bits a picture takes, and how good it is when it comes back: numbers on a grid, JPEG, and decibels.

    PSNR = −10 log10 (mean squared error)        in dB, for pixels in [0, 1]

JPEG is counted without its headers, which would weigh more than a small picture.
"""

from io import BytesIO

import numpy as np
import torch
from PIL import Image


def quantize(codes, bits, low, high):
    """Codes (N, K) rounded to the nearest of 2^bits equal steps from `low` to `high`, (K,) each: (N, K)."""
    steps = 2**bits - 1
    width = (high - low).clamp(min=1e-12) / steps
    return low + ((codes - low) / width).round().clamp(0, steps) * width


def decibels(images, originals):
    """The peak signal-to-noise ratio of all images (N, C, H, W) together, a number in dB."""
    return -10 * torch.log10((images - originals).square().mean()).item()


def jpeg(image, quality):
    """A gray image (1, H, W) after JPEG, and the bits that its pixels took.

    quality: 1 to 95.
    returns: (1, H, W) in [0, 1], and the bits of the file less those of an empty picture of that size and quality.
    """
    pixels = (image[0] * 255).round().byte().cpu().numpy()
    files = [_file(picture, quality) for picture in (pixels, np.zeros_like(pixels))]
    blocks = -(-pixels.shape[0] // 8) * -(-pixels.shape[1] // 8)
    decoded = np.array(Image.open(BytesIO(files[0])), dtype=np.float32) / 255
    # An empty block takes six bits with the standard tables, four without: they are part of the picture.
    return torch.from_numpy(decoded)[None].to(image), 8 * (len(files[0]) - len(files[1])) + 4 * blocks


def _file(pixels, quality):
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
