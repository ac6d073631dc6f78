"""The same image, moved a little: what a network sees after a jitter, a rotation and a change of scale.

A pattern that only works at one place, one angle and one size is noise that happens to fit the network's
grid. So in each step of the climb the network sees another copy, and what survives looks the same in all of them.
The gradient flows back through the move to the one image there is.

Olah, Mordvintsev and Schubert 2017, "Feature Visualization", section "Transformation robustness".
"""

import math

import torch
from torch.nn import functional as F


def transform(images, down, right, degrees, scale):
    """Images moved, then turned and enlarged about their center.

    images:      (N, C, H, W).
    down, right: whole pixels by which they are moved first; what leaves on one side comes in on the
                 opposite one (a jitter).
    degrees:     by how much they are turned, counterclockwise as one sees it.
    scale:       2 makes everything twice as large, 0.5 half as large.
    returns:     (N, C, H, W), bilinear; beyond the border the image is mirrored. Differentiable.

    Olah et al. 2017, section "Transformation robustness".
    """
    moved = images.roll((down, right), dims=(2, 3))
    height, width = images.shape[2:]
    angle = math.radians(degrees)
    cosine, sine = math.cos(angle) / scale, math.sin(angle) / scale
    # Where each pixel of the result is read, in coordinates that run from -1 to 1 along both sides.
    matrix = images.new_tensor([[cosine, -sine * height / width, 0], [sine * width / height, cosine, 0]])
    places = F.affine_grid(matrix.expand(len(images), 2, 3), images.shape, align_corners=False)
    return F.grid_sample(moved, places, padding_mode="reflection", align_corners=False)


def random_amounts(jitter, degrees, zoom, generator):
    """Amounts for `transform`, drawn uniformly.

    jitter:    pixels, in each direction from −jitter to jitter.
    degrees:   from −degrees to degrees.
    zoom:      the scale lies between 1 / zoom and zoom, as likely to enlarge as to shrink.
    generator: a torch.Generator.
    returns:   (down, right, degrees, scale): two ints and two floats.
    """
    down, right = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
    turn, growth = (2 * torch.rand(2, generator=generator) - 1).tolist()
    return down, right, degrees * turn, zoom**growth
