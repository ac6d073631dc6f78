"""The weights of a convolution as pictures.

A filter has one weight for each pixel it looks at, positive or negative, and of no fixed size. To be seen, its
weights have to become brightness: each filter's lowest weight becomes 0 and its highest becomes 1,

    (w - min w) / (max w - min w),

with the minimum and maximum of that filter alone.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 5.
"""

import torch


def filters_as_images(weight):
    """The filters of a convolution as images, each scaled from its own lowest to its own highest weight.

    weight:  (O, I, h, w), O filters of I input channels.
    returns: images in [0, 1]. Where I is 3, the three slices of a filter are red, green and blue:
             (O, 3, h, w). Otherwise every slice is a gray image of its own, with three equal
             colors: (O · I, 3, h, w), all slices of the first filter first. A filter's slices share
             one minimum and one maximum. A filter whose weights are all equal becomes 0 everywhere.

    Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", figure 5.
    """
    low = weight.amin(dim=(1, 2, 3), keepdim=True)
    high = weight.amax(dim=(1, 2, 3), keepdim=True)
    scaled = (weight - low) / (high - low).clamp(min=torch.finfo(weight.dtype).tiny)
    if weight.shape[1] == 3:
        return scaled
    return scaled.flatten(0, 1)[:, None].repeat(1, 3, 1, 1)
