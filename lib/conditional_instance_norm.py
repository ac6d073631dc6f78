"""Many styles in one network: the convolutions are shared, each style owns two numbers for each channel.

    z = γ_s (x − μ(x)) / √(σ²(x) + ε) + β_s                                                          (eq. 5)

μ and σ² are taken over the positions of one channel of one image; γ and β, the scale and the shift, are row s of a
table with a row for each style. All of a style is these few hundred numbers, so what lies between two styles can be
asked for: a mixture of their rows, which each image of a batch may have of its own.

Dumoulin, Shlens, Kudlur 2017, "A Learned Representation for Artistic Style".
"""

from torch.nn import functional as F


def conditional_instance_norm(features, scales, shifts, styles, epsilon):
    """Instance normalization in which each image brings its style along.

    features: (N, C, H, W).
    scales:   (S, C), a row for each style; γ in the paper.
    shifts:   (S, C); β.
    styles:   (N,) integers of 0 ... S − 1, the style of each image.
    epsilon:  a small number, added to the variance before its root is taken.
    returns:  (N, C, H, W): each channel of each image brought to mean 0 and variance 1 over its
              positions, then multiplied by the scale, and shifted by the shift, of the image's style.

    Dumoulin et al. 2017, eq. 5.
    """
    normalized = F.instance_norm(features, eps=epsilon)
    scale, shift = (table[styles, :, None, None] for table in (scales, shifts))
    return scale * normalized + shift


def mix_style_rows(tables, mixture):
    """The scales and shifts of styles between styles.

    tables:  a dict from a name, such as "down1.scale", to (S, C), a row for each style.
    mixture: (N, S), how much of each style each image gets. Rows add up to 1 as a rule; whatever
             they add up to, they are used as they are.
    returns: a dict from the same names to (N, C), the sum of the rows, weighted by the mixture.

    Dumoulin et al. 2017 draw styles between styles so.
    """
    return {name: mixture @ table for name, table in tables.items()}
