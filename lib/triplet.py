"""Not how far, but farther than whom: a positive must be nearer to the anchor than a negative, by a margin m.

    L = max(0, ‖a − p‖² − ‖a − n‖² + m)

The scale of the distances is left open, only their order counts; so embeddings are held on the unit sphere. If all are
mapped to one point, every triplet costs exactly m: a loss that stays at m is a collapse.

Schroff, Kalenichenko, Philbin 2015, "FaceNet: A Unified Embedding for Face Recognition and Clustering",
section 3.1.
Weinberger and Saul 2009, "Distance Metric Learning for Large Margin Nearest Neighbor Classification".
"""


def triplet_loss(anchors, positives, negatives, margin):
    """The loss of each triplet.

    anchors:   (T, D).
    positives: (T, D), of the anchors' classes.
    negatives: (T, D), of other classes.
    margin:    a number m, in units of squared distance.
    returns:   (T,): max(0, ‖a − p‖² − ‖a − n‖² + m).

    Schroff et al. 2015, section 3.1, before the sum.
    """
    near = (anchors - positives).square().sum(dim=1)
    far = (anchors - negatives).square().sum(dim=1)
    return (near - far + margin).relu()
