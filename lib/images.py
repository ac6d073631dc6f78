"""Pictures as tensors: RGB float32 of shape (N, 3, H, W) with values in [0, 1].

The sample pictures come with scikit-image and scikit-learn, so they are on every machine.
"""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.nn import functional as F

# Files of installed packages. To ask the packages for them would mean to import these, which takes longer than all else
# that a first cell does. Two of them are one stereo pair.
SAMPLES = {
    "cat": "skimage/data/chelsea.png",
    "coffee": "skimage/data/coffee.png",
    "astronaut": "skimage/data/astronaut.png",
    "rocket": "skimage/data/rocket.jpg",
    "motorcycle": "skimage/data/motorcycle_left.png",
    "motorcycle-right": "skimage/data/motorcycle_right.png",
    "china": "sklearn/datasets/images/china.jpg",
    "flower": "sklearn/datasets/images/flower.jpg",
    "brick": "skimage/data/brick.png",
    "grass": "skimage/data/grass.png",
    "gravel": "skimage/data/gravel.png",
    "ihc": "skimage/data/ihc.png",
    "hubble": "skimage/data/hubble_deep_field.jpg",
}


def sample(name, size=None):
    """A sample picture, (1, 3, H, W), by one of the names in `SAMPLES`.

    size: None for the picture as it is; otherwise pixels of the square cut from its middle.
    """
    if name not in SAMPLES:
        raise ValueError(f"there is no sample picture {name!r}; choose one of {', '.join(SAMPLES)}")
    with Image.open(installed(SAMPLES[name])) as file:
        image = from_array(np.asarray(file))
    return image if size is None else square(image, size)


def installed(place):
    """The path of a file in an installed package, which is not imported. place: such as "skimage/data/coffee.png"."""
    package, _, inside = place.partition("/")
    return Path(find_spec(package).origin).parent / inside


def from_array(array):
    """(H, W) gray or (H, W, 3) RGB array of bytes, or of floats in [0, 1], to an image (1, 3, H, W)."""
    array = np.asarray(array)
    values = torch.from_numpy(array.astype(np.float32) / (255 if array.dtype == np.uint8 else 1))
    if values.dim() == 2:
        values = values[..., None].expand(-1, -1, 3)
    if values.dim() != 3 or values.shape[2] < 3:
        raise ValueError(f"an image array is (H, W) or (H, W, 3), this one is {tuple(array.shape)}")
    return values[..., :3].permute(2, 0, 1)[None].contiguous()


def to_array(images):
    """The first of the images (N, 3, H, W), or the one image (3, H, W), as an (H, W, 3) array of bytes."""
    image = images[0] if images.dim() == 4 else images
    return (image.detach().clamp(0, 1) * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def load(path, size=None):
    """An image file as (1, 3, H, W). Transparent parts become white.

    size: None for the picture as it is; otherwise pixels of the square cut from its middle.
    """
    try:
        with Image.open(path) as file:
            picture = ImageOps.exif_transpose(file).convert("RGBA")  # upright, as the camera was held
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ValueError(
            f"{Path(path).name} cannot be read as an image ({error}); give a JPEG or PNG"
        ) from None
    ground = Image.new("RGBA", picture.size, "white")
    image = from_array(np.asarray(Image.alpha_composite(ground, picture).convert("RGB")))
    return image if size is None else square(image, size)


def save(images, path):
    """Write the first of the images (N, 3, H, W) to a file whose ending says the format (.png, .jpg)."""
    Image.fromarray(to_array(images)).save(path)


def resize(images, size):
    """Images (N, 3, H, W) at a new size: (height, width), or one number for the shorter side."""
    if isinstance(size, int):
        height, width = images.shape[-2:]
        scale = size / min(height, width)
        size = (round(height * scale), round(width * scale))
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True)


def square(images, size):
    """The middle square of each image (N, 3, H, W), as (N, 3, size, size)."""
    images = resize(images, size)
    top, left = ((length - size) // 2 for length in images.shape[-2:])
    return images[..., top : top + size, left : left + size]


def collage(images, columns=2):
    """Images (N, 3, H, W) of one size side by side, row by row, as one image (1, 3, rows · H, columns · W).

    Places left over in the last row are white.
    """
    count, channels, height, width = images.shape
    missing = -count % columns
    images = torch.cat([images, images.new_ones(missing, channels, height, width)])
    rows = images.view(-1, columns, channels, height, width)
    return rows.permute(2, 0, 3, 1, 4).reshape(1, channels, -1, columns * width)
