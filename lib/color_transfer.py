"""Style without its colors: two ways to keep those of the photograph.

    afterwards   take only the luminance Y of the result, and the colors of the photograph: in coordinates (Y, I, Q)
                 with Y = 0.299 R + 0.587 G + 0.114 B, replace Y and leave I and Q
    beforehand   give the painting the photograph's colors, then transfer as usual: each pixel p becomes
                 A (p − μ_S) + μ_C,  A = Σ_C^½ Σ_S^(−½),  with mean μ and covariance Σ of each picture's colors

Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer", sections 3 and 4.
"""

import torch


def luminance(images):
    """(N, 3, H, W) -> (N, 1, H, W): 0.299 R + 0.587 G + 0.114 B."""
    return (images * images.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)).sum(dim=1, keepdim=True)


def keep_colors(stylized, photographs):
    """The luminance of one picture and the colors of another.

    stylized:    (N, 3, H, W) in [0, 1].
    photographs: (N, 3, H, W) in [0, 1].
    returns:     (N, 3, H, W): the photographs, with the same amount added to the red, green and
                 blue of a pixel, so that its luminance 0.299 R + 0.587 G + 0.114 B is that of the
                 stylized picture. Not cut off: it may leave [0, 1].

    Gatys et al. 2016, "Preserving Color", section 4: I and Q of YIQ do not change when R, G and
    B change by the same amount.
    """
    weights = photographs.new_tensor([0.299, 0.587, 0.114]).view(3, 1, 1)
    missing = ((stylized - photographs) * weights).sum(dim=1, keepdim=True)
    return photographs + missing


def match_colors(images, references):
    """Images with the mean color and the covariance of colors of others.

    images:     (N, 3, H, W).
    references: (N, 3, h, w), or (1, 3, h, w) for all.
    returns:    (N, 3, H, W): each pixel p becomes A (p − μ) + μ', with A = Σ'^½ Σ^(−½); μ and Σ
                are mean and covariance of the image's three colors over its pixels (divided by
                their number), μ' and Σ' those of the reference. The roots are the symmetric
                ones. Before, 1e-5 is added to the diagonal of both covariances, so that a
                gray image has an inverse. Not cut off: it may leave [0, 1].

    Gatys et al. 2016, "Preserving Color", section 3, with A as in "image analogies".
    """

    def statistics(pictures, power):
        flat = pictures.flatten(2)
        mean = flat.mean(dim=2, keepdim=True)
        covariance = (flat - mean) @ (flat - mean).transpose(1, 2) / flat.shape[2]
        values, axes = torch.linalg.eigh(covariance + 1e-5 * torch.eye(3).to(covariance))
        return flat - mean, mean, (axes * values[:, None] ** power) @ axes.transpose(1, 2)

    centered, _, whiten = statistics(images, -0.5)
    _, mean, color = statistics(references, 0.5)
    return (color @ whiten @ centered + mean).view_as(images)
