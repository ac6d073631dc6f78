"""Photographs that stay photographs: a transfer between two of them that may change colors, but bend nothing.

In every window of 3 × 3 pixels, let each color of the result be an affine function of the photograph's colors there:
then edges stay edges and straight stays straight. How far a channel V (as a column of all pixels) is from that, with
the best affine function chosen in each window, is a quadratic form:

    L_photo = Σ over r, g, b of V_cᵀ M V_c                                         (Luan et al. 2017, eq. 2)
    M_ij    = Σ over windows k that hold i and j of
              δ_ij − 1/|w_k| (1 + (I_i − μ_k)ᵀ (Σ_k + ε/|w_k| E₃)⁻¹ (I_j − μ_k))    (Levin et al. 2008, eq. 12)

M, the matting Laplacian, is made of the photograph once. It is sparse: each pixel meets 24 others.

Luan, Paris, Shechtman, Bala 2017, "Deep Photo Style Transfer".
Levin, Lischinski, Weiss 2008, "A Closed-Form Solution to Natural Image Matting".
"""

import torch
from torch.nn import functional as F

from lib.color_transfer import match_colors
from lib.feature_maps import feature_maps
from lib.masked_gram import masked_gram, masked_style_loss
from lib.texture_synthesis import minimize_with_adam


def matting_laplacian(photograph, epsilon=1e-4):
    """M of a photograph (1, 3, H, W), as a sparse (H · W, H · W) matrix. Pixels are counted row by row.

    epsilon: what keeps windows of one color from a division by zero; large values let colors change less freely.
        With 0, every function that is affine in the colors of each window costs nothing.
    """
    height, width = photograph.shape[2:]
    windows = F.unfold(photograph, 3)[0].view(3, 9, -1).permute(2, 1, 0)  # (K, 9, 3)
    index = torch.arange(height * width, device=photograph.device).view(1, 1, height, width)
    index = F.unfold(index.to(torch.float64), 3)[0].T.long()  # (K, 9)
    centered = windows - windows.mean(dim=1, keepdim=True)
    covariance = centered.transpose(1, 2) @ centered / 9
    inverse = torch.linalg.inv(covariance + epsilon / 9 * torch.eye(3).to(covariance))
    values = torch.eye(9).to(windows) - (1 + centered @ inverse @ centered.transpose(1, 2)) / 9
    rows, columns = index[:, :, None].expand(-1, -1, 9), index[:, None].expand(-1, 9, -1)
    places = torch.stack([rows.flatten(), columns.flatten()])
    return torch.sparse_coo_tensor(places, values.flatten(), (height * width,) * 2, check_invariants=False).coalesce()


def photorealism_loss(pictures, laplacian):
    """(N,): Σ over colors of Vᵀ M V for each picture (N, 3, H, W), per pixel; 0 for one that is locally affine."""
    channels = pictures.flatten(2).flatten(0, 1).T  # (H · W, 3 N)
    energy = (channels * torch.sparse.mm(laplacian, channels)).sum(dim=0)
    return energy.view(-1, 3).sum(dim=1) / len(channels)


def recolored(photograph, style, masks, style_masks):
    """(1, 3, H, W): each region of the photograph with the mean and covariance of the colors of the style's region.

    masks, style_masks: (1, R, H, W) and (1, R, h, w), each 0 or 1. An affine function of the colors in each region, so
    inside of it the matting Laplacian has nothing to object to.
    """
    made = photograph.clone()
    for here, there in zip(masks[0] > 0.5, style_masks[0] > 0.5):
        if here.any() and there.any():
            made[0, :, here] = match_colors(photograph[:, :, None, here], style[:, :, None, there])[0, :, 0]
    return made.clamp(0, 1)


def photorealistic(network, photograph, style, masks, style_masks, layers, alpha, weight, steps, rate=0.03):
    """A photograph in the light and color of another one, region by region.

    photograph, style:  (1, 3, H, W) and (1, 3, h, w) in [0, 1].
    masks, style_masks: (1, R, H, W) and (1, R, h, w), which of the regions each pixel belongs to.
    layers:   (content, style), two lists of layer names.
    alpha:    the weight of content, relative to the size of the photograph's features.
    weight:   of `photorealism_loss`; 0 for an ordinary transfer by regions.
    steps:    int, beginning with what `recolored` gives.
    returns:  (1, 3, H, W) in [0, 1], without a graph.
    """
    content_layers, style_layers = layers
    laplacian = matting_laplacian(photograph)
    with torch.no_grad():
        shown, painted = feature_maps(network, photograph, content_layers), feature_maps(network, style, style_layers)
        targets = {name: masked_gram(maps, style_masks) for name, maps in painted.items()}

    def loss(pictures):
        features = feature_maps(network, pictures, list(dict.fromkeys([*style_layers, *content_layers])))
        content = [(features[n] - maps).square().sum() / maps.square().sum() for n, maps in shown.items()]
        styles = [masked_style_loss(features[n], masks, target).sum() for n, target in targets.items()]
        photo = photorealism_loss(pictures, laplacian).sum()
        return alpha * sum(content) / len(content) + sum(styles) / len(styles) + weight * photo

    return minimize_with_adam(loss, recolored(photograph, style, masks, style_masks), steps, rate)
