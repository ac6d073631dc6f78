"""Style by region: each part of the picture is painted like the part of the painting that has the same color on a map.

    G_r = Σ_k m_rk F_k F_kᵀ / Σ_k m_rk          m_r: the mask of region r at the layer's positions k

One Gram matrix for each region in place of one for the whole: then blue strokes that belong to the sky stay in the sky.
A map of the painting, a new map drawn by hand, and nothing else: a doodle becomes a painting.

Champandard 2016, "Semantic Style Transfer and Turning Two-Bit Doodles into Fine Artworks", with Gram matrices in place
of his patches, as in Gatys et al. 2017, "Controlling Perceptual Factors in Neural Style Transfer", section 4.
"""

import torch
from torch.nn import functional as F

from lib import images
from lib.sample_colors import color_box, to_colors, to_coordinates
from lib.style_transfer import look
from lib.texture import total_variation
from lib.texture_synthesis import minimize_with_adam


def regions(drawing, colors):
    """Masks (1, R, H, W) of a drawing (1, 3, H, W): each pixel belongs to the nearest of R colors (R, 3)."""
    distance = (drawing[:, None] - colors.view(1, -1, 3, 1, 1).to(drawing)).square().sum(dim=2)
    nearest = distance.argmin(dim=1, keepdim=True)
    return torch.zeros_like(distance).scatter(1, nearest, 1.0)


def masked_gram(features, masks):
    """The Gram matrix of each region, per position.

    features: (N, C, H, W).
    masks:    (N, R, h, w) or (1, R, h, w) in [0, 1], of any size; brought to H × W by averaging.
    returns:  (N, R, C, C); 0 for a region that is empty.
    """
    masks = F.adaptive_avg_pool2d(masks, features.shape[2:]).flatten(2).expand(len(features), -1, -1)
    parts = features.flatten(2)[:, None] * masks.sqrt()[:, :, None]  # (N, R, C, H · W)
    sums = parts @ parts.transpose(2, 3)
    return sums / masks.sum(dim=2).clamp(min=1e-6)[..., None, None]


def masked_style_loss(features, masks, target):
    """(N,): the squared differences of the regions' Gram matrices, relative to the targets' sizes, weighted by area.

    target: (1, R, C, C) or (N, R, C, C), from `masked_gram` of the painting with the painting's masks. A region of the
    new map that the painting does not have costs nothing.
    """
    difference = (masked_gram(features, masks) - target).square().sum(dim=(2, 3))
    size = target.square().sum(dim=(2, 3))
    area = masks.mean(dim=(2, 3))
    return (area * difference / size.clamp(min=1e-12) * (size > 0)).sum(dim=1) / area.sum(dim=1)


def doodle(network, painting, painting_map, new_map, layers, steps, generator, rate=0.05, scales=2, variation=0.5):
    """A new picture of the painting's hand, laid out like the new map.

    painting:     (1, 3, H, W) in [0, 1], and painting_map: (1, R, H, W), its masks.
    new_map:      (1, R, h, w), the masks of what is to be made.
    layers:       a list of layer names.
    steps:        a tuple, how many steps at each size; each size is twice the one before, the last is h × w.
    generator:    a torch.Generator: each region begins as pixels drawn from the same region of the painting.
    returns:      (1, 3, h, w) in [0, 1], without a graph.
    """
    box = color_box(painting)
    made = scattered(painting, painting_map, new_map, generator)
    for level, count in zip(reversed(range(len(steps))), steps):
        sample, sample_map, wanted = (F.avg_pool2d(x, 2**level) for x in (painting, painting_map, new_map))
        with torch.no_grad():
            maps = look(network, sample, layers, scales)
            targets = {name: masked_gram(values, sample_map) for name, values in maps.items()}
            allowed = total_variation(sample)

        def loss(coordinates, wanted=wanted, targets=targets, allowed=allowed):
            pictures = to_colors(coordinates, box)
            features = look(network, pictures, layers, scales)
            losses = [masked_style_loss(features[name], wanted, target) for name, target in targets.items()]
            excess = (total_variation(pictures) / allowed - 1).relu()
            return (sum(losses) / len(losses) + variation * excess).sum()

        start = images.resize(made, tuple(wanted.shape[2:]))
        coordinates = minimize_with_adam(loss, to_coordinates(start, box).clamp(0, 1), count, rate)
        made = to_colors(coordinates, box).clamp(0, 1)
    return made


def scattered(painting, painting_map, new_map, generator, contrast=0.1):
    """(1, 3, h, w): each pixel from the painting's same region, at random, drawn close to the region's mean color."""
    made = painting.new_zeros(1, 3, *new_map.shape[2:])
    for here, there in zip(painting_map[0] > 0.5, new_map[0] > 0.5):
        colors = painting[0, :, here] if here.any() else painting[0].flatten(1)
        chosen = torch.randint(0, colors.shape[1], (int(there.sum()),), generator=generator).to(painting.device)
        mean = colors.mean(dim=1, keepdim=True)
        made[0, :, there] = mean + contrast * (colors[:, chosen] - mean)
    return made
