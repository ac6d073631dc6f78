"""Does a filter look for a part? Compare the places of its strongest responses with the places of the parts.

Two measures. Location instability: how far a filter's peak is from a part varies from image to image; if the filter
means that part, or anything that keeps its distance from it, it varies little (Zhang, Wu, Zhu 2018, section 4).
Part localization: in which share of the images does the peak lie on the part at all?
"""

import torch


def peak_points(maps, stride, first):
    """Where each filter responds most, in pixels of the image.

    maps:    (N, C, H, W).
    stride:  pixels of the image from one position of the map to the next.
    first:   the pixel, in x and in y, that position 0 looks at.
    returns: (N, C, 2), x and y: first + stride · column and first + stride · row of the largest
             value; of the first of them, row by row, if there are several.
    """
    index = maps.flatten(2).argmax(dim=2)
    width = maps.shape[3]
    return first + stride * torch.stack([index % width, index // width], dim=2).float()


def location_instability(points, centers, diagonal):
    """How much the distance from a filter's peak to a part varies, averaged over the parts.

    points:   (N, C, 2), peaks of C filters in N images.
    centers:  (N, P, 2), the places of P parts in the same pixels.
    diagonal: the length by which distances are divided.
    returns:  (C,): for each filter and part the standard deviation over the images (divided by
              N) of distance / diagonal; the mean of that over the parts.

    Zhang et al. 2018, section 4.
    """
    distances = (points[:, :, None] - centers[:, None]).norm(dim=3) / diagonal
    return distances.std(dim=0, correction=0).mean(dim=1)


def part_localization(points, centers, reach):
    """How often a filter's peak lies on a part.

    points:  (N, C, 2), peaks of C filters in N images.
    centers: (N, P, 2), the places of P parts, NaN where an image has none.
    reach:   pixels; a peak is on a part if it is at most so far from its center.
    returns: (C, P), the share of the images that have the part in which the peak is on it; 0 for
             a part that no image has.
    """
    distances = (points[:, :, None] - centers[:, None]).norm(dim=3)
    has = ~centers.isnan().any(dim=2)
    hits = (distances <= reach).sum(dim=0)
    return hits / has.sum(dim=0).clamp(min=1)
