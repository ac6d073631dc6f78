"""The shortest way across the nearest border: treat the network as linear, cross, and look again.

For scores z and the class c of the image, class k lies beyond a hyperplane at the distance |f_k| / ‖w_k‖, where

    f_k = z_k − z_c,   w_k = ∂f_k / ∂x,   r = |f_l| / ‖w_l‖² · w_l   for the nearest class l      (eq. 7, 8 and 10)

The steps r are added up until the class changes, and the sum is stretched by an overshoot, or it would end on the
border.

Moosavi-Dezfooli, Fawzi, Frossard 2016, "DeepFool: a Simple and Accurate Method to Fool Deep Neural Networks".
"""

import torch


def deepfool(network, images, candidates=10, overshoot=0.02, steps=50):
    """Images just beyond the nearest border, as the network's slopes see it.

    network:    an nn.Module from images to class scores (N, K) before softmax, in eval mode.
    images:     (N, C, H, W) in [0, 1]. What is to change is the class that the network sees in them.
    candidates: how many of the most probable classes are tried, the image's own among them; at least 2.
    overshoot:  the sum of all steps is stretched by 1 + overshoot.
    steps:      the largest number of steps; an image whose class has changed takes no more.
    returns:    (N, C, H, W) in [0, 1], detached from the graph.

    Raises ValueError for fewer than 2 candidates. Moosavi-Dezfooli et al. 2016, algorithm 2.
    """
    if candidates < 2:
        raise ValueError(f"{candidates} candidate leaves no other class to try; give at least 2")
    with torch.no_grad():
        classes = network(images).topk(min(candidates, network(images[:1]).shape[1])).indices
    total, attacked = torch.zeros_like(images), images.detach()
    for _ in range(steps):
        gaps, slopes, seen = _borders(network, attacked, classes)
        open_ = seen == classes[:, 0]
        if not open_.any():
            break
        sizes = slopes.flatten(2).norm(dim=2)
        distances = gaps.abs() / (sizes + 1e-8)
        nearest = distances.argmin(dim=1)
        rows = torch.arange(len(images), device=images.device)
        length, size = distances[rows, nearest] + 1e-4, sizes[rows, nearest] + 1e-8
        step = (length / size).view(-1, 1, 1, 1) * slopes[rows, nearest]
        moving = open_.view(-1, 1, 1, 1)
        total = total + step
        attacked = torch.where(moving, (images + (1 + overshoot) * total).clamp(0, 1), attacked)
    return attacked


def _borders(network, images, classes):
    """For each class but the first: how far its score is ahead of the first's (N, k), its slopes (N, k, ...), and the
    class that is seen (N,)."""
    with torch.enable_grad():
        pixels = images.clone().requires_grad_()
        scores = network(pixels)
        chosen = scores.gather(1, classes)
        gaps = chosen[:, 1:] - chosen[:, :1]
        slopes = [
            torch.autograd.grad(gaps[:, k].sum(), pixels, retain_graph=k + 1 < gaps.shape[1])[0]
            for k in range(gaps.shape[1])
        ]
    return gaps.detach(), torch.stack(slopes, dim=1), scores.argmax(dim=1)
