"""Right solutions of 08-texture-synthesis, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from torch.nn import functional as F

# Gram matrices


def gram_matrix__einsum(features):
    return torch.einsum("nchw,ndhw->ncd", features, features)


def gram_matrix__loop_over_pairs_of_channels(features):
    images, channels = features.shape[:2]
    found = features.new_zeros(images, channels, channels)
    for i in range(channels):
        for j in range(i + 1):
            found[:, i, j] = found[:, j, i] = (features[:, i] * features[:, j]).sum(dim=(1, 2))
    return found


def gram_matrix__bmm_on_a_view(features):
    n, c, h, w = features.size()
    flat = features.contiguous().view(n, c, h * w)
    return torch.bmm(flat, flat.permute(0, 2, 1))


def gram_matrix__one_image_after_the_other(features):
    return torch.stack([maps.reshape(len(maps), -1) @ maps.reshape(len(maps), -1).T for maps in features])


def gram_matrix__position_by_position(features):
    found = 0
    for row in range(features.shape[2]):
        for column in range(features.shape[3]):
            vector = features[:, :, row, column]
            found = found + vector[:, :, None] * vector[:, None, :]
    return found


# Positions


def shuffle_positions__gather(features, order):
    flat = features.flatten(2)
    return flat.gather(2, order.expand_as(flat)).unflatten(2, features.shape[2:])


def shuffle_positions__index_select(features, order):
    return features.flatten(2).index_select(2, order).reshape(features.shape)


def shuffle_positions__one_by_one(features, order):
    found = torch.empty_like(features)
    width = features.shape[3]
    for place, source in enumerate(order.tolist()):
        found[:, :, place // width, place % width] = features[:, :, source // width, source % width]
    return found


def shuffle_positions__rows_and_columns(features, order):
    rows, columns = order // features.shape[3], order % features.shape[3]
    return features[:, :, rows, columns].view(features.shape)


def shuffle_positions__permutation_matrix(features, order):
    matrix = torch.eye(len(order), dtype=features.dtype)[order]
    return (features.flatten(2) @ matrix.T).view(features.shape)


def shuffle_positions__numpy(features, order):
    array = features.numpy()
    return array.reshape(*array.shape[:2], -1)[..., order.numpy()].reshape(array.shape)


# Losses


def layer_loss__mean_of_squares(gram, target, positions):
    return (gram - target).pow(2).mean(dim=(1, 2)) / (2 * positions) ** 2


def layer_loss__norm(gram, target, positions):
    return ((gram - target).flatten(1).norm(dim=1) / (2 * gram.shape[-1] * positions)) ** 2


def layer_loss__image_by_image(gram, target, positions):
    target = target.expand_as(gram)
    constant = 4 * gram.shape[1] ** 2 * positions**2
    return torch.stack([F.mse_loss(a, b, reduction="sum") / constant for a, b in zip(gram, target)])


def layer_loss__divided_first(gram, target, positions):
    difference = (gram - target) / (2 * positions * gram.shape[2])
    return torch.einsum("nij,nij->n", difference, difference)


def layer_loss__mean_squared_error(gram, target, positions):
    return F.mse_loss(gram, target.expand_as(gram), reduction="none").mean(dim=(1, 2)) / (2 * positions) ** 2


def _one_layer(maps, target):
    positions = maps.shape[-2] * maps.shape[-1]
    return layer_loss__norm(gram_matrix__einsum(maps), target, positions)


def texture_loss__sum_over_a_generator(features, targets, weights):
    return sum(weights[name] * _one_layer(features[name], targets[name]) for name in targets)


def texture_loss__stacked(features, targets, weights):
    losses = [weights[name] * _one_layer(features[name], target) for name, target in targets.items()]
    return torch.stack(losses).sum(dim=0)


def texture_loss__in_place(features, targets, weights):
    total = None
    for name in sorted(targets):
        maps = features[name]
        gram = gram_matrix__bmm_on_a_view(maps)
        loss = weights[name] * layer_loss__divided_first(gram, targets[name], maps[0, 0].numel())
        total = loss if total is None else total + loss
    return total


def texture_loss__all_in_one(features, targets, weights):
    total = 0.0
    for name, weight in weights.items():
        maps = features[name].flatten(start_dim=2)
        channels, positions = maps.shape[1:]
        difference = maps @ maps.mT - targets[name]
        total += weight * (difference**2).sum((-1, -2)) / (4 * channels**2 * positions**2)
    return total


# The loop


def minimize_with_adam__rates_by_hand(loss, start, steps, rate):
    pixels = start.detach().clone()
    pixels.requires_grad = True
    optimizer = torch.optim.Adam([pixels])
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 0.5 * rate * (1 + math.cos(math.pi * step / steps))
        (pixels.grad,) = torch.autograd.grad(loss(pixels), pixels)
        optimizer.step()
        pixels.data = pixels.data.clamp(0, 1)
    return pixels.detach().clone()


def minimize_with_adam__adam_by_hand(loss, start, steps, rate):
    x, first, second = start.clone(), torch.zeros_like(start), torch.zeros_like(start)
    for step in range(steps):
        leaf = x.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(leaf), leaf)
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        corrected = first / (1 - 0.9 ** (step + 1)), second / (1 - 0.999 ** (step + 1))
        now = rate * math.cos(math.pi * step / steps / 2) ** 2
        x = (x - now * corrected[0] / (corrected[1].sqrt() + 1e-8)).clamp(0, 1)
    return x


def minimize_with_adam__lambda_schedule(loss, start, steps, rate):
    pixels = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([pixels], lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: (1 + math.cos(math.pi * n / steps)) / 2)
    for _ in range(steps):
        pixels.grad = None
        loss(pixels).backward()
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            pixels.copy_(pixels.clip(0, 1))
    return pixels.data


def minimize_with_adam__closure(loss, start, steps, rate):
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([pixels], lr=rate, foreach=False)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=steps, eta_min=0)

    def closure():
        optimizer.zero_grad(set_to_none=False)
        value = loss(pixels).sum()
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(closure)
        pixels.data.clamp_(min=0, max=1)
        schedule.step()
    return pixels.detach().numpy()


def minimize_with_lbfgs__iteration_by_iteration(loss, start, steps):
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels], max_iter=1, max_eval=50, history_size=100, tolerance_grad=0, tolerance_change=0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        optimizer.zero_grad()
        value = loss(pixels)
        value.backward()
        return value

    for _ in range(steps):
        optimizer.step(closure)
    with torch.no_grad():
        return pixels.clamp(0, 1)


def minimize_with_lbfgs__short_memory(loss, start, steps):
    pixels = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.LBFGS(
        [pixels], lr=1, max_iter=steps, max_eval=10 * steps, history_size=30, tolerance_grad=0.0,
        tolerance_change=0.0, line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        (pixels.grad,) = torch.autograd.grad(loss(pixels).sum(), pixels)
        with torch.no_grad():
            return loss(pixels).sum()

    optimizer.step(closure)
    return pixels.data.clip(0, 1)


def minimize_with_lbfgs__grad_mode_set(loss, start, steps):
    with torch.enable_grad():
        x = start.detach().clone()
        x.requires_grad_(True)
        optimizer = torch.optim.LBFGS([x], max_iter=steps, max_eval=100 * steps, tolerance_grad=0, tolerance_change=0,
                                      line_search_fn="strong_wolfe")  # fmt: skip

        def evaluate():
            x.grad = None
            value = loss(x).squeeze()
            value.backward()
            return value

        optimizer.step(evaluate)
    return torch.min(torch.max(x.detach(), torch.tensor(0.0)), torch.tensor(1.0))


def minimize_with_lbfgs__from_scipy(loss, start, steps):
    from scipy.optimize import minimize

    def value_and_gradient(flat):
        x = torch.from_numpy(flat).to(start).view_as(start).requires_grad_()
        value = loss(x)
        (gradient,) = torch.autograd.grad(value, x)
        # scipy's first step has length one whatever the loss; its later ones do not depend on the scale either.
        return value.item() * scale, gradient.double().flatten().numpy() * scale

    scale = 1.0
    scale = 100 / value_and_gradient(start.double().flatten().numpy())[0]
    found = minimize(
        value_and_gradient, start.double().flatten().numpy(), jac=True, method="L-BFGS-B",
        options={"maxiter": steps, "ftol": 0, "gtol": 0, "maxcor": 50},
    )  # fmt: skip
    return torch.from_numpy(found.x).to(start).view_as(start).clamp(0, 1)


def minimize_with_lbfgs__watching_the_picture(loss, start, steps):
    """Clamped copies are looked at on the way, which does not touch the pixels."""
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=steps, max_eval=25 * steps, history_size=40, tolerance_grad=0,
                                  tolerance_change=0, line_search_fn="strong_wolfe")  # fmt: skip
    seen = []

    def closure():
        optimizer.zero_grad()
        value = loss(pixels)
        value.backward()
        with torch.no_grad():
            seen.append(loss(pixels.clamp(0, 1)).item())
        return value

    optimizer.step(closure)
    return pixels.detach().clamp_(0, 1)


# The average


def spatial_average__pooling(features):
    return F.adaptive_avg_pool2d(features, 1)[:, :, 0, 0]


def spatial_average__sum_and_count(features):
    return features.flatten(2).sum(dim=-1) / (features.shape[2] * features.shape[3])


def spatial_average__one_axis_after_the_other(features):
    return features.mean(3).mean(2)


def spatial_average__einsum(features):
    return torch.einsum("nchw->nc", features) / features[0, 0].numel()


def spatial_average__product_with_ones(features):
    flat = features.flatten(2)
    return flat @ flat.new_full((flat.shape[2],), 1 / flat.shape[2])


# Patches


def _cut(image, size, stride):
    windows = image[0].unfold(1, size, stride).unfold(2, size, stride)
    return windows.permute(1, 2, 0, 3, 4).flatten(0, 1).flatten(1)


def nearest_patch_distance__windows_and_differences(image, sample, size, stride):
    patches, library = _cut(image, size, stride), _cut(sample, size, 1)
    return (patches[:, None] - library).square().mean(dim=2).min(dim=1).values.sqrt()


def nearest_patch_distance__loop_over_patches(image, sample, size, stride):
    library = F.unfold(sample, size)[0]
    found = []
    for top in range(0, image.shape[2] - size + 1, stride):
        for left in range(0, image.shape[3] - size + 1, stride):
            patch = image[0, :, top : top + size, left : left + size].reshape(-1, 1)
            found.append(((library - patch) ** 2).mean(dim=0).min().sqrt().item())
    return found


def nearest_patch_distance__cdist(image, sample, size, stride):
    patches, library = _cut(image, size, stride), _cut(sample, size, 1)
    exact = torch.cdist(patches, library, compute_mode="donot_use_mm_for_euclid_dist")
    return exact.min(1)[0] / math.sqrt(3 * size * size)


def nearest_patch_distance__scipy(image, sample, size, stride):
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(_cut(sample, size, 1).numpy()).query(_cut(image, size, stride).numpy())
    return distances / np.sqrt(3 * size**2)


def nearest_patch_distance__convolution(image, sample, size, stride):
    image, sample = image.double(), sample.double()
    ones = torch.ones(1, 3, size, size, dtype=torch.double)
    squares = F.conv2d(sample**2, ones).flatten()
    filters = _cut(image, size, stride).view(-1, 3, size, size)
    products = F.conv2d(sample, filters)[0].flatten(1)
    distances = squares - 2 * products + (filters**2).flatten(1).sum(dim=1, keepdim=True)
    return (distances.amin(dim=1).clamp(min=0) / (3 * size**2)).sqrt()
