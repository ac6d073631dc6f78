"""Optical flow: how far each pixel goes from one picture to the next, how wrong one is about it, and how to undo it.

A flow (u, v) has two numbers for each pixel of the first picture: u pixels to the right, v pixels down. What is at
(x, y) of the first picture is at (x + u, y + v) of the second one.

    EPE        = mean √((u − û)² + (v − v̂)²)                 end-point error, over the pixels with a known truth
    back(x, y) = second(x + u, y + v)                         the second picture, warped back to look like the first

Between pixels a value is mixed of the four around it, in proportion (bilinear). A picture of half the size has flows
of half the length.

Dosovitskiy et al. 2015, "FlowNet: Learning Optical Flow with Convolutional Networks". Jaderberg et al. 2015, "Spatial
Transformer Networks", eq. 5, for the gradient through a bilinear warp.
"""

import torch
from torch.nn import functional as F


def end_point_error(flow, truth):
    """How far off the ends of the arrows are, on average.

    flow:    (N, 2, H, W), pixels to the right and down.
    truth:   (N, 2, H, W); NaN, in both components, where nobody knows it.
    returns: (N,): the mean over the pixels with a known truth of the distance between the ends
             of the two arrows. NaN for an image without any.
    """
    distance = (flow - truth).square().sum(dim=1).sqrt()
    return distance.flatten(1).nanmean(dim=1)


def warp(images, flow):
    """Look up each pixel of a new picture where the flow says that it has gone.

    images:  (N, C, H, W).
    flow:    (N, 2, H, W), pixels to the right (component 0) and down (component 1).
    returns: (N, C, H, W); pixel (x, y) is what `images` has at (x + flow[0], y + flow[1]),
             between pixels mixed bilinearly. Where that is outside, the nearest point of the
             picture counts: x is kept within 0 ... W − 1 and y within 0 ... H − 1.

    Jaderberg et al. 2015, eq. 5.
    """
    height, width = images.shape[2:]
    x = flow[:, 0] + torch.arange(width).to(flow)
    y = flow[:, 1] + torch.arange(height).to(flow)[:, None]
    places = torch.stack([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1], dim=3)
    return F.grid_sample(images, places, mode="bilinear", padding_mode="border", align_corners=False)


def resize_flow(flow, size):
    """The same motion for pictures of another size.

    flow:    (N, 2, H, W), in pixels of pictures of H × W.
    size:    (height, width) of the new pictures.
    returns: (N, 2, height, width), in pixels of the new pictures: resized bilinearly, as by
             F.interpolate with align_corners=False, and the arrows made as much longer or shorter
             as the pictures have become, each component by its own side.
    """
    height, width = size
    factor = flow.new_tensor([width / flow.shape[3], height / flow.shape[2]])
    return factor[:, None, None] * F.interpolate(flow, size, mode="bilinear", align_corners=False)
