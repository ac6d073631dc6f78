"""Time to the same loss: inversion as it stands in lib, against the loop that one writes first.

That one lets the whole network run with a hook on the layer, computes the code of the photograph again in each step,
and keeps gradients for the weights. Both take the same steps to the same images, so their losses are equal.
"""

import torch

from lib import images, networks
from lib.feature_inversion import errors_by_layer, invert, jitter, noise, relative_feature_loss
from lib.feature_maps import feature_maps
from lib.total_variation_norm import relative_roughness

STEPS, RATE, SIZE = 20, 0.05, 128


def run(measure):
    # In a network with zfnet's five convolutions little comes after a middle layer; in the other, most of it.
    for name, layer in (("zfnet", "relu3"), ("efficientnet-lite0", "blocks.4")):
        _compare(measure, name, layer)


def _compare(measure, name, layer):
    network, photograph = networks.load(name), images.sample("cat", SIZE)
    trainable = networks.load(name).requires_grad_()
    generator = torch.Generator().manual_seed(0)
    start, shifts = noise(1, SIZE, generator), jitter(STEPS, 2, generator)

    def smooth(images):
        return 0.1 * relative_roughness(images, 2, 0.1)

    def ours():
        target = feature_maps(network, photograph, [layer])[layer]
        return invert(network, layer, target, start, smooth, shifts, RATE)

    def theirs():
        kept = []
        handle = trainable.get_submodule(layer).register_forward_hook(lambda module, given, output: kept.append(output))
        found = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([found], RATE)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
        for shift in shifts.tolist():
            kept.clear()
            rolled = found.roll(shift, (2, 3))
            trainable(photograph)
            trainable(rolled)
            loss = relative_feature_loss(kept[1], kept[0].detach()) + smooth(rolled)
            optimizer.zero_grad()
            loss.sum().backward()
            optimizer.step()
            schedule.step()
            found.data.clamp_(0, 1)
        handle.remove()
        return found.detach()

    def equal_losses(one, other):
        losses = errors_by_layer(network, [layer], torch.cat([one, other]), photograph)[0]
        return torch.allclose(losses[0], losses[1], rtol=0.01)

    measure(
        f"feature_inversion ({name}, {layer})", "a straightforward loop", ours, theirs, equal_losses, repeats=3,
        details=f", {STEPS} steps at {SIZE} pixels to the same loss",
    )  # fmt: skip
