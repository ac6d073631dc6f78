"""What is wrong with an image that only the network likes, and how to take it away.

    blur             x ← g_σ ∗ x                                   high frequencies
    small pixels     x ← 0 where ‖x_p‖ is small                    pixels that say little
    small shares     x ← 0 where |Σ_rgb x_p · g_p| is small        pixels that the objective hardly needs
    total variation  Σ |x(i+1, j) − x(i, j)| + |x(i, j+1) − x(i, j)|      all that is not flat

The first three are done to the image after each step, the last is subtracted from the objective.

Yosinski et al. 2015, "Understanding Neural Networks Through Deep Visualization", section 3.
Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them", for the last.
"""

import math

import torch
from torch.nn import functional as F


def gaussian_blur(images, sigma):
    """Images out of focus: each pixel becomes a weighted mean of its neighbors.

    images:  (N, C, H, W).
    sigma:   the standard deviation of the Gaussian in pixels, above 0. Weights reach 3 sigma far,
             rounded up, and add up to 1.
    returns: (N, C, H, W). Beyond the border the image goes on with the pixel at the border.

    Yosinski et al. 2015, section 3, "Gaussian blur".
    """
    reach = math.ceil(3 * sigma)
    distance = torch.arange(-reach, reach + 1).to(images)
    weights = torch.exp(-(distance**2) / (2 * sigma**2))
    weights = (weights / weights.sum()).expand(images.shape[1], 1, 1, -1)
    padded = F.pad(images, [reach] * 4, mode="replicate")
    across = F.conv2d(padded, weights, groups=images.shape[1])
    return F.conv2d(across, weights.transpose(2, 3), groups=images.shape[1])


def clip_pixels(offsets, gradients, share, by):
    """Set the least important pixels back to gray.

    offsets:   (N, 3, H, W), what is added to middle gray.
    gradients: (N, 3, H, W), the gradient of the objective by them.
    share:     in [0, 1], how many of each image's pixels are to be set to 0 in all colors.
    by:        "norm": those with the smallest length of their three offsets; "contribution": those
               with the smallest magnitude of offset times gradient, summed over the three colors.
    returns:   (N, 3, H, W). A pixel is set to 0 if its value is below the quantile `share` of the
               values of its image, as torch.quantile gives it.

    Raises ValueError for another `by`.

    Yosinski et al. 2015, section 3, "clipping pixels with small norm" and "with small contribution".
    """
    if by == "norm":
        importance = offsets.norm(dim=1)
    elif by == "contribution":
        importance = (offsets * gradients).sum(dim=1).abs()
    else:
        raise ValueError(f"pixels are clipped by norm or by contribution, not by {by!r}")
    limit = importance.flatten(1).quantile(share, dim=1)
    return offsets * (importance >= limit[:, None, None])[:, None]


def total_variation(images):
    """How much an image goes up and down: the sum of all steps between neighbors.

    images:  (N, C, H, W).
    returns: (N,), the sum of the absolute differences of pixels one below the other and of pixels
             side by side, over all colors; differentiable.

    Rudin, Osher, Fatemi 1992, in the anisotropic form.
    """
    down, across = images.diff(dim=2).abs(), images.diff(dim=3).abs()
    return down.sum(dim=(1, 2, 3)) + across.sum(dim=(1, 2, 3))
