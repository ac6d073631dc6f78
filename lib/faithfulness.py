"""Is a heat map true? Take away what it calls important, and see whether the network minds.

Deletion replaces the pixels of an image by those of a blank one, hottest first; the sooner the probability of
the class falls, the better the map: a small area under the curve. Insertion starts from the blank image and
puts pixels back, hottest first: a large area.

    Petsiuk, Das, Saenko 2018, "RISE: Randomized Input Sampling for Explanation of Black-box Models", section 4.2.

And does a map depend on what the network has learned? Compare it with the map of a network whose weights were
drawn anew: `randomized` here, `rank_correlation` in lib.randomization.

    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", section 3.
"""

import copy

import torch
from torch import nn


def replace_hottest(start, end, heat, steps):
    """From one image to another in equal steps, the hottest pixels first.

    start, end: (1, 3, H, W).
    heat:       (H, W), a map of importance, of either sign. Among equal values any order
                will do.
    steps:      int.
    returns:    (steps + 1, 3, H, W); in image n the hottest n / steps of all pixels
                (rounded down) are those of `end`, the others those of `start`.

    Petsiuk et al. 2018, "RISE", section 4.2 and algorithm 1 of its supplement.
    """
    order = heat.flatten().argsort(descending=True, stable=True)
    rank = order.argsort().view(heat.shape)  # 0 for the hottest pixel
    counts = torch.arange(steps + 1, device=heat.device) * heat.numel() // steps
    return torch.where(rank < counts.view(-1, 1, 1, 1), end, start)


def deletion_and_insertion(network, image, blank, heat, class_index, steps):
    """The probability of a class while an image is taken apart and put together.

    network:      an nn.Module from images to class scores (N, K) before softmax.
    image, blank: (1, 3, H, W) in [0, 1].
    heat:         (H, W), the map that is judged.
    class_index:  int.
    steps:        int.
    returns:      (deletion, insertion), each (steps + 1,) and without a graph: from the
                  image to the blank, and from the blank to the image, both with the
                  hottest pixels first.

    Petsiuk et al. 2018, "RISE", section 4.2.
    """
    taken = replace_hottest(image, blank, heat, steps)
    given = replace_hottest(blank, image, heat, steps)
    with torch.no_grad():
        probabilities = network(torch.cat([taken, given])).softmax(dim=1)[:, class_index]
    return probabilities[: steps + 1], probabilities[steps + 1 :]


def area_under_curve(curves):
    """The area under curves of equally spaced points over a width of 1 (trapezoidal rule).

    curves:  (N, S + 1), with S of at least 1.
    returns: (N,); for a curve that is the same everywhere, its height.

    Petsiuk et al. 2018, "RISE", section 4.2.
    """
    return torch.trapezoid(curves, dx=1 / (curves.shape[1] - 1), dim=1)


def randomized(network, images, generator):
    """A copy of a network that has learned nothing: every weight drawn anew, as before training.

    network:   an nn.Module; stays as it is.
    images:    (N, 3, H, W); the copy's batch norms measure their mean and variance on these, so that
               signals still reach the end. Without that most ReLUs would be dead or full.
    generator: the torch.Generator that the weights are drawn from, on the CPU.
    returns:   a copy in eval mode: convolutions and linear layers with normal weights of variance
               2 / fan-in and no bias, batch norms with scale one and shift zero.
    """
    fresh = copy.deepcopy(network).eval()
    norms = []
    for module in fresh.modules():
        if isinstance(module, (nn.Conv2d, nn.Linear)):
            spread = (2 / module.weight[0].numel()) ** 0.5
            drawn = torch.randn(module.weight.shape, generator=generator) * spread
            module.weight.data = drawn.to(module.weight)
            if module.bias is not None:
                module.bias.data.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
            module.momentum = None  # the plain mean of what passes, not a running one
            norms.append(module.train())
    with torch.no_grad():
        fresh(images)
    for norm in norms:
        norm.eval()
    return fresh
