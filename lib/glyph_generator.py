"""A network that draws what it is told: character, angle, size and color in, image and mask out.

    (image, mask) = g(character, cos φ, sin φ, size, color)

A decoder without an encoder: the code is not found but given. Trained on combinations of a few inputs, it has to learn
how they go together, and what it has learned shows between the inputs that it has seen: halfway from one character to
the next, and in sums and differences of its inner features. Fully connected layers make a small map, which is convolved
and resized twice.

Dosovitskiy, Springenberg, Brox 2015, "Learning to Generate Chairs with Convolutional Neural Networks".
"""

import torch
from torch.nn import functional as F

from lib.autoencoder_training import dense_layers, kernels
from lib.datasets.glyphs import changed, drawing

SIZE, SMALLEST = 32, 8  # pixels of an image, and of the map that the fully connected layers make
HIDDEN, CHANNELS = 192, (32, 24, 16)
FACE = "DejaVuSans-Bold"


def examples(characters, count, generator):
    """Random characters at random angles, sizes and colors, with the inputs that describe them.

    returns: inputs (count, len(characters) + 6), images (count, 3, 32, 32) on black, and masks (count, 1, 32, 32).
    """
    chosen = torch.randint(len(characters), (count,), generator=generator)
    angles = 40 * torch.rand(count, generator=generator) - 20
    scales = 0.7 + 0.25 * torch.rand(count, generator=generator)
    colors = 0.2 + 0.8 * torch.rand(count, 3, generator=generator)
    inputs = described(F.one_hot(chosen, len(characters)).float(), angles, scales, colors)
    return inputs, *drawn([characters[number] for number in chosen.tolist()], angles, scales, colors)


def described(characters, angles, scales, colors):
    """The network's inputs (N, K + 6): shares of characters (N, K), degrees (N,), sizes (N,), colors (N, 3)."""
    turned = torch.deg2rad(angles)[:, None]
    # Each at about the size of the others, so that none is learned last.
    return torch.cat([characters, turned.cos(), 3 * turned.sin(), 5 * (scales[:, None] - 0.8), 2 * colors - 1.2], dim=1)


def drawn(characters, angles, scales, colors):
    """The true images (N, 3, 32, 32) and masks (N, 1, 32, 32), as the font has them."""
    masters = torch.stack([drawing(character, FACE) for character in characters])
    nothing = torch.zeros(len(masters))
    masks = changed(masters, angles, nothing, scales, torch.zeros(len(masters), 2), nothing, SIZE)
    return masks * colors[:, :, None, None], masks


def layers(characters, generator):
    """Random weights of the network for that many characters: three fully connected layers, then convolutions."""
    dense = dense_layers((characters + 6, HIDDEN, HIDDEN, CHANNELS[0] * SMALLEST**2), generator)
    convolutions = kernels((*CHANNELS, 4), 3, generator)
    convolutions[-1][1][3] = -2  # masks start empty
    return dense + convolutions


def features(inputs, weights):
    """What the inputs have become in front of the last fully connected layer, (N, 192): the code of a picture."""
    x = inputs
    for weight, bias in weights[:2]:
        x = F.linear(x, weight, bias).relu()
    return x


def pictures(codes, weights):
    """Features (N, 192) to images (N, 3, 32, 32) and masks (N, 1, 32, 32), both in [0, 1]."""
    x = F.linear(codes, *weights[2]).relu().view(-1, CHANNELS[0], SMALLEST, SMALLEST)
    for number, (kernel, bias) in enumerate(weights[3:]):
        if number:
            x = F.interpolate(x.relu(), scale_factor=2, mode="nearest")
        x = F.conv2d(x, kernel, bias, padding=1)
    x = x.sigmoid()
    return x[:, :3] * x[:, 3:], x[:, 3:]


def generate(inputs, weights):
    """Inputs as from `described` to images and masks."""
    return pictures(features(inputs, weights), weights)


def loss(inputs, images, masks, weights):
    """Mean squared differences of image and mask, (N,).  Dosovitskiy et al. 2015, eq. 1."""
    made, covered = generate(inputs, weights)
    error = (made - images).square().mean(dim=(1, 2, 3))
    return error + 0.5 * (covered - masks).square().mean(dim=(1, 2, 3))
