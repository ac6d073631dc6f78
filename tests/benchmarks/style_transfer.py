"""Style transfer to the same loss: ours against a straightforward program with the same network.

The other one is written in the manner of the well-known PyTorch tutorial: loss modules inserted after the layers of an
nn.Sequential, which the picture passes as a whole; L-BFGS from the photograph, at one size. It minimizes the very
loss that ours minimizes at its last size, and stops as soon as it has got as low as ours.
"""

import torch
from torch import nn

from lib import images, networks, paintings
from lib.gram_matrix import gram_matrix
from lib.style_transfer import objective, stylize

CONTENT, STYLE, ALPHA, SIZE = "relu3", ("relu1", "relu2", "relu3"), 0.1, 128


class Loss(nn.Module):
    """Remembers how far what passes is from the target, and passes it on."""

    def __init__(self, target, describe, weight):
        super().__init__()
        self.target, self.describe = describe(target).detach(), describe
        self.weight = weight / self.target.square().sum()

    def forward(self, features):
        self.value = self.weight * (self.describe(features) - self.target).square().sum()
        return features


def gram(features):
    return gram_matrix(features) / features[0, 0].numel()


def with_losses(network, photograph, painting):
    """A copy of the network with loss modules in it, and a list of these."""
    whole, losses = nn.Sequential(), []
    for name, layer in network.named_children():
        whole.add_module(name, layer)
        if name == CONTENT:
            losses.append(Loss(whole(photograph), lambda x: x, ALPHA))
            whole.add_module("content", losses[-1])
        if name in STYLE:
            losses.append(Loss(whole(painting), gram, 1 / len(STYLE)))
            whole.add_module(f"style_{name}", losses[-1])
    return whole, losses


def run(measure):
    network = networks.load("zfnet")
    photograph, painting = images.sample("china", SIZE), paintings.painting("night", SIZE, SIZE)
    layers = [CONTENT], list(STYLE)
    judge = objective(network, photograph, painting, layers, ALPHA, scales=1, variation=0)

    def ours():
        return stylize(network, photograph, painting, layers, ALPHA, (40, 20), scales=1, variation=0)

    mine = ours()
    with torch.no_grad():
        start, goal = judge(photograph).item(), judge(mine).item()
    evaluations = []

    def tutorial():
        whole, losses = with_losses(network, photograph, painting)
        pixels = photograph.clone().requires_grad_()
        optimizer = torch.optim.LBFGS([pixels])
        evaluations.clear()

        def closure():
            pixels.data.clamp_(0, 1)
            optimizer.zero_grad()
            whole(pixels)
            value = 1e4 * sum(loss.value for loss in losses)
            value.backward()
            evaluations.append(value.item() / 1e4)
            return value

        best = float("inf")
        while len(evaluations) < 200 and best > goal:
            optimizer.step(closure)
            best = min(best, min(evaluations))
        return pixels.detach().clamp(0, 1)

    def equal(mine, other):
        """Both programs begin with the same loss, and ours ends as low as said, the other one as low or given up."""
        same = abs(evaluations[0] - start) < 1e-3 * start
        with torch.no_grad():
            return same and judge(mine).item() < 1.001 * goal and (min(evaluations) < goal or len(evaluations) >= 200)

    tutorial()
    reached = f"{min(evaluations):.3f} after {len(evaluations)} evaluations"
    measure(
        "style transfer", "the tutorial's way", ours, tutorial, equal, repeats=1,
        details=f", zfnet at {SIZE} pixels, loss from {start:.2f} to {goal:.3f}, the tutorial's way to {reached}",
    )  # fmt: skip
