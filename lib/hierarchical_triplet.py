"""The hierarchical triplet loss: how hard a class pushes another away depends on where they part in a tree of classes.

    d(p, q) = mean ‖x_i − x_j‖² over samples of two classes                                         (eq. 3)
    tree      classes are merged level by level, at thresholds from d₀ (the mean within a class) to 4
    α         = β + d_tree(y_a, y_n) − s(y_a)                     the margin of a triplet           (eq. 6)

d_tree is the threshold at which anchor's and negative's class have become one, s the mean within the anchor's class. A
batch is made of neighborhoods: some classes, and for each the ones nearest to it, so that it is full of hard negatives.

Ge, Huang, Dong, Scott 2018, "Deep Metric Learning with Hierarchical Triplet Loss". Average linkage merges here.
"""

import torch
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import squareform

from lib.pairwise_distances import squared_distances


def class_distances(embeddings, labels):
    """The mean squared distance of samples of all pairs of classes, (C, C); on the diagonal, of different samples.

    embeddings: (N, D).  labels: (N,), from 0 to C − 1, each at least twice.
    """
    classes = int(labels.max()) + 1
    members = torch.nn.functional.one_hot(labels, classes).to(embeddings)
    counts = members.sum(dim=0)
    sums = members.T @ squared_distances(embeddings, embeddings) @ members
    return sums / (counts[:, None] * counts - counts.diag())


def tree_distances(distances, levels=16):
    """At which threshold two classes become one: class distances (C, C) to (C, C), zero on the diagonal.

    Thresholds are `levels` equal steps from the mean within a class, d₀, to 4, the largest squared distance of vectors
    of length one.
    """
    start = distances.diagonal().mean()
    between = distances.detach().cpu().double().clone().fill_diagonal_(0)
    merged = cophenet(linkage(squareform(between.numpy(), checks=False), "average"))
    merged = torch.from_numpy(squareform(merged)).to(distances)
    width = (4 - start) / levels
    steps = ((merged - start) / width).ceil().clamp(min=0, max=levels)
    return (start + steps * width).fill_diagonal_(0)


def neighborhoods(distances, anchors, size, generator=None):
    """Some classes, each with those nearest to it, without repetition: a tensor of at most anchors · size classes."""
    chosen = torch.randperm(len(distances), generator=generator)[:anchors].to(distances.device)
    apart = distances.clone().fill_diagonal_(-torch.inf)  # each is nearest to itself
    return apart[chosen].topk(size, largest=False).indices.unique()


def hierarchical_margins(triplets, labels, tree, within, beta=0.1):
    """The margin of each triplet (T, 3): β + d_tree(y_a, y_n) − s(y_a), as (T,).

    tree: from `tree_distances`.  within: (C,), the diagonal of `class_distances`.
    """
    anchors, negatives = labels[triplets[:, 0]], labels[triplets[:, 2]]
    return beta + tree[anchors, negatives] - within[anchors]
