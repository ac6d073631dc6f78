"""What does a code still know of the picture? Look for a picture that has the same code.

    x* = argmin over x of  ‖Φ(x) − Φ₀‖² / ‖Φ₀‖²  +  λ R(x)

Φ is a network up to one of its layers, Φ₀ = Φ(photograph) is all that is known of the photograph. Many pictures have
that code, or nearly; R, such as the roughness of lib.total_variation_norm, chooses among them. What all reconstructions
share, the layer knows. Where they differ, it does not care.

The first term is 0 for the same code and 1 for features that are all zero, whatever the layer; with an R that is
near 1 for photographs, λ means the same at all layers and sizes.

Mahendran and Vedaldi 2015, "Understanding Deep Image Representations by Inverting Them"; 2016, "Visualizing Deep
Convolutional Neural Networks Using Natural Pre-images", for scales and jitter.
"""

import torch

from lib.feature_maps import feature_maps


def relative_feature_loss(features, target):
    """How far the code of each image is from a given one, as a share of that one's size.

    features: (N, ...), a layer's output for N images; any number of axes after the first.
    target:   (1, ...) for one code that all images should have, or (N, ...) for one each.
    returns:  (N,): ‖features − target‖² / ‖target‖², the squares added over all axes but the
              first. Differentiable.

    Mahendran and Vedaldi 2015, who divide the squared distance to balance it with the other terms.
    """
    differences = (features - target).flatten(1).square().sum(dim=1)
    return differences / target.flatten(1).square().sum(dim=1)


def peak_signal_noise_ratio(images, original):
    """How close images are to the original pixel by pixel, in decibels.

    images:   (N, 3, H, W) in [0, 1].
    original: (1, 3, H, W) or (N, 3, H, W) in [0, 1].
    returns:  (N,): −10 log10 of the mean squared difference over colors and pixels; the peak is
              1. Infinite for an image that equals the original.
    """
    error = (images - original).square().flatten(1).mean(dim=1)
    return -10 * error.log10()


def invert(network, layer, target, start, regularizer, shifts, rate):
    """Images whose code at a layer is the given one, found by gradient descent on their pixels.

    network:     an nn.Module that takes images (N, 3, H, W) in [0, 1].
    layer:       the name of a layer, as in `network.named_modules()`.
    target:      the code, (1, ...) or (N, ...), as `relative_feature_loss` takes it.
    start:       (N, 3, H, W) in [0, 1], where the search begins; stays as it is. Each image is
                 searched for on its own, whoever else is in the batch.
    regularizer: a function from images to (N,), what an image costs besides its code.
    shifts:      (S, 2) integers: in step s the images are rolled by that many pixels down and to
                 the right before they are judged, by code and regularizer. S is the number of steps.
    rate:        about how far a pixel may go in one step at first. The reference uses Adam with
                 this rate, brought down to zero along half a cosine.
    returns:     (N, 3, H, W) in [0, 1], without a graph and not rolled. After each step, what
                 left [0, 1] is put back to the border.

    Mahendran and Vedaldi 2015, eq. 1; they use momentum. 2016, for jitter.
    """
    images = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([images], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(shifts))
    for shift in shifts.tolist():
        rolled = images.roll(shift, dims=(2, 3))
        features = feature_maps(network, rolled, [layer])[layer]
        energy = relative_feature_loss(features, target) + regularizer(rolled)
        optimizer.zero_grad()
        energy.sum().backward()
        optimizer.step()
        schedule.step()
        images.data.clamp_(0, 1)
    return images.detach()


def errors_by_layer(network, layers, images, original):
    """How far images are from the original as each of several layers sees them.

    network:  an nn.Module that takes images (N, 3, H, W) in [0, 1].
    layers:   a list of layer names, as in `network.named_modules()`.
    images:   (N, 3, H, W) in [0, 1].
    original: (1, 3, H, W) in [0, 1].
    returns:  (L, N), without a graph: the relative feature loss of image n at layer l, against
              the original's code. Images and original go through the network together, once.

    Mahendran and Vedaldi 2015 tell it of the inverted layer only.
    """
    with torch.no_grad():
        found = feature_maps(network, torch.cat([original, images]), layers)
    return torch.stack([relative_feature_loss(found[layer][1:], found[layer][:1]) for layer in layers])


def pixel_spread(images):
    """Where several reconstructions of one code differ: a map.

    images:  (N, 3, H, W), N of at least 2.
    returns: (H, W): the standard deviation over the images (divided by N, not by N − 1) of
             each color, and of the three colors the root of the mean square.
    """
    return images.var(dim=0, correction=0).mean(dim=0).sqrt()


def jitter(steps, reach, generator):
    """Random shifts for `invert`: (steps, 2) integers from −reach to reach, both included."""
    return torch.randint(-reach, reach + 1, (steps, 2), generator=generator)


def noise(count, size, generator, deviation=0.05):
    """Starts for `invert`: `count` square images of `size` pixels, gray (0.5) with normal noise, within [0, 1].

    A little noise wakes ReLUs that a flat gray would leave dead, and gives each image of a batch a way of its own.
    """
    return (0.5 + deviation * torch.randn(count, 3, size, size, generator=generator)).clamp(0, 1)
