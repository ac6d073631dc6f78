"""A blur that stops at edges: neighbors count less the farther away they are, and the more their color differs.

    y_p = Σ_q w(p, q) x_q / Σ_q w(p, q),      w(p, q) = exp(−|p − q|² / 2σ_s²) · exp(−‖x_p − x_q‖² / 2σ_c²)

Tomasi and Manduchi 1998, "Bilateral Filtering for Gray and Color Images". Tyka 2016 used it in place of the
Gaussian blur in feature visualization, "Class visualization with bilateral filters".
"""

import math

import torch
from torch.nn import functional as F


def bilateral_filter(images, sigma_space, sigma_color):
    """Images smoothed within regions of like color.

    images:      (N, C, H, W).
    sigma_space: how far neighbors reach, in pixels, as the standard deviation of a Gaussian; the window is a
                 square that reaches 2 sigma far, rounded up.
    sigma_color: how unlike they may be: the standard deviation for the distance of two colors.
    returns:     (N, C, H, W). Beyond the border the image goes on with the pixel at the border.
    """
    reach = math.ceil(2 * sigma_space)
    height, width = images.shape[2:]
    padded = F.pad(images, [reach] * 4, mode="replicate")
    total, weights = torch.zeros_like(images), torch.zeros_like(images[:, :1])
    for down in range(2 * reach + 1):
        for right in range(2 * reach + 1):
            neighbor = padded[..., down : down + height, right : right + width]
            distance = ((down - reach) ** 2 + (right - reach) ** 2) / (2 * sigma_space**2)
            unlike = (neighbor - images).square().sum(dim=1, keepdim=True) / (2 * sigma_color**2)
            weight = torch.exp(-distance - unlike)
            total += weight * neighbor
            weights += weight
    return total / weights
