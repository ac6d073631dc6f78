"""The correlation layer: every position of one map compared with its neighborhood in another.

    c[d, y, x] = 1/C Σ_k first[k, y, x] · second[k, y + dy, x + dx],    |dx|, |dy| ≤ r

It has no weights. A network that gets it beside its features does not have to discover what comparing is.

Dosovitskiy et al. 2015, "FlowNet: Learning Optical Flow with Convolutional Networks", eq. 1, with patches of one
position (their k = 0). The equation is a plain sum; the division by the C channels is in their program, and keeps the
values of the same size whatever C is.
"""

import torch
from torch.nn import functional as F


def correlation(first, second, radius):
    """How well each position of one map fits to the positions around it in another.

    first, second: (N, C, H, W).
    radius:  int r, the largest displacement in each direction.
    returns: (N, (2 r + 1)², H, W). Channel (dy + r) · (2 r + 1) + dx + r belongs to the
             displacement of dy rows down and dx columns to the right, each from −r to r. It holds
             the mean over the C channels of first[:, y, x] times second[:, y + dy, x + dx]; outside
             of the map, `second` is zero.

    Dosovitskiy et al. 2015, eq. 1.
    """
    height, width = first.shape[2:]
    padded = F.pad(second, (radius,) * 4)
    shifts = range(2 * radius + 1)
    around = (padded[:, :, y : y + height, x : x + width] for y in shifts for x in shifts)
    return torch.stack([(first * moved).mean(dim=1) for moved in around], dim=1)
