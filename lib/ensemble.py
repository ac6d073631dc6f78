"""An ensemble within one embedding: slices are learners, and each works on what those before it get wrong (BIER).

    f_m = mean of the margins d²(a, n) − d²(a, p) of learners 1 ... m, each on its own slice of length one
    w_1 = 1,    w_{m+1} = sigmoid(−β f_m)                the weight of a triplet for the next learner
    L   = Σ_m w_m log(1 + exp(−β (margin of learner m)))

The weights are the negative slope of the loss of the learners so far, as in gradient boosting; no gradient flows
through them. At the end all slices lie side by side: the size of the embedding is that of one network.

Opitz, Waltner, Possegger, Bischof 2017, "BIER: Boosting Independent Embeddings Robustly", section 3, on pairs.
"""

import torch
from torch.nn import functional as F


def learner_slices(embeddings, learners):
    """The embedding of each learner, of length one: (N, D) to (learners, N, D / learners)."""
    if embeddings.shape[1] % learners:
        raise ValueError(f"{embeddings.shape[1]} dimensions do not split into {learners} equal slices")
    return F.normalize(torch.stack(embeddings.chunk(learners, dim=1)), dim=2)


def boosted_loss(embeddings, triplets, learners, beta=4.0):
    """The loss of each triplet, summed over the learners: (N, D) and (T, 3) to (T,)."""
    anchors, positives, negatives = (learner_slices(embeddings, learners)[:, part] for part in triplets.T)
    margins = (anchors - negatives).square().sum(dim=2) - (anchors - positives).square().sum(dim=2)
    counts = torch.arange(1, learners + 1, device=margins.device)[:, None]
    so_far = margins.detach().cumsum(dim=0) / counts
    weights = torch.cat([torch.ones_like(so_far[:1]), torch.sigmoid(-beta * so_far[:-1])])
    return (weights * F.softplus(-beta * margins)).sum(dim=0)
