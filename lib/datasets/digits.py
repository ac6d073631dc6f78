"""scikit-learn's handwritten digits: 1797 images of 8 × 8 pixels from 43 people.

Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits" (UCI Machine Learning Repository).
"""

from functools import cache

import torch
from torch.nn import functional as F

from lib.datasets import Labeled

NAMES = tuple("0123456789")


def labeled(split="train", size=8):
    """Digits, white on black, as `Labeled` with images (N, 1, size, size).

    split: "train" (1198) or "test" (599): every third digit of a class is in the test.
    size:  pixels; 8 as they are, other sizes by bilinear interpolation.
    """
    if split not in ("train", "test"):
        raise ValueError(f'split is "train" or "test", not {split!r}')
    images, labels = _digits()
    rank = torch.zeros_like(labels)
    for digit in range(10):
        rank[labels == digit] = torch.arange(int((labels == digit).sum()))
    chosen = (rank % 3 == 2) == (split == "test")
    images, labels = images[chosen], labels[chosen]
    if size != 8:
        images = F.interpolate(images, size=(size, size), mode="bilinear", align_corners=False)
    return Labeled(images, labels, NAMES)


@cache
def _digits():
    from sklearn.datasets import load_digits

    data = load_digits()
    return torch.tensor(data.images[:, None] / 16, dtype=torch.float32), torch.tensor(data.target)
