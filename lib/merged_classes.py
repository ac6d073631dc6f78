"""One score for several names of the same thing.

ImageNet has five classes for a cat in the house. To turn an Egyptian cat into a tiger cat fools nobody. So before an
attack is judged, all names that a person would let pass become one class, whose probability is the sum of theirs:

    z = log Σ over the names of  exp z_k
"""

import torch
from torch import nn


class MergedClasses(nn.Module):
    """A network in which each group of classes has become one, at the place of its first.

    network: an nn.Module from images to class scores (N, K) before softmax.
    groups:  a list of lists of class numbers; no number stands in two of them.
    forward: images to scores (N, K). The first class of a group has the logarithm of the sum of the exponentials of all
             of its scores; the others have −inf, probability 0.
    """

    def __init__(self, network, groups):
        super().__init__()
        numbers = [number for group in groups for number in group]
        if len(set(numbers)) < len(numbers):
            raise ValueError("a class is in two groups; name each class once")
        self.network, self.groups = network, [list(group) for group in groups]
        self.train(network.training)

    def forward(self, images):
        scores = self.network(images)
        merged = scores.clone()
        for group in self.groups:
            merged[:, group] = -torch.inf
            merged[:, group[0]] = scores[:, group].logsumexp(dim=1)
        return merged
