"""Two inputs, one network: pull together what is alike, push apart what is not, up to a margin m.

    L = d²                  for a pair of one class
    L = max(0, m² − d²)     for a pair of two classes                          (contrastive_loss)
    L = max(0, m − d)²      the original for two classes                       (hadsell_loss)

Both stop pushing at d = m. The slope by d of the first is −2d: none where the two coincide, largest at the margin. That
of the second is −2 (m − d): largest where they coincide. But it needs d itself, and so a root, whose slope at zero is
infinite: infinity times zero is NaN in a program. The paper has a factor ½ in front of everything, which is left out.

Hadsell, Chopra, LeCun 2006, "Dimensionality Reduction by Learning an Invariant Mapping", eq. 4; Bromley et al. 1993,
"Signature Verification using a Siamese Time Delay Neural Network".
"""

import torch


def contrastive_loss(first, second, same, margin):
    """The loss of each pair, with squared distances throughout.

    first:   (P, D), an embedding for each pair.
    second:  (P, D), the other.
    same:    (P,) bool, whether both show the same class.
    margin:  a number m, in units of distance, not of squared distance.
    returns: (P,): d² for pairs of one class, max(0, m² − d²) for the others.

    After Hadsell et al. 2006, eq. 4, with another term for pairs of two classes.
    """
    squared = (first - second).square().sum(dim=1)
    return torch.where(same, squared, (margin**2 - squared).relu())


def hadsell_loss(first, second, same, margin):
    """The loss of each pair as it was first published.

    first, second, same, margin: as for `contrastive_loss`.
    returns: (P,): d² for pairs of one class, max(0, m − d)² for the others. The gradient is zero,
             not NaN, for the two of a pair that coincide.

    Hadsell et al. 2006, eq. 4, without the factor ½.
    """
    squared = (first - second).square().sum(dim=1)
    # Below the clamp the slope is zero, so that of the root is never asked for where it is infinite.
    distance = squared.clamp(min=1e-12).sqrt()
    return torch.where(same, squared, (margin - distance).relu().square())
