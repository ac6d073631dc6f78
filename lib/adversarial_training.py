"""Training on the worst that an attack can make of each image, in place of the images.

    min over θ  of  Σ  max over ‖δ‖ ≤ ε  of  L(θ, x + δ, y)                       (Madry et al. 2018, eq. 2.1)

The inner maximum is an attack, made anew for each batch and the weights of that moment; the outer minimum is a step of
an optimizer as always. It costs one pass more for every step of the attack.

Madry, Makelov, Schmidt, Tsipras, Vladu 2018, "Towards Deep Learning Models Resistant to Adversarial Attacks".
"""

from copy import deepcopy

import torch
from torch.nn import functional as F


def train_adversarially(network, images, labels, batches, attack, rate):
    """Train a copy of a network on attacked images.

    network: an nn.Module from images to class scores (N, K) before softmax; stays as it is.
    images:  (N, C, H, W) in [0, 1], the training data, with labels (N,).
    batches: a list of index tensors, rows of the training data; one step of Adam for each.
    attack:  a function (network, images, labels) -> images of the same shape. It may leave
             gradients at the weights.
    rate:    the learning rate of Adam, whose other settings stay as they are.
    returns: the trained copy, in eval mode. In each step, the images of the batch are attacked
             with the weights of that moment; the network then learns in train mode, from the
             attacked images alone, by the mean of their cross-entropies.

    Madry et al. 2018, eq. 2.1.
    """
    trained = deepcopy(network).train()
    optimizer = torch.optim.Adam(trained.parameters(), lr=rate)
    for batch in batches:
        attacked = attack(trained, images[batch], labels[batch])
        optimizer.zero_grad()
        F.cross_entropy(trained(attacked), labels[batch]).backward()
        optimizer.step()
    return trained.eval()
