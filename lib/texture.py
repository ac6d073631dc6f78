"""A texture from a sample: Gram matrices, made to look good in few steps.

The loss is that of Gatys et al. 2015 (lib.gram_matrix). What is added, and why:

    weights      a layer whose features are all zero costs 1, so that no layer drowns another
    scales       the same layers look at the image, and at the image at half its size: larger structure
    coarse       begin with an image of half the size: a quarter of the work, and larger structure comes first
    variation    no more total variation than the sample has: what the network cannot see stays smooth
    roll         each step sees the image rolled by another shift: no checkerboard, and no border
    colors       the image is made in coordinates of the sample's own colors (lib.sample_colors): no stray tints
"""

import torch
from torch.nn import functional as F

from lib.feature_maps import feature_maps
from lib.gram_matrix import gram_matrix, layer_loss, texture_loss
from lib.sample_colors import color_box, to_colors, to_coordinates
from lib.texture_synthesis import minimize_with_adam


def texture(
    network, samples, layers, size, steps, generator, rate=0.05, scales=2, variation=0.5, roll=32, prepare=None,
    precision=None,
):  # fmt: skip
    """Textures like the samples.

    network:   an nn.Module that takes images (N, 3, H, W) in [0, 1].
    samples:   (N, 3, H, W) in [0, 1], H and W multiples of 2 to the power `scales`.
    layers:    a list of layer names.
    size:      (height, width) of what is made, of any size that is a multiple as above.
    steps:     (coarse, fine), how many steps at half the size and at the whole; coarse can be 0.
    generator: a torch.Generator for the start and the shifts.
    rate:      of Adam, in units of the range of the colors.
    scales:    at how many sizes the network looks at each image.
    variation: the weight of total variation beyond the samples'; 0 leaves it out.
    roll:      shifts are below this number of pixels; 0 and 1 leave rolling out.
    prepare:   None, or what is done to the maps (N, C, H, W) of each layer before their Gram matrix is taken: leaving
               channels out, say, or averaging over the positions.
    precision: as `lib.feature_maps` takes it; Gram matrices stay float32.
    returns:   (N, 3, height, width) in [0, 1], without a graph.
    """
    box, made = color_box(samples), None
    for factor, count in zip((2, 1), steps):
        if not count:
            continue
        sample, (height, width) = F.avg_pool2d(samples, factor), (side // factor for side in size)
        loss = objective(network, sample, layers, (height, width), scales, variation, prepare, precision)
        if made is None:
            start = to_coordinates(shuffled(sample, (height, width), generator), box).clamp(0, 1)
        else:
            start = F.interpolate(made, size=(height, width), mode="bilinear", align_corners=False)

        def seen(coordinates, loss=loss):
            shift = torch.randint(0, max(roll, 1), (2,), generator=generator).tolist()
            return loss(to_colors(coordinates, box).roll(shift, dims=(2, 3))).sum()

        made = minimize_with_adam(seen, start, count, rate)
    return to_colors(made, box).clamp(0, 1)


def objective(network, samples, layers, size, scales=2, variation=0.5, prepare=None, precision=None):
    """The loss of images of a size as a function: images (N, 3, height, width) -> (N,).

    The targets are computed here, once. An image of another size than the sample has more positions or fewer, and its
    Gram matrices are larger or smaller by that ratio: so are the targets.
    """
    growth = size[0] * size[1] / (samples.shape[2] * samples.shape[3])
    levels = []

    def look(images, factor):
        features = feature_maps(network, F.avg_pool2d(images, factor), layers, precision)
        return features if prepare is None else {name: prepare(maps) for name, maps in features.items()}

    with torch.no_grad():
        for level in range(scales):
            features = look(samples, 2**level)
            targets = {name: growth * gram_matrix(maps) for name, maps in features.items()}
            positions = {name: growth * maps.shape[2] * maps.shape[3] for name, maps in features.items()}
            weights = {
                name: 1 / layer_loss(torch.zeros_like(target), target, positions[name])
                for name, target in targets.items()
            }
            levels.append((2**level, targets, weights))
        allowed = total_variation(samples)

    def loss(images):
        total = variation * (total_variation(images) / allowed - 1).relu() if variation else 0
        for factor, targets, weights in levels:
            total = total + texture_loss(look(images, factor), targets, weights)
        return total

    return loss


def total_variation(images):
    """The mean squared difference of neighboring pixels: (N, 3, H, W) -> (N,)."""
    across, down = images[..., 1:] - images[..., :-1], images[..., 1:, :] - images[..., :-1, :]
    return across.square().mean(dim=(1, 2, 3)) + down.square().mean(dim=(1, 2, 3))


def shuffled(samples, size, generator, contrast=0.5):
    """Noise of the samples' own colors: pixels drawn from each sample (N, 3, H, W), at half their contrast."""
    count = size[0] * size[1]
    colors = samples.flatten(2)
    chosen = torch.randint(0, colors.shape[2], (count,), generator=generator).to(samples.device)
    mean = colors.mean(dim=2, keepdim=True)
    return (mean + contrast * (colors[:, :, chosen] - mean)).view(*samples.shape[:2], *size)
