"""Where in the image is the evidence for a class? Class activation maps, by the head or by the gradient.

A convolutional layer says what it found and where. Weight each of its maps A_k by how much the class score
y_c depends on it, and add them up:

    alpha_k = 1 / (H W) · sum over positions of  d y_c / d A_k        (Selvaraju et al. 2017, eq. 1)
    L       = ReLU( sum over k of  alpha_k A_k )                      (eq. 2)

Where global average pooling and one linear layer follow, alpha_k is that layer's weight over H W, and L
before its ReLU is the class activation map over H W (Zhou et al. 2016, eq. 2).

Zhou et al. 2016, "Learning Deep Features for Discriminative Localization".
Selvaraju et al. 2017, "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization".
"""

import torch
from torch.nn import functional as F

from lib.activations import hooked


def class_activation_map(features, weight, class_index):
    """Evidence for one class at each position, read off the head of a network that ends in
    global average pooling and one linear layer.

    features:    (N, C, H, W), the maps that are averaged.
    weight:      (K, C), the weight of the linear layer, one row a class.
    class_index: int, the class that is asked about.
    returns:     (N, H, W); the mean over positions is the class score without its bias.

    Zhou et al. 2016, "Learning Deep Features for Discriminative Localization", eq. 2.
    """
    return torch.einsum("nchw,c->nhw", features, weight[class_index])


def score_gradients(network, layer, images, class_index):
    """A layer's activations, and how the score of a class changes with each of them.

    network:     an nn.Module from images to class scores (N, K) before softmax.
    layer:       the name of a layer, as in `network.named_modules()`.
    images:      (N, 3, H, W) in [0, 1].
    class_index: int.
    returns:     (activations, gradients), both (N, C, H', W') and detached from the graph.
                 Each image's gradient is that of its own score.

    Selvaraju et al. 2017, "Grad-CAM", the derivative in eq. 1.
    """
    kept = []

    def keep(module, inputs, output):
        kept.append(output.detach().requires_grad_())
        return kept[0]

    with torch.enable_grad(), hooked(network, layer, keep):
        scores = network(images)
        (gradients,) = torch.autograd.grad(scores[:, class_index].sum(), kept[0])
    return kept[0].detach(), gradients


def channel_weights(gradients):
    """How much the class score depends on each channel of a layer as a whole.

    gradients: (N, C, H, W), the derivative of the class score by the layer's activations.
    returns:   (N, C), for each channel the mean over its positions.

    Selvaraju et al. 2017, "Grad-CAM", eq. 1.
    """
    return gradients.mean(dim=(2, 3))


def weighted_map(activations, weights):
    """The channels of a layer added up by their weights; only what speaks for the class remains.

    activations: (N, C, H, W).
    weights:     (N, C).
    returns:     (N, H, W), nowhere negative.

    Selvaraju et al. 2017, "Grad-CAM", eq. 2.
    """
    return torch.einsum("nchw,nc->nhw", activations, weights).relu()


def heat_map(maps, size):
    """Coarse maps, as large as the image and each scaled to its own maximum.

    maps:    (N, h, w), nowhere negative.
    size:    (H, W), height and width of the result in pixels.
    returns: (N, H, W) in [0, 1], bilinearly interpolated with align_corners=False, then
             divided by the map's own maximum. A map that is zero everywhere stays zero.
    """
    maps = F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]
    highest = maps.amax(dim=(1, 2), keepdim=True)
    return maps / highest.clamp(min=torch.finfo(maps.dtype).eps)


def overlay(images, heat, colors):
    """Colors laid over images: the image itself where the heat is 0, half color where it is 1.

    images:  (N, 3, H, W) in [0, 1].
    heat:    (N, H, W) in [0, 1].
    colors:  (N, 3, H, W) in [0, 1], the color of each heat.
    returns: (N, 3, H, W) in [0, 1]; opacity is half the heat.
    """
    opacity = 0.5 * heat[:, None]
    return (1 - opacity) * images + opacity * colors


def guided_grad_cam(guided, maps):
    """Fine detail from guided backpropagation, kept only where Grad-CAM sees evidence for the class.

    guided:  (N, 3, H, W), guided gradients of the class score by the pixels.
    maps:    (N, h, w), Grad-CAM maps, coarser than the image.
    returns: (N, 3, H, W), the product after bilinear upsampling (align_corners=False) of the maps.

    Selvaraju et al. 2017, "Grad-CAM", section 3.2.
    """
    size = guided.shape[-2:]
    return guided * F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)


def important_channels(weights, k):
    """The k channels that speak most for the class, and the k that speak most against it.

    weights: (C,), Grad-CAM channel weights of one image.
    k:       int, at most C.
    returns: (for_class, against_class), two (k,) tensors of channel numbers, strongest first:
             the largest weight first in one, the most negative first in the other.

    Selvaraju et al. 2017, "Grad-CAM", section 7 (textual explanations).
    """
    order = weights.argsort(descending=True)
    return order[:k], order.flip(0)[:k]


def pointing_game(maps, boxes):
    """Does the hottest point of each map lie on the object?

    maps:    (N, H, W).
    boxes:   (N, 4) integers: left, top, right, bottom in pixels, x before y; right and bottom
             are outside.
    returns: (N,) bool, true where the position of the maximum lies in the box.

    Zhang et al. 2016, "Top-down Neural Attention by Excitation Backprop", section 4.2, without
    its tolerance of 15 pixels.
    """
    width = maps.shape[2]
    position = maps.flatten(1).argmax(dim=1)
    x, y = position % width, position // width
    left, top, right, bottom = boxes.unbind(dim=1)
    return (left <= x) & (x < right) & (top <= y) & (y < bottom)


def grad_cam(network, layer, images, class_index):
    """Grad-CAM from image to coarse map, by the functions above.

    images: (N, 3, H, W) in [0, 1].  class_index: int.  returns: (N, h, w), of the layer's size.
    """
    activations, gradients = score_gradients(network, layer, images, class_index)
    return weighted_map(activations, channel_weights(gradients))
