"""Images that mean nothing to people, and that a network is sure of: start from noise, and climb.

    x ← clip( x + η · g / ‖g‖ ),   g = ∂ log p_c / ∂x

The same climb as in feature visualization, without anything that keeps the image natural. So what the network is sure
of need not look like anything.

Nguyen, Yosinski, Clune 2015, "Deep Neural Networks Are Easily Fooled", section 3.3 (theirs with a penalty).
"""

import torch

from lib.gradient_attacks import steepest_direction


def fooling_image(network, start, target, step_length, steps):
    """From noise to images that a network takes for a class.

    network:     an nn.Module from images to class scores (N, K) before softmax, in eval mode.
    start:       (N, C, H, W) in [0, 1]; stays as it is.
    target:      int, the class.
    step_length: η, how long a step is: the root of the sum of the squares of an image's changes,
                 before they are cut off at the range.
    steps:       int.
    returns:     (N, C, H, W) in [0, 1], detached from the graph. Each step goes up the logarithm
                 of the class's probability, each image by itself. An image without a slope stays.
    """
    images = start.detach()
    for _ in range(steps):
        with torch.enable_grad():
            pixels = images.clone().requires_grad_()
            chosen = network(pixels).log_softmax(dim=1)[:, target]
            (gradient,) = torch.autograd.grad(chosen.sum(), pixels)
        images = (images + step_length * steepest_direction(gradient, 2)).clamp(0, 1)
    return images
