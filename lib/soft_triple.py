"""A class may have several faces: SoftTriple gives each class K centers and lets a sample choose, softly.

    S'(x, c) = Σ_k q_k x·w_ck,    q = softmax_k(x·w_ck / γ)                                         (eq. 7)
    L = −log  exp(λ (S'(x, y) − δ)) / (exp(λ (S'(x, y) − δ)) + Σ_{j≠y} exp(λ S'(x, j)))              (eq. 8)

With K = 1 and δ = 0 it is the softmax of scaled cosines. A regularizer, the mean distance of the centers of a class,
merges those that nobody needs.

Qian, Shang, Sun, Hu, Li, Jin 2019, "SoftTriple Loss: Deep Metric Learning Without Triplet Sampling".
"""

import torch
from torch.nn import functional as F


def soft_similarities(embeddings, centers, gamma):
    """How similar samples are to classes: embeddings (N, D) and centers (C, K, D), of length one, to (N, C)."""
    cosines = torch.einsum("nd,ckd->nck", embeddings, centers)
    return ((cosines / gamma).softmax(dim=2) * cosines).sum(dim=2)


def soft_triple_loss(embeddings, labels, centers, scale=20.0, gamma=0.1, margin=0.01):
    """The loss of each sample, (N,). All vectors are brought to length one. scale: λ.  margin: δ."""
    similarities = soft_similarities(F.normalize(embeddings), F.normalize(centers, dim=2), gamma)
    own = F.one_hot(labels, len(centers)).to(similarities)
    return F.cross_entropy(scale * (similarities - margin * own), labels, reduction="none")


def center_spread(centers):
    """The mean distance of two centers of a class, of (C, K, D) with K at least 2; its slope is finite everywhere."""
    unit = F.normalize(centers, dim=2)
    first, second = torch.triu_indices(centers.shape[1], centers.shape[1], offset=1, device=centers.device)
    squared = (unit[:, first] - unit[:, second]).square().sum(dim=2)
    return squared.clamp(min=1e-12).sqrt().mean()
