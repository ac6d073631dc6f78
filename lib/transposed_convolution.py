"""The way back up: from a small map to a larger one.

A convolution is linear, so it is a matrix C: times the map, laid out as a column, it gives the result. The way back up
uses its transpose, which has the shape for it and the same few weights in the other places:

    y = C x      (3 × 3 kernel: 5 × 5 to 3 × 3)          x' = C⊤ y      (3 × 3 to 5 × 5)

C⊤ is not the inverse: it brings back the shape, not the values. It is also how a gradient travels back through a
convolution. Row by row, C gathers a patch into one number; C⊤ stamps the kernel, times that number, onto the patch.

Dumoulin, Visin 2016, "A Guide to Convolution Arithmetic for Deep Learning", section 4.
"""

import torch
from torch.nn import functional as F


def convolution_matrix(kernel, height, width):
    """The matrix that does what a convolution does.

    kernel:  (K, L), applied as networks do it, without turning it over, with stride 1 and no border.
    height:  int, rows of the image, at least K.
    width:   int, its columns, at least L.
    returns: ((height − K + 1) · (width − L + 1), height · width). Times the pixels of an image,
             row by row as a column, it gives the result of the convolution, row by row.

    Dumoulin and Visin 2016, section 4.1.
    """
    pixels = torch.eye(height * width, dtype=kernel.dtype, device=kernel.device)
    answers = F.conv2d(pixels.view(-1, 1, height, width), kernel[None, None])
    return answers.flatten(1).T


def transposed_convolution(maps, weight, stride):
    """Each value stamps its kernel onto a larger map; where stamps overlap, they add up.

    maps:    (N, C, h, w).
    weight:  (C, D, K, L): the stamp of channel c for channel d of the result is weight[c, d].
    stride:  int, how far the stamps of neighbors are apart.
    returns: (N, D, (h − 1) · stride + K, (w − 1) · stride + L).

    Dumoulin and Visin 2016, section 4.
    """
    images, _, height, width = maps.shape
    _, channels, rows, columns = weight.shape
    down, across = (height - 1) * stride + 1, (width - 1) * stride + 1
    larger = maps.new_zeros(images, channels, down + rows - 1, across + columns - 1)
    for row in range(rows):
        for column in range(columns):
            stamped = torch.einsum("nchw,cd->ndhw", maps, weight[:, :, row, column])
            larger[:, :, row : row + down : stride, column : column + across : stride] += stamped
    return larger
