"""What a channel likes best: find the places where it is strongest, and cut out what it saw there.

In each image take the position where the channel is strongest; sort the images by that value; cut out the
receptive field around the position. One patch an image: the second-best place in a photograph is mostly the
neighbor of the best.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 2.
"""

import torch
from torch.nn import functional as F


def strongest_places(maps, k):
    """The k images in which a channel is strongest, and where in each of them.

    maps:    (N, h, w), one channel's activations for N images.
    k:       int, at most N.
    returns: (k, 3) integers: image, row, column, the strongest first; at most one place in an image.

    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 2.
    """
    width = maps.shape[2]
    strongest, position = maps.flatten(1).max(dim=1)
    image = strongest.topk(k).indices
    position = position[image]
    return torch.stack([image, position // width, position % width], dim=1)


def cut_patches(images, places, field):
    """The part of an image that the unit at each place can see.

    images:  (N, 3, H, W) in [0, 1].
    places:  (k, 3) integers: image, row and column of a unit.
    field:   (size, stride, offset), the receptive field of the units' layer: the unit in row r sees
             the pixel rows from offset + r · stride on, `size` of them; columns alike.
    returns: (k, 3, size, size); 0.5 in all colors where the field reaches beyond the image.

    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 2.
    """
    size, stride, offset = field
    patches = []
    for image, row, column in places.tolist():
        padded = F.pad(images[image], [size] * 4, value=0.5)
        top, left = size + offset + row * stride, size + offset + column * stride
        patches.append(padded[:, top : top + size, left : left + size])
    return torch.stack(patches)
