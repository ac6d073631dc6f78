"""Guided backpropagation: the gradient of a score by the pixels, with a stricter rule at every ReLU.

The gradient passes a ReLU where its input was positive; a deconvnet passes what is itself positive; guided
backpropagation asks for both:

    R_in = R_out · [x > 0] · [R_out > 0]

Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net", figure 1 (c).
For ReLU6 the input must also be below 6, where its slope is one.
"""

from contextlib import contextmanager

import torch
from torch import nn


class GuidedReLU(torch.autograd.Function):
    """min(max(x, 0), ceiling) forward; backward only what is positive, where 0 < x < ceiling."""

    @staticmethod
    def forward(ctx, x, ceiling):
        y = x.clamp(0, ceiling)  # between 0 and the ceiling where x is; and the next layer keeps it anyway
        ctx.save_for_backward(y)
        ctx.ceiling = ceiling
        return y

    @staticmethod
    def backward(ctx, upstream):
        (y,) = ctx.saved_tensors
        # upstream.relu() * ((y > 0) & (y < ctx.ceiling)), without a pass over memory for each sign.
        return torch.ops.aten.hardtanh_backward(upstream.relu(), y, 0, ctx.ceiling), None


class _Guided(nn.Module):
    def __init__(self, ceiling):
        super().__init__()
        self.ceiling = ceiling

    def forward(self, x):
        return GuidedReLU.apply(x, self.ceiling)


@contextmanager
def guided(network):
    """While inside, every nn.ReLU and nn.ReLU6 of the network follows the guided rule; then they are back.

    Raises ValueError if the network has no such module: a functional ReLU cannot be guided.
    """
    replaced = []
    for parent in network.modules():
        for name, child in parent._modules.items():
            if isinstance(child, (nn.ReLU, nn.ReLU6)):
                replaced.append((parent, name, child))
    if not replaced:
        raise ValueError(
            f"{type(network).__name__} has no ReLU modules to guide; write its functional ReLUs as nn.ReLU()"
        )
    try:
        for parent, name, child in replaced:
            parent._modules[name] = _Guided(6.0 if isinstance(child, nn.ReLU6) else float("inf"))
        yield
    finally:
        for parent, name, child in replaced:
            parent._modules[name] = child


def guided_backprop(network, images, class_index):
    """Guided gradients of a class score by the pixels.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    images:      (N, 3, H, W) in [0, 1].
    class_index: int.
    returns:     (N, 3, H, W), positive where more of a color raises the score.
    """
    with torch.enable_grad(), guided(network):
        images = images.detach().requires_grad_()
        score = network(images)[:, class_index].sum()
        return torch.autograd.grad(score, images)[0]
