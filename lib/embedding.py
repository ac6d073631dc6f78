"""What all losses of assignment 12 share: a small network from glyphs to the unit sphere, and batches to train it on.

    28 × 28 → convolution 5 × 5, stride 2 → 14 × 14 → convolution, pool → 7 × 7 → two convolutions, pool → 4 × 4
    → linear → D numbers → divided by their length

A batch holds P classes with K samples of each, so that every sample has K − 1 positives and (P − 1) K negatives.

Hermans, Beyer, Leibe 2017, "In Defense of the Triplet Loss for Person Re-Identification", for the batches.
"""

import torch
from torch import nn
from torch.nn import functional as F


class UnitLength(nn.Module):
    """Vectors (N, D) divided by their length."""

    def forward(self, vectors):
        return F.normalize(vectors)


def backbone(dimensions=64, seed=0, channels=(24, 48, 96)):
    """An untrained network from images (N, 1, 28, 28) to vectors (N, dimensions) of length one, in training mode.

    seed: of the weights; the global generator is left as it was.
    """
    one, two, three = channels
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = (
            *_convolution(1, one, 5, 2),
            *_convolution(one, two), nn.MaxPool2d(2),
            *_convolution(two, three), *_convolution(three, three), nn.MaxPool2d(2, ceil_mode=True),
            nn.Flatten(), nn.Linear(three * 16, dimensions), UnitLength(),
        )  # fmt: skip
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def _convolution(inputs, outputs, size=3, stride=1):
    convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()


def balanced_batches(labels, classes, samples, count, generator=None):
    """Batches of some random classes with some random samples of each, as a list of index tensors.

    labels:  (N,) integers.
    classes: int, how many a batch holds; of fewer where there are not so many.
    samples: int, of each class; with repetition only where a class has not so many.
    count:   int, how many batches.
    """
    members = [(labels == name).nonzero()[:, 0] for name in labels.unique()]
    batches = []
    for _ in range(count):
        chosen = torch.randperm(len(members), generator=generator)[:classes].tolist()
        batches.append(torch.cat([_some(members[name], samples, generator) for name in chosen]))
    return batches


def _some(members, count, generator):
    order = torch.randperm(len(members), generator=generator).to(members.device)
    return members[order.repeat(-(-count // len(members)))[:count]]


@torch.no_grad()
def embedded(network, images, size=500):
    """The embeddings of many images, in eval mode and in parts; the network's mode is what it was before."""
    training = network.training
    network.eval()
    try:
        return torch.cat([network(part) for part in images.split(size)])
    finally:
        network.train(training)
