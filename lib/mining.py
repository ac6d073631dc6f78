"""Which triplets of a batch are worth a gradient? Most of them cost nothing already.

For an anchor a and a positive p, a negative n is

    hard         d²(a, n) < d²(a, p)                    nearer than the positive
    semi-hard    d²(a, p) < d²(a, n) < d²(a, p) + m     farther, but within the margin
    easy         beyond: the loss and its gradient are zero

A batch of P classes with K samples of each has P·K·(K−1) pairs (a, p) to look from, whatever the number of classes.

Schroff, Kalenichenko, Philbin 2015, "FaceNet", section 3.2; Hermans, Beyer, Leibe 2017, "In Defense of the Triplet
Loss for Person Re-Identification", eq. 5.
"""

import torch


def hardest_triplets(squared, labels):
    """For each anchor, its farthest positive and its nearest negative ("batch hard").

    squared: (N, N), the squared distances of all pairs.
    labels:  (N,) integers.
    returns: (T, 3) integers, rows (anchor, positive, negative), in the order of the anchors. An
             anchor with no other sample of its class, or none of another class, is left out.

    Hermans et al. 2017, eq. 5.
    """
    same = labels[:, None] == labels
    positive = same.clone().fill_diagonal_(False)
    farthest = squared.masked_fill(~positive, -torch.inf).argmax(dim=1)
    nearest = squared.masked_fill(same, torch.inf).argmin(dim=1)
    anchors = (positive.any(dim=1) & ~same.all(dim=1)).nonzero()[:, 0]
    return torch.stack([anchors, farthest[anchors], nearest[anchors]], dim=1)


def semi_hard_triplets(squared, labels, margin):
    """For each pair of one class, the nearest negative that is farther than the positive, if within the margin.

    squared: (N, N), the squared distances of all pairs.
    labels:  (N,) integers.
    margin:  a number m, in units of squared distance.
    returns: (T, 3) integers, rows (anchor, positive, negative), ordered by anchor, then by
             positive. Of the negatives with d²(a, p) < d²(a, n) < d²(a, p) + m the nearest is
             taken; a pair without one is left out. A pair counts in both directions.

    Schroff et al. 2015, section 3.2.
    """
    same = labels[:, None] == labels
    anchors, positives = same.clone().fill_diagonal_(False).nonzero(as_tuple=True)
    near = squared[anchors, positives][:, None]
    far = squared[anchors]
    useful = ~same[anchors] & (far > near) & (far < near + margin)
    negatives = far.masked_fill(~useful, torch.inf).argmin(dim=1)
    triplets = torch.stack([anchors, positives, negatives], dim=1)
    return triplets[useful.any(dim=1)]


def random_triplets(labels, generator=None):
    """For each pair of one class, a random negative: (T, 3), ordered as in `semi_hard_triplets`."""
    same = labels[:, None] == labels
    anchors, positives = same.clone().fill_diagonal_(False).nonzero(as_tuple=True)
    possible = ~same[anchors]
    found = possible.any(dim=1)
    draws = torch.rand(possible.shape, generator=generator).to(labels.device)
    negatives = draws.masked_fill(~possible, -1).argmax(dim=1)
    return torch.stack([anchors, positives, negatives], dim=1)[found]


def triplets_of_kind(squared, labels, margin, kind):
    """Every triplet of a batch of one kind: (T, 3), ordered by anchor, positive, negative.

    kind: "hard", d²(a, n) < d²(a, p);  "semi-hard", as above;  "violating", either of the two, so that the loss is
          not zero.
    """
    rules = {
        "hard": lambda near, far: far < near,
        "semi-hard": lambda near, far: (far > near) & (far < near + margin),
        "violating": lambda near, far: far < near + margin,
    }
    if kind not in rules:
        raise ValueError(f"there is no kind {kind!r} of triplets; choose from {', '.join(rules)}")
    same = labels[:, None] == labels
    anchors, positives = same.clone().fill_diagonal_(False).nonzero(as_tuple=True)
    chosen = rules[kind](squared[anchors, positives][:, None], squared[anchors]) & ~same[anchors]
    pairs, negatives = chosen.nonzero(as_tuple=True)
    return torch.stack([anchors[pairs], positives[pairs], negatives], dim=1)
