"""All triplets of a batch at once, averaged over those that cost something ("batch all").

    L = Σ max(0, ‖a − p‖² − ‖a − n‖² + m) / (how many of these terms are above zero)

Without the division by the non-zero terms the loss would fade away while the last hard triplets are still wrong.

Hermans, Beyer, Leibe 2017, "In Defense of the Triplet Loss for Person Re-Identification", section 2.
"""


def batch_all_loss(embeddings, labels, margin=0.2):
    """The mean non-zero loss over all triplets: embeddings (N, D) and labels (N,) to one number.

    Zero, with a zero gradient, where no triplet violates the margin.
    """
    lengths = embeddings.square().sum(dim=1)
    squared = (lengths[:, None] + lengths - 2 * embeddings @ embeddings.T).clamp(min=0)
    same = labels[:, None] == labels
    anchors, positives = same.clone().fill_diagonal_(False).nonzero(as_tuple=True)
    reach = squared[anchors, positives] + margin
    losses = (reach[:, None] - squared[anchors]).relu().masked_fill(same[anchors], 0)
    return losses.sum() / losses.count_nonzero().clamp(min=1)
