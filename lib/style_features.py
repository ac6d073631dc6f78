"""What fast style transfer asks of its pictures, in numbers: the layers of zfnet that count, and how much each does.

The features of a picture are taken at full and at half its size, so that coarse strokes count as well as fine ones. Its
pixels are two more layers, since zfnet sees colors less well than strokes. Each layer of the style is divided by the
squared norm of the painting's own Gram matrix, each layer of the content by the mean square of the photograph's own
features, so that no layer outweighs the others because its numbers are larger.
"""

import torch
from torch.nn import functional as F

from lib.feature_maps import feature_maps

STYLE_LAYERS = ("relu1", "relu2", "relu3", "relu4")
CONTENT_LAYERS = ("relu2", "relu3")
COLOR = 0.3  # what the colors count, where a layer counts 1


def style_features(network, images):
    """What the style is compared in: a dict from names such as "relu1", "relu1, half" and "colors" to maps.

    network: `lib.networks.load("zfnet")`.  images: (N, 3, H, W) in [0, 1], H and W at least 64.
    Colors are red, green, blue and a channel of ones, so that their Gram matrix holds their means as well.
    """
    smaller = F.avg_pool2d(images, 2)
    maps = feature_maps(network, images, STYLE_LAYERS)
    maps |= {f"{name}, half": value for name, value in feature_maps(network, smaller, STYLE_LAYERS).items()}
    for name, pixels in (("colors", images), ("colors, coarse", F.avg_pool2d(smaller, 2))):
        maps[name] = torch.cat([pixels, torch.ones_like(pixels[:, :1])], dim=1)
    return maps


def style_targets(network, painting):
    """What a painting (1, 3, H, W) asks for: two dicts with the names of `style_features`.

    returns: the Gram matrices, each (1, C, C), sums over the positions divided by C · H · W; and the weights, numbers.
    """
    grams, weights = {}, {}
    with torch.no_grad():
        for name, maps in style_features(network, painting).items():
            flat = maps.flatten(2)
            grams[name] = flat @ flat.transpose(1, 2) / maps[0].numel()
            weights[name] = 1 / grams[name].square().sum().item()
            if name.startswith("colors"):  # relative to how they vary; the mean alone would be most of the norm
                centered = flat - flat.mean(dim=2, keepdim=True)
                covariance = centered @ centered.transpose(1, 2) / maps[0].numel()
                weights[name] = COLOR / covariance.square().sum().clamp(min=1e-12).item()
    return grams, weights


def stacked(targets):
    """Several paintings' targets as one.

    targets: a list of what `style_targets` gives, for S paintings.
    returns: Gram matrices, each (S, C, C), and weights, each (S,). Row n of both belongs to painting n.
    """
    names = targets[0][0]
    grams = {name: torch.cat([grams[name] for grams, _ in targets]) for name in names}
    device = next(iter(grams.values())).device
    return grams, {name: torch.tensor([weights[name] for _, weights in targets], device=device) for name in names}


def content_targets(network, photographs, weight):
    """What photographs (N, 3, H, W) ask for: two dicts with the names of `CONTENT_LAYERS`.

    weight:  what the content counts in all, where each layer of the style counts 1.
    returns: the features, each (N, C, H', W'), and the weights, each (N,).
    """
    with torch.no_grad():
        maps = feature_maps(network, photographs, CONTENT_LAYERS)
    share = weight / len(maps)
    return maps, {name: share / aim.square().mean(dim=(1, 2, 3)).clamp(min=1e-12) for name, aim in maps.items()}
