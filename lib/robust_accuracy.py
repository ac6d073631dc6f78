"""How often a network is right, and stays right whatever the attack does.

    accuracy(ε) = the share of images x that are classified rightly, and so are all attacked ones at every ε' ≤ ε

What was broken within a small reach is broken within a larger one too, for the small ball lies in the large. An attack
that fails at the larger ε has failed; the network has not recovered.

Madry et al. 2018, figure 6; Carlini et al. 2019, "On Evaluating Adversarial Robustness", section 5.
"""

import torch


def robust_accuracy(network, images, labels, attack, epsilons):
    """The share of images that a network still gets right, for growing ε.

    network:  an nn.Module from images to class scores (N, K), in eval mode.
    images:   (N, C, H, W) in [0, 1].
    labels:   (N,) integers, the right classes.
    attack:   a function (network, images, labels, epsilon) -> attacked images.
    epsilons: a list of E numbers, ascending.
    returns:  (E,) shares of all images: those that are classified rightly as they are, and
              attacked with this ε, and with each smaller one of the list.

    Carlini et al. 2019, section 5.
    """
    with torch.no_grad():
        standing = network(images).argmax(dim=1) == labels
    shares = []
    for epsilon in epsilons:
        attacked = attack(network, images, labels, epsilon)
        with torch.no_grad():
            standing = standing & (network(attacked).argmax(dim=1) == labels)
        shares.append(standing.double().mean())
    return torch.stack(shares)
