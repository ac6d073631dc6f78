"""The pieces of photographs that a channel likes best: what one looks at to give a channel a name.

For each image take the position where the channel is strongest, sort the images by that value, and cut out a
square around the position (`lib.patches`). Here for several channels of a network at once, with squares of any
size: in deep layers the receptive field is larger than the image.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 2.
"""

import torch

from lib.activations import activations
from lib.patches import strongest_places


def top_patches(network, layer, images, channels, k, size):
    """The k patches that make each of some channels strongest, best first, at most one from an image.

    network:  an nn.Module that takes images (N, 3, H, W).
    layer:    the name of a convolutional layer.
    images:   (N, 3, H, W) in [0, 1].
    channels: a list of C channel numbers.
    k:        patches for each channel, at most N.
    size:     pixels of a patch's side, at most H and W.
    returns:  (patches, values, places): (C, k, 3, size, size); (C, k) activations at the patches' centers; and
              (C, k, 3) integers, the image, row and column of the position in the layer. A patch is centered on
              its position as far as the border of the image allows.
    """
    if k > len(images) or size > min(images.shape[-2:]):
        raise ValueError(
            f"{k} patches of {size} pixels were asked for, but there are {len(images)} images of "
            f"{images.shape[-2]} × {images.shape[-1]}; ask for fewer or smaller ones"
        )
    maps = activations(network, images, [layer])[layer][:, list(channels)].transpose(0, 1)
    places = torch.stack([strongest_places(channel, k) for channel in maps])
    image, row, column = places.unbind(dim=2)
    values = torch.stack([channel[i, r, c] for channel, i, r, c in zip(maps, image, row, column)])
    patches = [torch.stack([_cut(images, place, maps.shape[-2:], size) for place in row]) for row in places.tolist()]
    return torch.stack(patches), values, places


def _cut(images, place, grid, size):
    image, *position = place
    corner = []
    for index, cells, pixels in zip(position, grid, images.shape[-2:]):
        center = (index + 0.5) * pixels / cells
        corner.append(min(max(round(center - size / 2), 0), pixels - size))
    top, left = corner
    return images[image, :, top : top + size, left : left + size]
