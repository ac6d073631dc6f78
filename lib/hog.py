"""A histogram of oriented gradients that can be differentiated, and therefore inverted.

    gradient    central differences x[i, j+1] − x[i, j−1] and x[i+1, j] − x[i−1, j]; zero along the border
    cells       in each cell of, say, 8 × 8 pixels: how much gradient there is in each direction, mean over the pixels
    blocks      each 2 × 2 cells, overlapping by one, as one vector v: L2-Hys, that is v / √(‖v‖² + ε²), cut off at
                0.2, and once more divided by its length; ε = 1e-5

With hard bins and 180 degrees this is `skimage.feature.hog`, number for number. A hard bin has no slope: a gradient
that turns within it changes nothing, so descent could not turn it. With soft bins each gradient is shared between the
two nearest bin centers in proportion. With 360 degrees dark-to-bright and bright-to-dark are two directions.

Dalal and Triggs 2005, "Histograms of Oriented Gradients for Human Detection";
Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them", section 4.1, who wrote HOG as
a network to invert it.
"""

from collections import OrderedDict
from math import pi

import torch
from torch import nn
from torch.nn import functional as F


def oriented_gradients(images):
    """How strong the gradient is at each pixel, and where it points.

    images:  (N, H, W).
    returns: (magnitude, angle), both (N, H, W). The angle is in [0, 2π), 0 to the right, growing towards the bottom.
             Where an image is flat both are 0, and so are their derivatives.
    """
    across, down = torch.zeros_like(images), torch.zeros_like(images)
    across[..., 1:-1] = images[..., 2:] - images[..., :-2]
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    squares = across**2 + down**2
    flat = squares == 0
    magnitude = torch.where(flat, 0, torch.where(flat, 1, squares).sqrt())
    angle = torch.atan2(torch.where(flat, 0, down), torch.where(flat, 1, across)) % (2 * pi)
    return magnitude, angle


def cell_histograms(images, orientations, cell, signed, soft):
    """How much gradient each cell has in each direction.

    images:       (N, H, W); rows and columns beyond the last whole cell count for nothing.
    orientations: how many bins share 180 degrees, or 360 if `signed`. Bin k is centered at (k + 1/2) of their width.
    cell:         pixels of a cell's side.
    soft:         whether a gradient is shared between the two nearest bins; if not, one bin gets it all.
    returns:      (N, orientations, H // cell, W // cell), mean over the pixels of each cell.
    """
    magnitude, angle = oriented_gradients(images)
    turn = 2 * pi if signed else pi
    place = (angle % turn) * orientations / turn  # in widths of a bin
    histograms = magnitude.new_zeros(len(images), orientations, *images.shape[1:])
    if soft:
        lower = (place - 0.5).floor()
        share = place - 0.5 - lower
        shares = ((lower, 1 - share), (lower + 1, share))
    else:
        shares = ((place.floor(), torch.ones_like(place)),)
    for index, share in shares:
        index = (index.detach().long() % orientations)[:, None]
        histograms = histograms.scatter_add(1, index, (magnitude * share)[:, None])
    return F.avg_pool2d(histograms, cell)


def hog(images, orientations=9, cell=8, block=2, signed=False, soft=False):
    """The histogram of oriented gradients of gray images.

    images:  (N, H, W) in [0, 1].
    block:   cells of a block's side; the others as in `cell_histograms`.
    returns: (N, rows, columns, block, block, orientations): each block of neighboring cells, one beginning at every
             cell that has enough neighbors, normalized by L2-Hys. With the defaults but block=3 and one image this is
             `skimage.feature.hog(image, feature_vector=False)`.

    Raises ValueError for an image too small for one block.
    """
    if min(images.shape[1:]) < cell * block:
        raise ValueError(f"images of {tuple(images.shape[1:])} pixels have no block of {block} cells of {cell} pixels")
    cells = cell_histograms(images, orientations, cell, signed, soft)
    blocks = cells.unfold(2, block, 1).unfold(3, block, 1)  # (N, orientations, rows, columns, block, block)
    blocks = blocks.permute(0, 2, 3, 4, 5, 1)
    return _unit_length(_unit_length(blocks).clamp(max=0.2))


class HOG(nn.Module):
    """`hog` of the mean of the three colors, as a layer: (N, 3, H, W) to (N, rows, columns, block, block, bins)."""

    def __init__(self, **settings):
        super().__init__()
        self.settings = settings

    def forward(self, images):
        return hog(images.mean(dim=1), **self.settings)


def hog_network(**settings):
    """A network of one layer, called "hog", so that whatever inverts layers of networks can invert HOG.

    settings: as for `hog`. Inverting needs soft=True.
    """
    return nn.Sequential(OrderedDict(hog=HOG(**settings)))


def _unit_length(blocks, epsilon=1e-5):
    return blocks / (blocks.square().sum(dim=(-3, -2, -1), keepdim=True) + epsilon**2).sqrt()
