"""Time to the same loss: style transfer by ours, against a straightforward program with the same network.

The other one is written in the manner of the well-known PyTorch tutorial: loss modules inserted after the layers of an
nn.Sequential, which ends after the last of them; L-BFGS from the photograph, at one size, pixels clamped inside the
closure. It minimizes the very loss that ours minimizes at its last size. The goal is the best that it has seen in its
evaluations, two or five steps of PyTorch's L-BFGS.
"""

from bisect import bisect_left
from functools import partial

import torch
from torch import nn

from lib import images, networks, paintings
from lib.gram_matrix import gram_matrix
from lib.style_transfer import objective, stylize

CONTENT, STYLE, ALPHA, SIZE = "relu3", ("relu1", "relu2", "relu3"), 0.1, 128
PAIRS = (
    ("china", "night"), ("cat", "wheat"), ("astronaut", "mosaic"),
    ("coffee", "glass"), ("flower", "points"), ("rocket", "ink"),
)  # fmt: skip
EVALUATIONS = (40, 100)
COARSE, FINE = (0, 4, 8, 12), range(6, 101)


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
    """The network with loss modules in it, up to the last of them, and a list of these."""
    whole, losses = nn.Sequential(), []
    for name, layer in network.named_children():
        whole.add_module(name, layer)
        if name == CONTENT:
            losses.append(Loss(whole(photograph), lambda x: x, ALPHA))
            whole.add_module("content", losses[-1])
        if name in STYLE:
            losses.append(Loss(whole(painting), gram, 1 / len(STYLE)))
            whole.add_module(f"style_{name}", losses[-1])
        if len(losses) == 1 + len(STYLE):
            return whole, losses


def tutorial(network, photograph, painting, evaluations):
    """The picture, and all losses that were seen on the way to it."""
    whole, losses = with_losses(network, photograph, painting)
    pixels, seen = photograph.clone().requires_grad_(), []
    optimizer = torch.optim.LBFGS([pixels])

    def closure():
        pixels.data.clamp_(0, 1)
        optimizer.zero_grad()
        whole(pixels)
        value = 1e4 * sum(loss.value for loss in losses)
        value.backward()
        seen.append(value.item() / 1e4)
        return value

    while len(seen) < evaluations:
        optimizer.step(closure)
    return pixels.detach().clamp(0, 1), seen


def fewest(reaches, coarse, fine):
    """The cheapest (evaluations at half the size, at the full one) that reach a goal, or None. A run only gets better.

    reaches: a function of both numbers.  coarse: some numbers.  fine: a range.
    """
    found = []
    for first in coarse:
        place = bisect_left(fine, True, key=partial(reaches, first))
        if place < len(fine):
            found.append((first / 4 + fine[place], (first, fine[place])))
    return min(found, default=(None, None))[1]


def run(measure):
    network = networks.load("zfnet")
    layers = [CONTENT], list(STYLE)
    for photograph_name, painting_name in PAIRS:
        photograph, painting = images.sample(photograph_name, SIZE), paintings.painting(painting_name, SIZE, SIZE)
        judge = objective(network, photograph, painting, layers, ALPHA, scales=1, variation=0)
        start = judge(photograph).item()

        def ours(coarse, fine, photograph=photograph, painting=painting):
            steps = (coarse, fine) if coarse else (fine,)
            return stylize(network, photograph, painting, layers, ALPHA, steps, scales=1, variation=0, own=False)

        for evaluations in EVALUATIONS:
            seen = tutorial(network, photograph, painting, evaluations)[1]
            goal = min(seen)
            assert abs(seen[0] - start) < 1e-3 * start, "other losses"

            def reaches(*steps, ours=ours, judge=judge, goal=goal):
                return judge(ours(*steps)).item() <= goal

            steps = fewest(reaches, COARSE, FINE)  # chosen before the clock runs
            if steps is None:
                pair = f"{photograph_name}, {painting_name}"
                print(f"style transfer ({pair}): ours does not get as low in {FINE[-1]} evaluations", flush=True)
                continue

            def equal(mine, other, judge=judge, goal=goal):
                """Ours is as low as said, and the other has got there again."""
                return judge(mine) <= goal and min(other[1]) <= 1.001 * goal

            measure(
                f"style transfer ({photograph_name}, {painting_name})", "the tutorial's way", partial(ours, *steps),
                partial(tutorial, network, photograph, painting, evaluations), equal, repeats=5,
                details=f", {steps[0]} evaluations at {SIZE // 2} pixels and {steps[1]} at {SIZE}, "
                f"against {evaluations}, loss from {start:.2f} to {judge(ours(*steps)).item():.4f} and {goal:.4f}",
            )  # fmt: skip
