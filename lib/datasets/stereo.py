"""The motorcycle of the Middlebury stereo data, with its measured disparity.

Scharstein et al. 2014, "High-Resolution Stereo Datasets with Subpixel-Accurate Ground Truth".
"""

import numpy as np
import torch

from lib import images


def pair(scale=1):
    """Two photographs of one scene by two cameras side by side, and how far each point of the left one has moved.

    scale:   1 for 500 × 741 pixels, 2 for half of that in each direction, and so on.
    returns: (left, right, disparity): two images (1, 3, H, W) in [0, 1] and (H, W) in pixels of these images.
             What is at (row, column) of the left image is at (row, column − disparity[row, column]) of the right
             one. Where it was not measured, disparity is NaN.
    """
    left, right = images.sample("motorcycle"), images.sample("motorcycle-right")
    with np.load(images.installed("skimage/data/motorcycle_disp.npz")) as file:
        disparity = torch.tensor(file["arr_0"], dtype=torch.float32)
    disparity[~disparity.isfinite()] = torch.nan
    if scale != 1:
        height, width = left.shape[2] // scale, left.shape[3] // scale
        cut = (..., slice(height * scale), slice(width * scale))  # whole pixels, so that disparities stay exact
        left, right = images.resize(left[cut], (height, width)), images.resize(right[cut], (height, width))
        blocks = disparity[cut].view(height, scale, width, scale).transpose(1, 2).flatten(2)
        disparity = blocks.nanmedian(dim=2).values / scale
    return left, right, disparity
