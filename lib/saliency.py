"""Which pixels does the score of a class depend on? The gradient by the pixels, and three ways to draw it.

    S(x, y)    = max over colors of | d y_c / d x |                          (Simonyan et al. 2014, section 3.1)
    SmoothGrad = the same, of the mean gradient of copies with noise added   (Smilkov et al. 2017, section 2.2)

The third way changes what happens to the gradient at each ReLU. With x what went in, R what comes from above:

    plain      R · [x > 0]                 backpropagation: what the derivative of the ReLU is
    deconvnet  R · [R > 0]                 Zeiler and Fergus 2014, section 2.1
    guided     R · [x > 0] · [R > 0]       Springenberg et al. 2015, figure 1 (c)

Only the first is a gradient of anything.

Simonyan, Vedaldi, Zisserman 2014, "Deep Inside Convolutional Networks".
Smilkov et al. 2017, "SmoothGrad: removing noise by adding noise".
"""

from functools import partial

import torch
from torch import nn

from lib.swapping import swapped


def pixel_gradients(network, images, class_index):
    """How the score of a class changes with each color of each pixel.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    images:      (N, 3, H, W) in [0, 1]; stay as they are.
    class_index: int.
    returns:     (N, 3, H, W), detached from the graph. Each image's gradient is that of its own
                 score, whoever else is in the batch.

    Simonyan et al. 2014, "Deep Inside Convolutional Networks", eq. 4.
    """
    with torch.enable_grad():
        pixels = images.detach().requires_grad_()
        scores = network(pixels)
        (gradients,) = torch.autograd.grad(scores[:, class_index].sum(), pixels)
    return gradients


def saliency_map(gradients):
    """One number a pixel: how strongly the score depends on it, through any of its colors.

    gradients: (N, 3, H, W), of either sign.
    returns:   (N, H, W), nowhere negative: the largest magnitude among the three colors.

    Simonyan et al. 2014, "Deep Inside Convolutional Networks", section 3.1.
    """
    return gradients.abs().amax(dim=1)


def smooth_grad(network, images, class_index, samples, sigma, generator):
    """The saliency map of the mean gradient over copies of the images with noise on their pixels.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    images:      (N, 3, H, W) in [0, 1]; stay as they are.
    class_index: int.
    samples:     int, how many noisy copies of each image.
    sigma:       the standard deviation of the noise, as a share of each image's own
                 max − min; the paper's best are 0.1 to 0.2.
    generator:   a torch.Generator; each sample's noise is one call of
                 torch.randn(images.shape, generator=generator).
    returns:     (N, H, W), nowhere negative.

    Smilkov et al. 2017, "SmoothGrad", section 2.2.
    """
    brightest, darkest = (end(images, dim=(1, 2, 3), keepdim=True) for end in (torch.amax, torch.amin))
    total = torch.zeros_like(images)
    for _ in range(samples):
        noise = torch.randn(images.shape, generator=generator).to(images)
        noisy = images + sigma * (brightest - darkest) * noise
        total += pixel_gradients(network, noisy, class_index)
    return saliency_map(total / samples)


def relu_backward(x, upstream, rule, ceiling=float("inf")):
    """What a ReLU hands down, given what arrives from above.

    x:        what went into the ReLU on the way forward, any shape.
    upstream: what arrives from the layer above, of the same shape.
    rule:     "plain", "deconvnet" or "guided".
    ceiling:  where the ReLU is cut off: 6 for a ReLU6, whose slope is 1 where 0 < x < 6.
    returns:  of the same shape: `upstream` where the rule lets it pass, 0 elsewhere. Nothing passes
              where a comparison holds with equality: not at x = 0.

    Springenberg et al. 2015, "Striving for Simplicity: The All Convolutional Net", figure 1 (c).
    """
    if rule not in ("plain", "deconvnet", "guided"):
        raise ValueError(f"the rule is plain, deconvnet or guided, not {rule!r}")
    if rule != "plain":
        upstream = upstream.relu()
    if rule != "deconvnet":
        upstream = upstream * ((x > 0) & (x < ceiling))
    return upstream


def rectify(x, rule, ceiling=float("inf")):
    """A ReLU forward; backward, what the rule says.

    x:       (any shape), part of a graph or not.
    rule:    "plain", "deconvnet" or "guided".
    ceiling: 6 for a ReLU6.
    returns: x between 0 and the ceiling. Its gradient by x is that of `relu_backward`.

    Springenberg et al. 2015, figure 1.
    """

    class Rectifier(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.clamp(0, ceiling)

        @staticmethod
        def backward(ctx, upstream):
            (x,) = ctx.saved_tensors
            return relu_backward(x, upstream, rule, ceiling)

    return Rectifier.apply(x)


def gradients_by_rule(network, images, class_index, rule):
    """As `pixel_gradients`, with a rule of our choice at every ReLU of the network.

    network:     an nn.Module with nn.ReLU or nn.ReLU6 modules, at any depth.
    images:      (N, 3, H, W) in [0, 1].
    class_index: int.
    rule:        "plain", "deconvnet" or "guided"; with the last this is guided backpropagation.
    returns:     (N, 3, H, W), detached from the graph.

    Raises ValueError if no ReLU of the network is a module: with nothing to swap, the answer would
    silently be the plain gradient.

    Springenberg et al. 2015, section 3.4.
    """
    functions = {}
    for name, module in network.named_modules():
        if isinstance(module, (nn.ReLU, nn.ReLU6)):
            ceiling = 6.0 if isinstance(module, nn.ReLU6) else float("inf")
            functions[name] = partial(rectify, rule=rule, ceiling=ceiling)
    if not functions:
        raise ValueError("no ReLU of this network is a module; write its functional ReLUs as nn.ReLU()")
    with swapped(network, functions):
        return pixel_gradients(network, images, class_index)
