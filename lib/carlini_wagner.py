"""The smallest change that is found by minimizing it, with the class as one term of the loss.

    minimize   ‖x' − x‖² + c · max( m(x') + κ, 0 ),   x' = (tanh(w) + 1) / 2     (Carlini and Wagner 2017, section 6)

m is the margin by which the right class wins (`lib.gradient_masking.logit_margin`); below −κ it has lost clearly. The
tanh keeps every value in [0, 1] without a clamp. The weight c is found by bisection: the smallest for which the attack
works.

Carlini and Wagner 2017, "Towards Evaluating the Robustness of Neural Networks", with the loss f₆.
"""

import torch

from lib.gradient_masking import logit_margin


def carlini_wagner(network, images, labels, steps=100, rate=0.01, searches=6, first=1.0, confidence=0.0):
    """The nearest image of another class that Adam finds, in the length of the change.

    network:    an nn.Module from images to class scores (N, K) before softmax, in eval mode.
    images:     (N, C, H, W) in [0, 1].
    labels:     (N,) integers, the right classes.
    steps:      of Adam, with this rate, in each search.
    searches:   how many values of c are tried. c is ten times as large after a failure, until one works; then halfway
                between the largest that failed and the smallest that worked.
    first:      the first c.
    confidence: κ, by how much the right class must lose.
    returns:    (N, C, H, W) in [0, 1], detached: for each image the nearest of all that were seen on the way to have
                a margin below −κ; the image itself where there was none.
    """
    free = torch.atanh((2 * images.detach() - 1) * 0.999999)
    weight = images.new_full((len(images),), first)
    failed, worked = torch.zeros_like(weight), torch.full_like(weight, torch.inf)
    nearest, best = images.detach().clone(), torch.full_like(weight, torch.inf)
    for _ in range(searches):
        found = torch.zeros_like(weight, dtype=torch.bool)
        w = free.clone().requires_grad_()
        optimizer = torch.optim.Adam([w], lr=rate)
        for _ in range(steps):
            with torch.enable_grad():
                attacked = (w.tanh() + 1) / 2
                margin = logit_margin(network(attacked), labels) + confidence
                squares = (attacked - images).square().flatten(1).sum(dim=1)
                (squares + weight * margin.clamp(min=0)).sum().backward(inputs=[w])
            lost = margin.detach() < 0
            better = lost & (squares.detach() < best)
            nearest = torch.where(better.view(-1, 1, 1, 1), attacked.detach(), nearest)
            best = torch.where(better, squares.detach(), best)
            found |= lost
            optimizer.step()
            optimizer.zero_grad()
        worked, failed = torch.where(found, weight, worked), torch.where(found, failed, weight)
        weight = torch.where(worked.isinf(), 10 * weight, (failed + worked) / 2)
    return nearest
