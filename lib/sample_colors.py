"""Colors that cannot go astray: coordinates in the box that a sample's own colors fill.

Turn the axes of color space into the sample's principal axes, and measure along each from its smallest to its largest
value: every pixel of the sample gets three numbers u between 0 and 1, and

    color = corner + edges u

Whoever optimizes u in place of the pixels moves most where the sample's colors vary most, and a gray sample has an edge
of length zero in every direction of color: what is made from it stays gray.

The same idea, with the colors of many photographs, is in lib.fourier_image.
"""

import torch


def color_box(samples):
    """The box around the colors of each sample, along their principal axes.

    samples: (N, 3, H, W).
    returns: (corner, edges), (N, 3, 1) and (N, 3, 3): each column of `edges` is one edge of the box.
    """
    colors = samples.flatten(2)
    centered = colors - colors.mean(dim=2, keepdim=True)
    axes = torch.linalg.eigh(centered @ centered.transpose(1, 2))[1]
    along = axes.transpose(1, 2) @ colors
    low, high = along.amin(dim=2, keepdim=True), along.amax(dim=2, keepdim=True)
    return axes @ low, axes * (high - low).transpose(1, 2)


def to_colors(coordinates, box):
    """Coordinates (N, 3, H, W) in a `color_box` as images of the same shape. From 0 to 1 they lie in the box."""
    corner, edges = box
    return (corner + edges @ coordinates.flatten(2)).view_as(coordinates)


def to_coordinates(images, box):
    """Images (N, 3, H, W) in the coordinates of a `color_box`; along an edge without length, 0."""
    corner, edges = box
    return (torch.linalg.pinv(edges, rtol=1e-3) @ (images.flatten(2) - corner)).view_as(images)
