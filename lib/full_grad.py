"""FullGrad: an attribution in which nothing is left over.

For a network of ReLUs, a score is exactly a sum over the input and over every bias that was added on the way:

    f(x) = <df/dx, x> + sum over layers and positions of  df/db · b        (Srinivas and Fleuret 2019, eq. 2)

The first term says what the pixels did, each bias term what a unit did at its place. Batch norm's effective
bias is beta − mean · gamma / sqrt(variance + eps). Completeness of this sum is exact up to rounding, which
is the test. It needs units that are linear on each side of zero, so ReLU6 adds a bias of its own: above 6
its output is the constant 6.

Srinivas and Fleuret 2019, "Full-Gradient Representation for Neural Network Visualization".
"""

import torch
from torch import nn
from torch.nn import functional as F

from lib.networks import Normalize


def full_gradient(network, images, class_index):
    """The terms of a class score: one of the input, one of every layer that adds something.

    network:     an nn.Module of convolutions, linear layers, batch norms in eval mode, ReLUs and pooling,
                 from images to class scores (N, K) before softmax.
    images:      (N, 3, H, W) in [0, 1].
    class_index: int.
    returns:     (input_term, bias_terms): (N, 3, H, W), and a dict from layer name to that layer's term,
                 (N, C, H', W'), or (N, C) for a linear layer. All together they sum to the score.

    Srinivas and Fleuret 2019, eq. 2.
    """
    outputs, biases, handles = {}, {}, []

    def keep(name):
        def hook(module, inputs, output):
            bias = _bias(module, inputs[0])
            if bias is not None:
                outputs[name], biases[name] = output, bias.detach()

        return hook

    try:
        for name, module in network.named_modules():
            handles.append(module.register_forward_hook(keep(name)))
        with torch.enable_grad():
            images = images.detach().requires_grad_()
            score = network(images)[:, class_index].sum()
            gradient, *gradients = torch.autograd.grad(score, [images, *outputs.values()])
    finally:
        for handle in handles:
            handle.remove()
    terms = zip(outputs, gradients, biases.values())
    return gradient * images.detach(), {name: gradient * bias for name, gradient, bias in terms}


def full_grad(network, images, class_index):
    """One saliency map of all terms: each rectified, scaled to [0, 1], brought to image size, and added up.

    returns: (N, H, W), not negative; input and outputs as in `full_gradient`.

    Srinivas and Fleuret 2019, eq. 4, with the absolute value and the scaling of its section 5.
    """
    input_term, bias_terms = full_gradient(network, images, class_index)
    size = images.shape[-2:]
    saliency = _postprocess(input_term, size)
    for term in bias_terms.values():
        if term.dim() == 4:  # a linear layer has no place in the image
            saliency = saliency + _postprocess(term, size)
    return saliency


def _postprocess(term, size):
    magnitude = term.abs()
    low, high = magnitude.amin(dim=(2, 3), keepdim=True), magnitude.amax(dim=(2, 3), keepdim=True)
    scaled = (magnitude - low) / (high - low).clamp(min=torch.finfo(term.dtype).eps)
    # Channels are added up before they are enlarged: interpolation is linear, and there may be a thousand of them.
    total = scaled.sum(dim=1, keepdim=True)
    return F.interpolate(total, size=size, mode="bilinear", align_corners=False)[:, 0]


def _bias(module, x):
    """What the module adds to its output on top of what is proportional to its input x; None for nothing."""
    if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
        return module.bias.view(-1, 1, 1) if isinstance(module, nn.Conv2d) else module.bias
    if isinstance(module, nn.BatchNorm2d):
        scale = module.weight / (module.running_var + module.eps).sqrt()
        return (module.bias - module.running_mean * scale).view(-1, 1, 1)
    if isinstance(module, Normalize):
        return -module.mean / module.std
    if isinstance(module, nn.ReLU6):
        return 6.0 * (x >= 6)
    return None
