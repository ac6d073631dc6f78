"""Data to learn from, without a download: digits, glyphs, a stereo pair, image pairs with known motion, videos,
creatures made of parts.

One file each; README.md in this folder has a card and a picture of each. MNIST, Omniglot and CIFAR-10 come by
`downloads.labeled` in the same form where there is a network.
"""

from typing import NamedTuple

import torch


class Labeled(NamedTuple):
    """Images and what they show.

    images: (N, C, H, W) float32 in [0, 1].
    labels: (N,) int64, positions in `names`.
    names:  the classes, a tuple of strings.
    """

    images: torch.Tensor
    labels: torch.Tensor
    names: tuple
