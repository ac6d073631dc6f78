"""Receptive fields of every layer by arithmetic, against finding them by the gradient of one unit of each layer."""

import torch

from lib import networks
from lib.activations import activations
from lib.receptive_field import receptive_fields

SIZE = 224


def run(measure):
    network = networks.load("zfnet")
    layers = [name for name, _ in network.named_children()][:14]
    maps = activations(network, torch.rand(1, 3, SIZE, SIZE), layers)
    middles = {name: maps[name].shape[2] // 2 for name in layers}

    def ours():
        fields = receptive_fields(network, SIZE)
        return {name: min(fields[name][0], SIZE) for name in layers}

    def by_gradients():
        """The rows with a gradient, over enough noise images that max pooling has let every row through."""
        found = {}
        for index, name in enumerate(layers):
            rows = torch.zeros(SIZE, dtype=torch.bool)
            for seed in range(3):
                generator = torch.Generator().manual_seed(seed)
                image = torch.rand(1, 3, SIZE, SIZE, generator=generator).requires_grad_()
                middle = network[: index + 1](image)[:, :, middles[name], middles[name]]
                (gradient,) = torch.autograd.grad(middle.sum(), image)
                rows |= gradient.abs().amax(dim=(0, 1, 3)) > 0
            found[name] = int(rows.nonzero().max() - rows.nonzero().min()) + 1
        return found

    measure("receptive-field", "gradients", ours, by_gradients, lambda a, b: a == b, repeats=3,
            details=", 14 layers of zfnet")  # fmt: skip
