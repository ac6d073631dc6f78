"""Is it a copy? For each patch of an image, how far is the most similar patch of another?

    d(p) = min over q of  ‖p − q‖ / √(number of values in a patch)

A patch that was copied has a distance of zero. Whether another distance is large or small can only be said beside
those of something that is known to be no copy: another part of the same photograph.
"""

import torch
from torch.nn import functional as F


def nearest_patch_distance(image, sample, size, stride):
    """For each patch of an image, the distance to the most similar patch of a sample.

    image:   (1, 3, H, W).
    sample:  (1, 3, h, w); its patches are taken at every position.
    size:    int, the side of a patch in pixels.
    stride:  int, pixels from one patch of the image to the next; in the sample it is 1.
    returns: (P,), row by row: the smallest root mean square difference, over the 3 · size²
             values of a patch, between patch p and any patch of the sample.
    """
    patches, library = F.unfold(image, size, stride=stride)[0].T, F.unfold(sample, size)[0].T
    # Double precision: cdist takes differences of squares, which cancel where patches are nearly equal.
    distances = torch.cdist(patches.double(), library.double()).amin(dim=1)
    return (distances / patches.shape[1] ** 0.5).to(image.dtype)
