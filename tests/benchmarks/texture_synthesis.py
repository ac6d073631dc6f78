"""Time to the same texture loss, against a straightforward implementation in the manner of PyTorch's tutorial.

The peer puts loss modules behind the chosen layers, which compute their targets once; Gram matrices are divided by
N·C·H·W, the loss is their mean squared error; L-BFGS as it is, started from noise, pixels clamped inside the closure.
zfnet is a sequence of layers, so the peer cuts it off after the last module, as the tutorial does. EfficientNet-Lite0
is none; there the modules are hooks and each pass runs through the whole network, as people do it.

Ours minimizes the very same loss: gram_matrix and texture_loss with weights that make the two equal (checked), passes
that end after the last layer, first at half the size, and the optimizer of lib.picture_descent. The goal is what the
peer has reached after its evaluations.
Where pystiche can be imported, its loss modules take part as well.
"""

import torch
from torch import nn
from torch.nn import functional as F

from lib import images, networks
from lib.activations import find_layer
from lib.feature_maps import feature_maps
from lib.gram_matrix import gram_matrix, texture_loss
from lib.picture_descent import descend
from tests.benchmarks.style_transfer import fewest

LAYERS = {
    "zfnet": ["relu1", "relu2", "relu3", "relu4"],
    "efficientnet-lite0": [
        "stem.relu", "blocks.1.depthwise.relu", "blocks.3.depthwise.relu", "blocks.5.depthwise.relu",
    ],
}  # fmt: skip
SIZE, EVALUATIONS, WEIGHT = 160, 50, 1e6
COARSE, FINE = (4, 10, 16, 25), range(4, 71)


class TutorialLoss(nn.Module):
    """Passes its input on, and remembers how far its Gram matrix is from the target's."""

    def __init__(self, target):
        super().__init__()
        self.target = self.gram(target).detach()

    def gram(self, maps):
        n, c, h, w = maps.size()
        flat = maps.view(n * c, h * w)
        return torch.mm(flat, flat.t()).div(n * c * h * w)

    def forward(self, maps):
        self.loss = F.mse_loss(self.gram(maps), self.target)
        return maps


def pystiche_loss(target):
    """The same by pystiche's modules, or None where they cannot be imported."""
    try:
        from pystiche import gram_matrix as gram
        from pystiche import loss as modules
    except Exception:
        return None

    class PysticheLoss(modules.GramLoss):
        def __init__(self):
            super().__init__(nn.Identity())
            self.kept = gram(target, normalize=True).detach()

        def forward(self, maps):
            self.loss = F.mse_loss(gram(maps, normalize=True), self.kept)
            return maps

    return PysticheLoss()


def peer(network, layers, sample, make):
    """The pixels after so many evaluations."""
    losses, handles = [], []
    if isinstance(network, nn.Sequential):
        model, x = nn.Sequential(), sample
        for name, layer in network.named_children():
            model.add_module(name, layer)
            x = layer(x)
            if name in layers:
                losses.append(make(x))
                model.add_module(f"loss_{name}", losses[-1])
            if name == layers[-1]:
                break
    else:
        model = network
        for name in layers:
            losses.append(make(feature_maps(network, sample, [name])[name]))
            hook = losses[-1]
            handles.append(find_layer(network, name).register_forward_hook(lambda m, i, out, hook=hook: hook(out)))
    pixels = noise(sample).requires_grad_()
    optimizer, count = torch.optim.LBFGS([pixels]), 0

    def closure():
        nonlocal count
        count += 1
        with torch.no_grad():
            pixels.clamp_(0, 1)
        optimizer.zero_grad()
        model(pixels)
        loss = WEIGHT * sum(part.loss for part in losses)
        loss.backward()
        return loss

    while count < EVALUATIONS:
        optimizer.step(closure)
    for handle in handles:
        handle.remove()
    return pixels.detach().clamp(0, 1)


def noise(sample):
    return torch.rand(sample.shape, generator=torch.Generator().manual_seed(0))


def same_loss(network, layers, sample):
    """The peer's loss by our functions: E · 4 / C² is the mean squared error of Gram matrices divided by C·H·W."""
    with torch.no_grad():
        targets = {name: gram_matrix(maps) for name, maps in feature_maps(network, sample, layers).items()}
    weights = {name: 4 * WEIGHT / gram.shape[1] ** 2 for name, gram in targets.items()}
    return lambda pictures: texture_loss(feature_maps(network, pictures, layers), targets, weights)


def ours(network, layers, sample, steps):
    pixels = noise(sample)
    pixels = F.avg_pool2d(pixels, 2)
    for factor, count in zip((2, 1), steps):
        pixels = F.interpolate(pixels, [side // factor for side in sample.shape[2:]], mode="bilinear")
        pixels = descend(same_loss(network, layers, F.avg_pool2d(sample, factor)), pixels, count)
    return pixels


def run(measure):
    peers = {"the tutorial's way": TutorialLoss}
    if pystiche_loss(torch.rand(1, 2, 4, 4)) is not None:
        peers["pystiche's loss modules"] = pystiche_loss
    for name, layers in LAYERS.items():
        network = networks.load(name)
        for texture in ("brick", "flower"):
            sample = images.sample(texture, SIZE)
            judge = same_loss(network, layers, sample)
            for peer_name, make in peers.items():
                reached = peer(network, layers, sample, make)
                goal, start = judge(reached).item(), judge(noise(sample)).item()
                maps = feature_maps(network, reached, layers)
                module = [make(target) for target in feature_maps(network, sample, layers).values()]
                [part(found) for part, found in zip(module, maps.values())]
                assert abs(WEIGHT * sum(part.loss for part in module).item() - goal) < 1e-3 * goal, "other losses"

                def reaches(*steps, network=network, layers=layers, sample=sample, judge=judge, goal=goal):
                    return judge(ours(network, layers, sample, steps)).item() <= goal

                steps = fewest(reaches, COARSE, FINE)  # chosen before the clock runs
                if steps is None:
                    print(f"texture_synthesis ({name}, {texture}): ours does not get as low as {peer_name}", flush=True)
                    continue
                mine = judge(ours(network, layers, sample, steps)).item()

                def equal(a, b, judge=judge, goal=goal):
                    """Ours is at least as low, and the peer's is the goal again."""
                    return judge(a) <= goal and abs(judge(b) - goal) <= 1e-3 * goal

                measure(
                    f"texture_synthesis ({name}, {texture})", peer_name,
                    lambda n=network, ls=layers, s=sample, c=steps: ours(n, ls, s, c),
                    lambda n=network, ls=layers, s=sample, m=make: peer(n, ls, s, m), equal, repeats=2,
                    details=f", to {mine / start:.3%} and {goal / start:.3%} of the loss at the start, {SIZE} pixels",
                )  # fmt: skip
