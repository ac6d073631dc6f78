"""What a layer says about each part of a photograph, in pictures instead of numbers.

At each position of a layer the network holds a vector with one number a channel. A list of numbers says nothing. But
each channel can be drawn, as the image that it likes best; so each position becomes a few small drawings, the
strongest channels first, each as large as its activation.

Olah et al. 2018, "The Building Blocks of Interpretability", section "Making sense of hidden layers".
"""

import torch
from torch.nn import functional as F


def strongest_channels(maps, k):
    """The k strongest channels at each position.

    maps:    (1, C, h, w), a layer's activations for one image.
    k:       int, at most C.
    returns: (channels, values), both (k, h, w), the strongest first.
    """
    values, channels = maps[0].topk(k, dim=0)
    return channels, values


def draw_over(image, icons, channels, values, shade):
    """A photograph with the favorite images of its strongest channels drawn over its parts.

    image:    (1, 3, H, W) in [0, 1]; H and W are divided into cells of equal size, h × w of them.
    icons:    a dict from a channel's number to its drawing (3, S, S), for every channel in `channels`.
    channels: (h, w) integers, one channel at each position.
    values:   (h, w), its activation. The largest one fills its cell; half of it, half of the area.
              One that is not positive is not drawn.
    shade:    in [0, 1], how dark the photograph is made behind the drawings.
    returns:  (1, 3, H, W).
    """
    result = image * (1 - shade)
    rows, columns = channels.shape
    height, width = image.shape[2] / rows, image.shape[3] / columns
    largest = values.max().item()
    for row, column in torch.cartesian_prod(torch.arange(rows), torch.arange(columns)).tolist():
        share = max(values[row, column].item(), 0) / largest if largest > 0 else 0
        side = round(min(height, width) * share**0.5)
        if side < 2:
            continue
        icon = icons[channels[row, column].item()][None]
        icon = F.interpolate(icon, size=(side, side), mode="bilinear", align_corners=False, antialias=True)
        top, left = round((row + 0.5) * height - side / 2), round((column + 0.5) * width - side / 2)
        result[..., top : top + side, left : left + side] = icon
    return result
