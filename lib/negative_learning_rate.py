"""An attack with nothing but an optimizer of the library: train the image, with a negative learning rate.

    x ← x − η · ∂L/∂x,   η < 0

Training goes down the loss of the true class; a negative rate goes up. PyTorch's SGD refuses a negative rate, so the
sign moves from the rate to the loss. The step is +|η| · ∂L/∂x either way.

The plain gradient, without its sign: strong pixels change much, weak ones hardly, and the size of a step depends on how
sure the network is. Where its loss is 0 in floating-point numbers, nothing moves.
"""

import torch
from torch.nn import functional as F


def ascend_with_sgd(network, images, labels, rate, steps):
    """Images trained not to be recognized.

    network: an nn.Module from images to class scores (N, K) before softmax, in eval mode.
    images:  (N, C, H, W) in [0, 1].
    labels:  (N,) integers, the right classes.
    rate:    the learning rate, negative: −η for steps of η times the gradient, uphill.
    steps:   int.
    returns: (N, C, H, W) in [0, 1], detached. Each image's own cross-entropy is climbed, by torch.optim.SGD on the
             negative loss with the rate −`rate`; values that leave the range are cut off after each step.

    Raises ValueError for a rate that is not negative.
    """
    if rate >= 0:
        raise ValueError(f"the rate is {rate}; a rate of 0 or more would not climb, give a negative one")
    pixels = images.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([pixels], lr=-rate)
    for _ in range(steps):
        optimizer.zero_grad()
        with torch.enable_grad():
            loss = -F.cross_entropy(network(pixels), labels, reduction="sum")
            loss.backward(inputs=[pixels])
        optimizer.step()
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach()
