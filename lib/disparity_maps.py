"""Around a stereo pair: what to train on, what to compare with, and how to count errors.

Nothing here is learned. DAISY (Tola et al. 2010) is a descriptor that people designed: histograms of gradient
directions on rings around a pixel.
"""

import torch
from torch.nn import functional as F


def bordered(images, reach):
    """Images (N, C, H, W) with `reach` more pixels on every side, copies of the nearest."""
    return F.pad(images, (reach,) * 4, mode="replicate")


def pixel_descriptors(images, size):
    """The raw pixels around each pixel as a descriptor, (N, 3 · size², H, W).

    The mean of the patch is taken off and its length made 1, so that a product of two is their normalized correlation.
    """
    found = F.unfold(bordered(images, size // 2), size)
    found = F.normalize(found - found.mean(dim=1, keepdim=True), dim=1)
    return found.unflatten(2, images.shape[2:])


def daisy_descriptors(image, radius=4, rings=2):
    """scikit-image's DAISY of one gray picture at every pixel, (1, D, H, W), scaled to length 1."""
    from skimage.feature import daisy

    gray = bordered(image.mean(dim=1, keepdim=True), radius)[0, 0].numpy()
    found = daisy(gray, step=1, radius=radius, rings=rings, histograms=6, orientations=8)
    return F.normalize(torch.from_numpy(found).float().permute(2, 0, 1)[None], dim=1)


def visible(truth):
    """Where both cameras see the point: no other pixel of the row with a larger disparity leads to the same place.

    truth:   (H, W) float, NaN where it is not known.
    returns: (H, W) bool; False where the truth is unknown or leads outside of the picture.
    """
    disparity = truth.nan_to_num(-1).round().long()
    column = torch.arange(truth.shape[1], device=truth.device).expand_as(truth).long() - disparity
    inside = truth.isfinite() & (column >= 0)
    column = column.clamp(0, truth.shape[1] - 1)
    nearest = torch.full_like(disparity, -1)
    nearest.scatter_reduce_(1, column, torch.where(inside, disparity, -1), "amax")
    return inside & (nearest.gather(1, column) <= disparity + 1)


def training_strips(left, right, truth, reach, rows, steps, generator=None):
    """Batches of one strip each, for learning descriptors: (left, right, truth) as `train_descriptors` takes them.

    left, right: (1, 3, H, W).  truth: (H, W), NaN where it is unknown or must not be used.  reach: L of the network.
    rows: of a strip.

    Each strip is mirrored upside down or not; its colors are exchanged, and inverted or not, alike in both pictures;
    and each picture gets some contrast, brightness and noise of its own. None of this moves anything along the rows.
    """

    def random(*shape):
        return torch.randn(shape, generator=generator).to(left)

    pair = [bordered(picture, reach) for picture in (left, right)]
    known = torch.where(truth.isfinite(), truth, -1).round().long()[None]
    batches = []
    for _ in range(steps):
        top = int(torch.randint(known.shape[1] - rows + 1, (), generator=generator))
        upside_down, inverted = torch.rand(2, generator=generator) < 0.5
        colors = torch.randperm(3, generator=generator)
        strips, own = [], known[:, top : top + rows]
        for picture in pair:
            strip = picture[:, colors, top : top + rows + 2 * reach] * (-1 if inverted else 1)
            strip = strip * (1 + 0.15 * random(1, 3, 1, 1)) + 0.15 * random(1, 3, 1, 1)
            strip = strip + 0.02 * random(*strip.shape)
            strips.append(strip.flip(2) if upside_down else strip)
        batches.append((*strips, own.flip(1) if upside_down else own))
    return batches


def first_weights(channels, generator=None):
    """Untrained layers of 3 × 3 from each number of channels to the next: a list of pairs (kernel, bias)."""
    return [
        (torch.randn(d, c, 3, 3, generator=generator) * (2 / (9 * c)) ** 0.5, torch.zeros(d))
        for c, d in zip(channels, channels[1:])
    ]
