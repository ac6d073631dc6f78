"""A photograph in the manner of a painting: a picture with the features of one and the Gram matrices of the other.

    L(x) = α L_content(x, photograph) + β L_style(x, painting)                         (Gatys et al. 2016, eq. 7)

    L_content = ½ Σ (F − P)²                  F, P: a layer's features of x and of the photograph          (eq. 1)
    L_style   = Σ (G − A)² / (4 C²)           G, A: Gram matrices of x and of the painting, each divided by its own
                                              number of positions, so that the two may differ in size (eq. 4)

No network is trained: the pixels of x are what is optimized. `stylize` adds what makes it quick and clean: targets
computed once, from coarse to fine, pixels in coordinates of the painting's own colors (lib.sample_colors), and steps
that are long along long waves (lib.picture_descent).

Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks".
"""

import torch
from torch import nn
from torch.nn import functional as F

from lib import images
from lib.feature_maps import feature_maps
from lib.gram_matrix import gram_matrix
from lib.picture_descent import descend
from lib.sample_colors import color_box, to_colors, to_coordinates
from lib.texture import total_variation


def content_loss(features, target):
    """How far the features of images are from those of the photographs, place by place.

    features: (N, C, H, W), what a layer gives for the images that are being made.
    target:   (N, C, H, W) for the photographs; or (1, C, H, W), one for all.
    returns:  (N,): for each image, half the sum of the squared differences.

    Gatys et al. 2016, eq. 1.
    """
    return 0.5 * (features - target).square().sum(dim=(1, 2, 3))


def style_loss(features, target):
    """How far the Gram matrices of images are from those of the paintings, whatever their sizes.

    features: (N, C, H, W), what a layer gives for the images that are being made.
    target:   (N, C, C) or (1, C, C): the paintings' Gram matrices, each divided by the
              number of positions that it was summed over.
    returns:  (N,): for each image, the sum of the squared differences of its own Gram matrix,
              divided by its number of positions H · W, from the target; divided by 4 · C².

    Gatys et al. 2016, eq. 4; equal to it where both pictures have the same size.
    """
    channels, positions = features.shape[1], features.shape[2] * features.shape[3]
    difference = gram_matrix(features) / positions - target
    return difference.square().sum(dim=(1, 2)) / (4 * channels**2)


def loss_module(loss, target, weight):
    """A module that knows its target: features in, weighted loss out.

    loss:    a function of features and target, in this order, to a tensor: `content_loss`, say.
    target:  a tensor. It may still hang in a graph and require a gradient; what the module holds
             does not.
    weight:  a number, or a tensor that the result of `loss` can be multiplied by.
    returns: an nn.Module. Called with features, it gives weight · loss(features, target), and
             gradients flow to the features only. It has nothing to train. Target and a weight that is a tensor
             go along when the module is moved to another device or type.
    """

    class Loss(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("target", target.detach())
            self.register_buffer("weight", torch.as_tensor(weight))

        def forward(self, features):
            return self.weight * loss(features, self.target)

    return Loss()


def transfer_loss(features, content, style, alpha, beta):
    """What is minimized: the weighted sum of how much content and how much style is missing.

    features: a dict from the name of a layer to (N, C, H, W), what it gives for the images.
    content:  a dict from the name of a layer to a module, from that layer's features to (N,).
    style:    the same. A layer may be in both, and `features` may hold others as well.
    alpha:    the weight of content, a number or (N,).
    beta:     the weight of style, a number or (N,).
    returns:  (N,): alpha times the mean over the layers of `content`, plus beta times the mean
              over the layers of `style`.

    Gatys et al. 2016, eq. 7, and eq. 5 with w_l = 1 / number of layers.
    """
    both = []
    for modules in (content, style):
        losses = [module(features[name]) for name, module in modules.items()]
        both.append(sum(losses) / len(losses))
    return alpha * both[0] + beta * both[1]


def optimize_pixels(network, objective, start, steps):
    """Change images so that the objective falls, by L-BFGS. Only the pixels change.

    network:   from images (N, 3, H, W) to what the objective takes. Its weights may be
               trainable; they get no gradient here.
    objective: from what the network gives to (N,); its sum is minimized.
    start:     (N, 3, H, W) in [0, 1]; stays as it is.
    steps:     int, the iterations of L-BFGS, all in one run; it ends for no other reason, so
               both tolerances are 0.
    returns:   (N, 3, H, W) in [0, 1], without a graph. On the way the pixels are free to leave
               the range; they are brought back once, at the end.

    Gatys et al. 2016, section 2.3, who use L-BFGS.
    """
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels], max_iter=steps, max_eval=25 * steps, tolerance_grad=0, tolerance_change=0
    )

    def closure():
        value = objective(network(pixels)).sum()
        (pixels.grad,) = torch.autograd.grad(value, pixels)
        return value

    optimizer.step(closure)
    return pixels.detach().clamp(0, 1)


def coarse_to_fine(improve, photograph, sizes):
    """Work on a small version first, and carry what has changed up to the next size.

    improve:    a function from images (N, 3, h, w) in [0, 1] to better ones of the same size.
    photograph: (N, 3, H, W) in [0, 1].
    sizes:      a list of (height, width), in the order in which they are worked on.
    returns:    (N, 3, h, w), what `improve` gave at the last size.

    At each size, `improve` gets the photograph resized to it, plus the change made at the size
    before (what `improve` gave there minus the photograph at that size), resized, the sum cut
    off at 0 and 1. At the first size nothing has changed yet. `lib.images.resize` resizes.
    """
    change = torch.zeros_like(photograph)
    for size in sizes:
        scaled = images.resize(photograph, size)
        better = improve((scaled + images.resize(change, size)).clamp(0, 1))
        change = better - scaled
    return better


def mixed_target(targets, shares):
    """The Gram matrices of styles between styles.

    targets: (S, C, C), one for each of S paintings.
    shares:  (N, S), for each of N images how much of each painting; not negative, and only their
             ratios count: (1, 1) is half and half.
    returns: (N, C, C), the mean of the targets with these shares.
    """
    shares = shares / shares.sum(dim=1, keepdim=True)
    return torch.einsum("ns,sij->nij", shares, targets)


def look(network, pictures, layers, scales, precision=None):
    """The features of pictures and of the pictures made smaller: a dict from "LAYER/0", "LAYER/1", ... to maps.

    pictures: (N, 3, H, W) in [0, 1].  layers: a list of names.
    scales:   int, at how many sizes; each half as large as the one before.  precision: as `feature_maps` takes it.
    """
    found = {}
    for scale in range(scales):
        smaller = F.avg_pool2d(pictures, 2**scale) if scale else pictures
        maps = feature_maps(network, smaller, layers, precision)
        found |= {f"{name}/{scale}": values for name, values in maps.items()}
    return found


def relative(loss, target, maps):
    """`loss_module` with the weight that makes features of zero cost 1; so no layer drowns another.

    maps: features of the shape that the module will be given.
    """
    return loss_module(loss, target, 1 / loss(torch.zeros_like(maps), target))


def objective(
    network, photographs, paintings, layers, alpha, beta=1.0, shares=None, scales=2, variation=0.5, precision=None
):
    """The loss of images as a function: images (N, 3, H, W) -> (N,). Targets are computed here, once.

    photographs: (N, 3, H, W), of the size that the images will have.
    paintings:   (N, 3, h, w), one for each image or one for all; with `shares`, (S, 3, h, w).
    layers:      (content, style), two lists of layer names.
    alpha, beta: numbers or (N,). Both losses are relative: features that are all zero cost 1.
    shares:      None, or (N, S) as `mixed_target` takes them.
    scales:      at how many sizes style is compared.
    variation:   the weight of total variation beyond that of the paintings; what the network cannot see stays smooth.
    precision:   as `feature_maps` takes it; losses stay float32.
    """
    content_layers, style_layers = layers
    with torch.no_grad():
        shown = look(network, photographs, content_layers, 1, precision)
        painted = look(network, paintings, style_layers, scales, precision)
        content = {name: relative(content_loss, maps, maps) for name, maps in shown.items()}
        style = {}
        for name, maps in painted.items():
            target = gram_matrix(maps) / maps[0, 0].numel()
            style[name] = relative(style_loss, target if shares is None else mixed_target(target, shares), maps[:1])
        allowed = total_variation(paintings)
        allowed = allowed if shares is None else (shares / shares.sum(dim=1, keepdim=True)) @ allowed

    def loss(pictures):
        features = look(network, pictures, list(dict.fromkeys([*style_layers, *content_layers])), scales, precision)
        excess = (total_variation(pictures) / allowed - 1).relu() if variation else 0
        return transfer_loss(features, content, style, alpha, beta) + variation * excess

    return loss


def stylize(
    network, photographs, paintings, layers, alpha, steps, sizes=None, shares=None, scales=2, variation=0.5, own=True,
    precision=None,
):  # fmt: skip
    """Photographs in the manner of paintings.

    network, photographs, paintings, layers, alpha, shares, scales, variation, precision: as `objective` takes them.
    steps:   a tuple, how often the loss is computed at each size, coarse first.
    sizes:   a list of (height, width), as many; default: each twice the one before, the last one the photographs'.
    own:     whether colors stay in the box that the paintings' own colors fill; otherwise all of [0, 1] is allowed.
    returns: (N, 3, H, W) in [0, 1], without a graph.
    """
    height, width = photographs.shape[2:]
    if sizes is None:
        sizes = [(height // 2**n, width // 2**n) for n in reversed(range(len(steps)))]
    palette = paintings if shares is None else torch.cat(list(paintings), dim=2)[None]
    box, left = color_box(palette), list(steps)

    def improve(start):
        factor = start.shape[2] / height
        smaller = [round(side * factor) for side in paintings.shape[2:]]
        scaled = images.resize(photographs, start.shape[2:]), images.resize(paintings, tuple(smaller))
        loss = objective(
            network, *scaled, layers, alpha, shares=shares, scales=scales, variation=variation, precision=precision
        )
        if not own:
            return descend(loss, start, left.pop(0))
        begin = to_coordinates(start, box).clamp(0, 1)
        found = descend(lambda u: loss(to_colors(u, box)), begin, left.pop(0))
        return to_colors(found, box).clamp(0, 1)

    return coarse_to_fine(improve, photographs, sizes)
