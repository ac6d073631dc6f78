"""PGD of ten steps in the norm ∞ on 16 images at 224 pixels, against torchattacks and foolbox.

All three do the same twenty passes with the network as it is, so the first two ratios are 1 but for noise. The last
line is with the network prepared for many passes (`lib.truncation.folded`): the same scores up to rounding. But where a
slope is nearly 0, rounding decides its sign, and after some steps the paths part; equal there means that every image is
fooled, and as thoroughly.
"""

from functools import partial

import foolbox
import torch
import torchattacks
from torch.nn import functional as F

from lib import images, networks
from lib.gradient_attacks import projected_gradient_descent
from lib.truncation import folded

EPSILON, STEP, STEPS = 4 / 255, 1 / 255, 10
NAMES = ("cat", "coffee", "rocket", "motorcycle", "china", "astronaut", "flower", "hubble")


def run(measure):
    network = networks.load("efficientnet-lite0")
    batch = torch.cat([images.sample(name, size)[..., :224, :224] for name in NAMES for size in (224, 240)]).clamp(0, 1)
    with torch.no_grad():
        labels = network(batch).argmax(dim=1)

    def ours(attacked):
        return projected_gradient_descent(attacked, batch, labels, EPSILON, STEP, STEPS, torch.inf, batch)

    pgd = torchattacks.PGD(network, eps=EPSILON, alpha=STEP, steps=STEPS, random_start=False)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device="cpu")
    attack = foolbox.attacks.LinfProjectedGradientDescentAttack(abs_stepsize=STEP, steps=STEPS, random_start=False)
    of_torchattacks = partial(pgd, batch, labels)
    of_foolbox = partial(attack.run, model, batch, labels, epsilon=EPSILON)

    def as_good(mine, theirs):
        with torch.no_grad():
            scores, losses = network(mine), [F.cross_entropy(network(x), labels) for x in (mine, theirs)]
        return bool((scores.argmax(dim=1) != labels).all()) and losses[0] > 0.95 * losses[1]

    def equal(mine, theirs):
        return torch.allclose(mine, theirs, atol=1e-6)

    details = ", 10 steps on 16 images at 224 pixels"
    prepared, as_it_is = partial(ours, folded(network)), partial(ours, network)
    measure("PGD", "foolbox", as_it_is, of_foolbox, equal, repeats=4, details=details)
    measure("PGD", "torchattacks", as_it_is, of_torchattacks, equal, repeats=4, details=details)
    measure("PGD, network prepared", "torchattacks", prepared, of_torchattacks, as_good, repeats=3, details=details)
