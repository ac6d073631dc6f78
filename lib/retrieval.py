"""How good is an embedding? Take each sample as a query and look at what lies nearest to it.

    Recall@K   the share of queries with at least one of their class among the K nearest
    MAP@R      R is the number of others of the query's class; over the R nearest, the mean of
               precision at i where the i-th is of the class, and of 0 where it is not
    NMI        2 I(Y; C) / (H(Y) + H(C)), how much clusters C tell of classes Y

The query is never among its own neighbors. Recall@1 is kind: one neighbor suffices. MAP@R wants the whole class.

Jégou, Douze, Schmid 2011, "Product Quantization for Nearest Neighbor Search", count how often the true nearest neighbor
is among the first; Oh Song et al. 2016, "Deep Metric Learning via Lifted Structured Feature Embedding", for Recall@K of
classes; Musgrave, Belongie, Lim 2020, "A Metric Learning Reality Check", section 3.2, for MAP@R; Manning et al. 2008,
"Introduction to Information Retrieval", section 16.3, for NMI.
"""

import torch


def recall_at_k(squared, labels, ks):
    """The share of queries that find one of their class among their K nearest.

    squared: (N, N), the squared distances of all pairs. Row i is what query i looks at.
    labels:  (N,) integers; each occurs at least twice.
    ks:      a list of ints, each less than N.
    returns: (len(ks),), one share for each K, in the order of `ks`. A query is never among its
             own neighbors.

    After Jégou et al. 2011; for classes, Oh Song et al. 2016.
    """
    others = squared.clone().fill_diagonal_(torch.inf)
    nearest = others.topk(max(ks), largest=False).indices
    hits = labels[nearest] == labels[:, None]
    return torch.stack([hits[:, :k].any(dim=1).double().mean() for k in ks])


def mean_average_precision_at_r(squared, labels):
    """How far the nearest of a query are of its class, down to as many as the class has.

    squared: (N, N), the squared distances of all pairs.
    labels:  (N,) integers; each occurs at least twice. Classes can differ in size.
    returns: one number, a tensor without axes: the mean over all queries of
             (1 / R) Σ_{i=1..R} P(i) · [the i-th nearest is of the class], where R is how many
             others of the class there are, and P(i) the share of the class among the first i.
             A query is never among its own neighbors.

    Musgrave et al. 2020, eq. 9 and 10.
    """
    others = (labels[:, None] == labels).sum(dim=1) - 1
    nearest = squared.clone().fill_diagonal_(torch.inf).topk(int(others.max()), largest=False).indices
    ranks = torch.arange(1, nearest.shape[1] + 1, device=labels.device)
    hits = (labels[nearest] == labels[:, None]) & (ranks <= others[:, None])
    precision = hits.cumsum(dim=1) / ranks.double()
    return ((precision * hits).sum(dim=1) / others).mean()


def normalized_mutual_information(labels, clusters):
    """How much a clustering tells of the classes, and the classes of the clustering.

    labels:   (N,) integers.
    clusters: (N,) integers; their numbers need not be those of the classes.
    returns:  one number from 0 to 1, a tensor without axes: 2 I / (H(labels) + H(clusters)). Where
              both have one group only, 1.

    Manning et al. 2008, eq. 16.2 to 16.6.
    """
    rows, columns = (x.unique(return_inverse=True)[1] for x in (labels, clusters))
    counts = torch.zeros(int(rows.max()) + 1, int(columns.max()) + 1, dtype=torch.double, device=labels.device)
    counts.index_put_((rows, columns), torch.ones_like(rows, dtype=torch.double), accumulate=True)
    joint = counts / len(labels)
    entropies = [-torch.xlogy(p, p).sum() for p in (joint.sum(dim=1), joint.sum(dim=0), joint.flatten())]
    if entropies[0] + entropies[1] == 0:
        return torch.ones_like(entropies[0])
    return 2 * (entropies[0] + entropies[1] - entropies[2]) / (entropies[0] + entropies[1])
