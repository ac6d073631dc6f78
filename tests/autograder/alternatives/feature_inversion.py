"""Right solutions of 07-feature-inversion, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio as of_scikit_image
from torch import nn
from torch.nn import functional as F

from lib.feature_maps import feature_maps

# Total variation


def total_variation_norm__root_of_a_small_number_more(images, beta):
    across = images[:, :, :-1, 1:] - images[:, :, :-1, :-1]
    down = images[:, :, 1:, :-1] - images[:, :, :-1, :-1]
    return ((across**2 + down**2 + 1e-10).sqrt() ** beta).sum(dim=(1, 2, 3))


def total_variation_norm__diff_and_crop(images, beta):
    across, down = torch.diff(images, dim=-1)[..., :-1, :], torch.diff(images, dim=-2)[..., :-1]
    return across.square().add(down.square()).clamp(min=1e-12).pow(beta / 2).flatten(1).sum(-1)


def total_variation_norm__norm_of_pairs(images, beta):
    pairs = torch.stack([images.diff(dim=3)[:, :, :-1], images.diff(dim=2)[..., :-1]])
    lengths = torch.linalg.vector_norm(pairs, dim=0)  # its gradient at zero is zero
    return (lengths**beta).sum((1, 2, 3))


def total_variation_norm__convolution(images, beta):
    count, channels, height, width = images.shape
    kernels = images.new_tensor([[[[-1, 1], [0, 0]]], [[[-1, 0], [1, 0]]]])
    steps = F.conv2d(images.reshape(-1, 1, height, width), kernels)
    squares = (steps**2).sum(dim=1)
    lengths = torch.exp(beta / 2 * torch.log(squares + 1e-14))
    return lengths.reshape(count, -1).sum(dim=1)


def total_variation_norm__roll_and_crop(images, beta):
    steps = [images.roll(-1, dims=axis) - images for axis in (2, 3)]
    lengths = torch.linalg.vector_norm(torch.stack(steps), dim=0)[..., :-1, :-1]
    return lengths.pow(beta).sum(dim=(1, 2, 3))


def total_variation_norm__only_where_not_flat(images, beta):
    norms = []
    for image in images:
        squares = (image[:, :-1, 1:] - image[:, :-1, :-1]) ** 2 + (image[:, 1:, :-1] - image[:, :-1, :-1]) ** 2
        norms.append((squares[squares > 0] ** (beta / 2)).sum())
    return torch.stack(norms)


# Without units


def relative_roughness__mean_of_shares(images, beta, step):
    across, down = images.diff(dim=3)[:, :, :-1] / step, images.diff(dim=2)[..., :-1] / step
    return (across**2 + down**2).pow(beta / 2).mean(dim=(1, 2, 3))


def relative_roughness__scaled_first(images, beta, step):
    _, channels, height, width = images.shape
    return total_variation_norm__norm_of_pairs(images / step, beta) / channels / (height - 1) / (width - 1)


def relative_roughness__against_a_ramp(images, beta, step):
    rows = torch.arange(images.shape[2], dtype=images.dtype)[:, None]
    ramp = (step * rows).expand(1, *images.shape[1:])
    return total_variation_norm__diff_and_crop(images, beta) / total_variation_norm__diff_and_crop(ramp, beta)


def relative_roughness__numpy(images, beta, step):
    x = images.numpy()
    squares = (x[..., :-1, 1:] - x[..., :-1, :-1]) ** 2 + (x[..., 1:, :-1] - x[..., :-1, :-1]) ** 2
    return np.mean(np.sqrt(squares) ** beta, axis=(1, 2, 3)) / step**beta


# Loss


def relative_feature_loss__all_axes_but_the_first(features, target):
    axes = tuple(range(1, features.dim()))
    return ((features - target) ** 2).sum(dim=axes) / (target**2).sum(dim=axes)


def relative_feature_loss__norms(features, target):
    rows, codes = features.flatten(1), target.flatten(1)
    return ((rows - codes).norm(dim=1) / codes.norm(dim=1)) ** 2


def relative_feature_loss__ratio_of_means(features, target):
    target = target.expand_as(features)
    errors = F.mse_loss(features, target, reduction="none").flatten(1).mean(1)
    return errors / target.pow(2).flatten(1).mean(1)


def relative_feature_loss__image_by_image(features, target):
    losses = []
    for number, code in enumerate(features):
        wanted = target[number if len(target) > 1 else 0]
        losses.append((code - wanted).square().sum() / wanted.square().sum())
    return torch.stack(losses)


def relative_feature_loss__dot_products(features, target):
    target = target.expand_as(features).flatten(1)
    rest = features.flatten(1) - target
    return torch.einsum("nd,nd->n", rest, rest) / torch.einsum("nd,nd->n", target, target)


# The search


def _energy(network, layer, target, images, regularizer):
    features = feature_maps(network, images, [layer])[layer]
    return relative_feature_loss__norms(features, target) + regularizer(images)


def invert__momentum(network, layer, target, start, regularizer, shifts, rate):
    images, velocity = start, torch.zeros_like(start)
    for step, shift in enumerate(shifts):
        images = images.detach().requires_grad_()
        energy = _energy(network, layer, target, torch.roll(images, shift.tolist(), (2, 3)), regularizer)
        (gradient,) = torch.autograd.grad(energy.sum(), images)
        gradient = gradient / gradient.abs().amax(dim=(1, 2, 3), keepdim=True)
        velocity = 0.7 * velocity - rate * (1 - step / len(shifts)) * gradient
        images = (images + velocity).clamp(0, 1)
    return images.detach()


def invert__adam_at_one_rate(network, layer, target, start, regularizer, shifts, rate):
    images = nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([images], rate)
    for down, right in shifts.tolist():
        loss = _energy(network, layer, target, images.roll((down, right), (-2, -1)), regularizer).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            images.clamp_(0, 1)
    return images.data


def invert__signs(network, layer, target, start, regularizer, shifts, rate):
    images = start.clone()
    for step, shift in enumerate(shifts.tolist()):
        rolled = images.roll(shift, (2, 3)).requires_grad_()
        _energy(network, layer, target, rolled, regularizer).sum().backward()
        gradient = rolled.grad.roll([-place for place in shift], (2, 3))
        images = (images - rate * (1 - step / len(shifts)) * gradient.sign()).clamp(0, 1)
    return images


def invert__rmsprop_image_by_image(network, layer, target, start, regularizer, shifts, rate):
    found = []
    for number in range(len(start)):
        image = start[[number]].clone().requires_grad_()
        code = target[[number]] if len(target) > 1 else target
        optimizer = torch.optim.RMSprop([image], lr=rate / 2)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.05, len(shifts))
        for shift in shifts.tolist():
            optimizer.zero_grad()
            _energy(network, layer, code, image.roll(shift, (2, 3)), regularizer).backward()
            optimizer.step()
            schedule.step()
            image.data = image.data.clamp(0, 1)
        found.append(image.detach())
    return torch.cat(found)


def invert__lbfgs(network, layer, target, start, regularizer, shifts, rate):
    images = start.clone().requires_grad_()
    for shift in shifts[:8].tolist():
        optimizer = torch.optim.LBFGS([images], max_iter=3, line_search_fn="strong_wolfe")

        def closure():
            optimizer.zero_grad()  # noqa: B023 - called within this turn of the loop only
            energy = _energy(network, layer, target, images.roll(shift, (2, 3)), regularizer).sum()  # noqa: B023
            energy.backward()
            return energy

        optimizer.step(closure)
        images.data.clamp_(0, 1)
    return images.detach()


# Decibels


def peak_signal_noise_ratio__scikit_image(images, original):
    pairs = zip(images.double().numpy(), original.expand_as(images).double().numpy())
    with np.errstate(divide="ignore"):
        return np.array([of_scikit_image(right, image, data_range=1) for image, right in pairs])


def peak_signal_noise_ratio__twenty_for_the_root(images, original):
    root = (images - original).pow(2).mean(dim=(1, 2, 3)).sqrt()
    return 20 * torch.log10(1 / root)


def peak_signal_noise_ratio__natural_logarithm(images, original):
    error = F.mse_loss(images, original.expand_as(images), reduction="none").flatten(1).mean(1)
    return -10 / math.log(10) * torch.log(error)


def peak_signal_noise_ratio__image_by_image(images, original):
    found = []
    for image, right in zip(images, original.expand_as(images)):
        error = ((image - right) ** 2).mean().item()
        found.append(-10 * math.log10(error) if error else math.inf)
    return found


# By layer


def errors_by_layer__own_hooks(network, layers, images, original):
    kept, handles = {}, []
    for layer in layers:

        def keep(module, inputs, output, layer=layer):
            kept[layer] = output

        handles.append(network.get_submodule(layer).register_forward_hook(keep))
    try:
        with torch.inference_mode():
            network(torch.cat((images, original)))
    finally:
        for handle in handles:
            handle.remove()
    return [relative_feature_loss__norms(kept[layer][:-1], kept[layer][-1:]) for layer in layers]


def errors_by_layer__a_loop_over_images(network, layers, images, original):
    found = feature_maps(network, torch.cat([original, images]), layers)
    table = torch.zeros(len(layers), len(images))
    for row, layer in enumerate(layers):
        code, *others = found[layer].detach()
        for column, other in enumerate(others):
            table[row, column] = ((other - code) ** 2).sum() / (code**2).sum()
    return table


def errors_by_layer__numpy(network, layers, images, original):
    with torch.no_grad():
        codes = feature_maps(network, torch.cat([images, original]), layers).values()
    rows = []
    for code in codes:
        code = code.numpy().reshape(len(code), -1)
        rows.append(((code[:-1] - code[-1]) ** 2).sum(1) / (code[-1] ** 2).sum())
    return np.stack(rows)


def errors_by_layer__listed(network, layers, images, original):
    found = feature_maps(network, torch.cat([original, images]), layers)
    codes = [found[layer].data for layer in layers]
    return torch.stack([relative_feature_loss__all_axes_but_the_first(code[1:], code[0:1]) for code in codes])


# Spread


def pixel_spread__from_the_mean(images):
    differences = images - images.mean(dim=0, keepdim=True)
    return differences.square().mean(dim=(0, 1)).sqrt()


def pixel_spread__numpy(images):
    return np.sqrt(np.square(images.numpy().std(axis=0)).mean(axis=0))


def pixel_spread__mean_of_squares_less_square_of_mean(images):
    x = images.double()
    return ((x**2).mean(0) - x.mean(0) ** 2).clamp(min=0).mean(0).sqrt()


def pixel_spread__length_of_three_deviations(images):
    return torch.linalg.vector_norm(images.std(dim=0, unbiased=False), dim=0) / 3**0.5
