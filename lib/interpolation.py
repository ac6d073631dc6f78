"""From one image to another, through the code.

    x_t = g((1 − t) f(x_0) + t f(x_1)),    t from 0 to 1

The mean of two images is both of them, each half as strong. The mean of two codes is the code of something; what that
looks like tells how the code is laid out.

Bengio, Mesnil, Dauphin, Rifai 2013, "Better Mixing via Deep Representations", section 3.
"""

import torch


def interpolate_latent(encode, decode, first, second, count):
    """Images on the straight line between the codes of two images.

    encode:  a function from images (N, C, H, W) to codes (N, ...), of any number of axes.
    decode:  a function from codes back to images.
    first:   (1, C, H, W), where the line begins.
    second:  (1, C, H, W), where it ends.
    count:   int, at least 2: how many images, at equal steps, both ends included.
    returns: (count, C, H, W), decoded all. The ends are reconstructions, not the images themselves.
    """
    start, end = encode(first), encode(second)
    shares = torch.linspace(0, 1, count, dtype=start.dtype, device=start.device)
    return decode(torch.lerp(start, end, shares.view(-1, *[1] * (start.dim() - 1))))
