"""Integrated gradients: a score, divided among the pixels without remainder.

A gradient says what a small change would do. Walk from a baseline x' (a black image, say) to the image x in a
straight line, and collect the gradients on the way:

    IG = (x − x') · ∫ d y_c(x' + a (x − x')) / d x  da,   a from 0 to 1     (Sundararajan et al. 2017, eq. 1)

Completeness: all of it adds up to y_c(x) − y_c(x'). The integral is a sum over `steps` points; ours stand in
the middle of their intervals (the midpoint rule), which needs fewer of them than points at the ends.

Sundararajan, Taly, Yan 2017, "Axiomatic Attribution for Deep Networks".
"""

import torch


def integrated_gradients(network, images, class_index, baseline, steps=50):
    """What each color of each pixel brought to the score, compared with a baseline.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    images:      (N, 3, H, W) in [0, 1].
    class_index: int.
    baseline:    (1, 3, H, W) or (N, 3, H, W), what to compare with.
    steps:       int, points on the way; one forward and one backward pass of N images each.
    returns:     (N, 3, H, W) of either sign; the sum over an image is the difference of the two scores but for
                 the error of the midpoint rule.

    Raises ValueError if there are no steps.
    """
    if steps < 1:
        raise ValueError(f"{steps} steps were asked for; the integral needs at least one")
    total = torch.zeros_like(images)
    for step in range(steps):
        with torch.enable_grad():
            pixels = torch.lerp(baseline, images, (step + 0.5) / steps).expand_as(images).detach()
            pixels.requires_grad_()
            total += torch.autograd.grad(network(pixels)[:, class_index].sum(), pixels)[0]
    return (images - baseline) * total / steps
