"""The two networks that assignment 15 compares, and how both are trained: alike but for the mask and the loss.

    72 × 72 → convolution 5 × 5, stride 2 → 36 × 36 → convolution, pool → 18 × 18 → two convolutions
    → (mask) → mean over the positions → linear → classes

`filters` is the ReLU of the last convolution: the maps that are looked at. Position i of it looks at pixel 4 i + 1.
"""

import math
from collections import OrderedDict

import torch
from torch import nn

SIZE, POSITIONS, STRIDE, FIRST = 72, 18, 4, 1  # pixels; positions of a side; pixels between them; pixel of the first


class Applied(nn.Module):
    """A function of a tensor as a layer."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def backbone(mask=None, classes=5, seed=0, channels=(16, 32, 32)):
    """An untrained network from images (N, 3, 72, 72) to class scores (N, classes), in training mode.

    mask: None for an ordinary network; otherwise what is done with the maps (N, C, 18, 18) of `filters`.
    seed: of the weights; the global generator is left as it was.
    """
    one, two, three = channels
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = OrderedDict(
            conv1=nn.Conv2d(3, one, 5, 2, 2, bias=False), norm1=nn.BatchNorm2d(one), relu1=nn.ReLU(),
            conv2=nn.Conv2d(one, two, 3, padding=1, bias=False), norm2=nn.BatchNorm2d(two), relu2=nn.ReLU(),
            pool=nn.MaxPool2d(2),
            conv3=nn.Conv2d(two, two, 3, padding=1, bias=False), norm3=nn.BatchNorm2d(two), relu3=nn.ReLU(),
            conv4=nn.Conv2d(two, three, 3, padding=1, bias=False), norm4=nn.BatchNorm2d(three), filters=nn.ReLU(),
            mask=nn.Identity() if mask is None else Applied(mask),
            average=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), classes=nn.Linear(three, classes),
        )  # fmt: skip
    return nn.Sequential(layers).to(memory_format=torch.channels_last)


def mixed_batches(labels, size, epochs, generator=None):
    """Batches that hold as many images of each class as of any other, as a list of index tensors.

    labels: (N,) integers; of a class that has more images than another, some are left out in each epoch.
    size:   int, images in a batch; the number of classes divides it.
    """
    classes = labels.unique()
    if size % len(classes):
        raise ValueError(f"a batch of {size} cannot hold {len(classes)} classes equally; choose a multiple of that")
    each = size // len(classes)
    batches = []
    for _ in range(epochs):
        members = [(labels == name).nonzero()[:, 0] for name in classes]
        members = [rows[torch.randperm(len(rows), generator=generator)] for rows in members]
        count = min(len(rows) for rows in members) // each
        batches += [torch.cat([rows[each * n : each * (n + 1)] for rows in members]) for n in range(count)]
    return batches


def target_numbers(maps, labels, categories):
    """Which template each map should fit: that of its own maximum in images of the filter's category, else the last.

    maps: (N, C, n, n).  labels: (N,).  categories: (C,), that of each filter.  returns: (N, C), from 0 to n².
    """
    nowhere = maps.shape[2] * maps.shape[3]
    return maps.flatten(2).argmax(dim=2).masked_fill(labels[:, None] != categories, nowhere)


def train_network(network, images, labels, batches, loss, rate=5e-3):
    """Train a network of `backbone` in place by Adam, one step for each batch, and put it into eval mode.

    loss: a function from class scores, labels, maps of `filters` and the share of the training that is over, from 0
          to 1, to one number.
    rate: of the first step; from there it falls along half a cosine.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=rate)
    last = list(dict(network.named_children())).index("filters") + 1
    network.train()
    for step, rows in enumerate(batches):
        optimizer.param_groups[0]["lr"] = rate * (1 + math.cos(math.pi * step / len(batches))) / 2
        maps = network[:last](images[rows])
        value = loss(network[last:](maps), labels[rows], maps, step / len(batches))
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return network.eval()


@torch.no_grad()
def maps_and_scores(network, images, together=100):
    """The maps of `filters` (N, C, 18, 18) and the class scores (N, K) for many images, in parts."""
    last = list(dict(network.named_children())).index("filters") + 1
    found = []
    for part in images.split(together):
        maps = network[:last](part)
        found.append((maps.contiguous(), network[last:](maps)))
    return tuple(torch.cat(parts) for parts in zip(*found))
