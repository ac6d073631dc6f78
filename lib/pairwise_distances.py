"""How far apart are all pairs of two sets of vectors? The table that every loss and every search below begins with.

    d²(a, b) = ‖a − b‖² = ‖a‖² − 2 a·b + ‖b‖²

The right side needs one product of matrices and no array of N × M × D differences. The square is kept: a square root
costs time, never changes who is nearest, and has no finite slope at zero.

Schroff, Kalenichenko, Philbin 2015, "FaceNet", section 3, whose distances are squared as well.
"""


def squared_distances(first, second):
    """The squared Euclidean distances of all pairs.

    first:   (N, D), a vector in each row.
    second:  (M, D).
    returns: (N, M); element [i, j] is the squared distance of first[i] and second[j]. None is
             below zero, also where rounding would make it so.

    Schroff et al. 2015, section 3.
    """
    lengths = first.square().sum(dim=1)[:, None] + second.square().sum(dim=1)
    return (lengths - 2 * first @ second.T).clamp(min=0)
