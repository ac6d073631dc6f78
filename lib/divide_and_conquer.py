"""Divide the embedding space and conquer it: k-means splits the data, and each part trains a slice of the embedding.

    1. cluster the embeddings of the training data into K groups
    2. learner k owns D / K of the dimensions and sees batches of group k only, where everything is alike
    3. now and then cluster again; groups are matched to the learners that have most of their samples
    4. in the end all slices together, on all data

Sanakoyeu, Tschernezki, Büchler, Ommer 2019, "Divide and Conquer the Embedding Space for Metric Learning".
"""

import torch
from scipy.optimize import linear_sum_assignment

from lib.pairwise_distances import squared_distances


def k_means(points, k, generator=None, rounds=20):
    """Lloyd's algorithm from k random points: points (N, D) to cluster numbers (N,). An empty cluster stays empty."""
    if k > len(points):
        raise ValueError(f"{len(points)} points cannot make {k} clusters; ask for fewer")
    centers = points[torch.randperm(len(points), generator=generator)[:k].to(points.device)]
    for _ in range(rounds):
        nearest = squared_distances(points, centers).argmin(dim=1)
        members = torch.nn.functional.one_hot(nearest, k).to(points)
        counts = members.sum(dim=0)[:, None]
        centers = torch.where(counts > 0, members.T @ points / counts.clamp(min=1), centers)
    return squared_distances(points, centers).argmin(dim=1)


def matched(clusters, earlier, k):
    """New cluster numbers (N,), renamed so that as many samples as possible keep the number that they had earlier."""
    shared = torch.zeros(k, k, device=clusters.device)
    shared.index_put_((clusters, earlier), torch.ones(len(clusters), device=clusters.device), accumulate=True)
    _, names = linear_sum_assignment(shared.cpu().numpy(), maximize=True)
    return torch.from_numpy(names).to(clusters)[clusters]


def slice_of(embeddings, learner, learners):
    """The dimensions of one learner: (N, D) to (N, D / learners)."""
    size = embeddings.shape[1] // learners
    return embeddings[:, learner * size : (learner + 1) * size]
