"""Right solutions of 15-interpretable-cnn, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Templates


def part_template__element_by_element(size, row, column, steepness=4.0):
    tau = 0.5 / (size * size)
    found = torch.zeros(size, size)
    for i in range(size):
        for j in range(size):
            distance = abs(i - row) + abs(j - column)
            found[i, j] = tau * max(1 - steepness * distance / size, -1)
    return found


def part_template__meshgrid(size, row, column, steepness=4.0):
    i, j = torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")
    return torch.clamp(1 - steepness * ((i - row).abs() + (j - column).abs()) / size, -1, None) / (2 * size**2)


def part_template__numpy(size, row, column, steepness=4.0):
    i, j = np.indices((size, size))
    away = np.abs(i - row) + np.abs(j - column)
    return np.maximum(1 - steepness * away / size, -1) * 0.5 / size**2


def part_template__norm_of_order_one(size, row, column, steepness=4.0):
    places = torch.cartesian_prod(torch.arange(size), torch.arange(size)).view(size, size, 2).double()
    away = (places - torch.tensor([row, column])).norm(p=1, dim=2)
    return torch.where(steepness * away > 2 * size, -1.0, 1 - steepness * away / size) * (0.5 / size**2)


def part_template__one_after_the_other(size, row, column, steepness=4.0):
    down = torch.linspace(-row, size - 1 - row, size).abs().round()
    across = torch.linspace(-column, size - 1 - column, size).abs().round()
    values = 1 - steepness / size * (down.unsqueeze(1) + across.unsqueeze(0))
    return F.relu(values + 1).sub(1).mul(0.5 / size**2)


def template_bank__loops(size, steepness=4.0):
    found = []
    for row in range(size):
        for column in range(size):
            found.append(part_template__element_by_element(size, row, column, steepness))
    found.append(-torch.ones(size, size) / (2 * size * size))
    return torch.stack(found)


def template_bank__filled(size, steepness=4.0):
    found = torch.empty(size**2 + 1, size, size)
    for number in range(size**2):
        found[number] = part_template__meshgrid(size, number // size, number % size, steepness)
    found[-1] = -0.5 / size**2
    return found


def template_bank__four_axes(size, steepness=4.0):
    places = torch.arange(size)
    apart = (places[:, None] - places).abs()
    away = apart[:, None, :, None] + apart[None, :, None, :]
    positive = (1 - steepness * away / size).clamp(min=-1).view(size**2, size, size)
    return torch.cat([positive, -torch.ones(1, size, size)]) * (0.5 / size**2)


def template_bank__numpy(size, steepness=4.0):
    positive = [part_template__numpy(size, *divmod(number, size), steepness) for number in range(size * size)]
    return np.concatenate([np.stack(positive), np.full((1, size, size), -0.5 / size**2)])


# Filters


def mask_maps__map_by_map(maps, templates):
    size = maps.shape[-1]
    rows = []
    for image in maps:
        for one in image:
            best = (one == one.max()).nonzero()[0]
            rows.append((one * templates[best[0] * size + best[1]]).clamp(min=0))
    return torch.stack(rows).view(maps.shape)


def mask_maps__index_select(maps, templates):
    flat = maps.reshape(-1, maps.shape[2] * maps.shape[3])
    chosen = templates.index_select(0, flat.max(dim=1).indices).reshape(maps.shape)
    product = maps * chosen
    return torch.where(product > 0, product, torch.zeros_like(product))


def mask_maps__positive_templates(maps, templates):
    return maps * F.relu(templates)[maps.flatten(2).argmax(dim=2)]


def mask_maps__row_by_row(maps, templates):
    numbers = torch.argmax(maps.detach().flatten(-2), dim=-1)
    product = maps.flatten(2) * torch.stack([templates.flatten(1)[row] for row in numbers])
    return torch.maximum(product, torch.zeros_like(product)).view_as(maps)


def mask_maps__one_hot(maps, templates):
    numbers = maps.flatten(2).argmax(2)
    one_hot = F.one_hot(numbers, len(templates)).to(maps.dtype)
    return torch.einsum("nck,kij->ncij", one_hot, templates).mul(maps).clamp_min(0)


def filter_categories__loop(maps, labels, categories):
    found = []
    for channel in range(maps.shape[1]):
        means = []
        for category in range(categories):
            means.append(maps[labels == category, channel].sum() / (labels == category).sum())
        found.append(int(np.argmax([mean.item() for mean in means])))
    return found


def filter_categories__matrix(maps, labels, categories):
    members = F.one_hot(labels, categories).to(maps.dtype)
    means = (members / members.sum(dim=0)).T @ maps.flatten(2).sum(dim=2)
    return means.max(dim=0).indices


def filter_categories__index_add(maps, labels, categories):
    sums = maps.new_zeros(categories, maps.shape[1]).index_add(0, labels, maps.sum((2, 3)))
    return (sums / torch.bincount(labels, minlength=categories)[:, None]).argmax(0)


def filter_categories__means_of_means(maps, labels, categories):
    return torch.stack([maps[labels == k].mean(dim=(0, 2, 3)) for k in range(categories)], dim=1).argmax(dim=1)


def filter_categories__numpy(maps, labels, categories):
    maps, labels = maps.numpy(), labels.numpy()
    return np.array([maps[labels == k].sum(axis=(2, 3)).mean(axis=0) for k in range(categories)]).argmax(axis=0)


# Losses


def template_scores__matrices(maps, templates):
    return maps.flatten(2) @ templates.flatten(1).T


def template_scores__broadcast(maps, templates):
    return (maps[:, :, None] * templates).sum(dim=(-1, -2))


def template_scores__loop(maps, templates):
    return torch.stack([(maps * template).sum(dim=(2, 3)) for template in templates], dim=2)


def template_scores__convolution(maps, templates):
    images, channels, size, _ = maps.shape
    return F.conv2d(maps.reshape(-1, 1, size, size), templates[:, None]).view(images, channels, len(templates))


def template_scores__trace(maps, templates):
    products = torch.einsum("ncij,klj->nckil", maps, templates)
    return products.diagonal(dim1=3, dim2=4).sum(dim=3)


def mutual_information_loss__probabilities(scores):
    given = torch.softmax(scores, dim=0)
    whole = given.mean(dim=2, keepdim=True)
    return -torch.special.xlogy(given, given.div(whole).clamp(min=1e-300)).sum(0).mean(1)


def mutual_information_loss__entropies(scores):
    given = F.softmax(scores, 0)
    whole = given.mean(2)
    known = torch.special.entr(given).sum(0).mean(1)
    return known - torch.special.entr(whole).sum(0)


def mutual_information_loss__divergence(scores):
    log_given = F.log_softmax(scores, dim=0)
    log_whole = torch.logsumexp(log_given, 2, keepdim=True) - math.log(scores.size(2))
    terms = F.kl_div(log_whole.expand_as(log_given), log_given, reduction="none", log_target=True)
    return -terms.sum(dim=0).sum(dim=1) / scores.size(2)


def mutual_information_loss__filter_by_filter(scores):
    found = []
    for one in scores.unbind(dim=1):
        shifted = one - one.max(dim=0).values
        given = shifted.exp() / shifted.exp().sum(dim=0)
        log_given = shifted - shifted.exp().sum(dim=0).log()
        log_whole = torch.logsumexp(log_given, dim=1) - np.log(one.shape[1])
        found.append(-(given * (log_given - log_whole[:, None])).sum() / one.shape[1])
    return torch.stack(found)


def target_gradient__loop(maps, templates, targets):
    scores = template_scores__matrices(maps.detach(), templates)
    given = scores.log_softmax(0)
    found = torch.zeros_like(maps)
    for image in range(len(maps)):
        for channel in range(maps.shape[1]):
            number = targets[image, channel]
            log_whole = given[image, channel].logsumexp(0) - math.log(len(templates))
            one = given[image, channel, number]
            found[image, channel] = -one.exp() * (one - log_whole) / len(templates) * templates[number]
    return found.detach()


def target_gradient__by_autograd(maps, templates, targets):
    with torch.enable_grad():
        own = maps.detach().clone().requires_grad_()
        scores = torch.einsum("ncij,kij->nck", own, templates)
        fixed = scores.detach().log_softmax(dim=0)
        ratio = fixed - fixed.logsumexp(dim=2, keepdim=True) + math.log(len(templates))
        weights = fixed.exp() * ratio / len(templates)
        chosen = F.one_hot(targets, len(templates)).bool()
        (-(weights * scores)[chosen].sum()).backward()
    return own.grad


def target_gradient__softmax_first(maps, templates, targets):
    scores = template_scores__broadcast(maps.detach().double(), templates.double())
    given = scores.softmax(dim=0)
    whole = given.mean(dim=2)
    one = torch.take_along_dim(given, targets.unsqueeze(2), dim=2).squeeze(2)
    strength = torch.special.xlogy(one, one) - torch.special.xlogy(one, whole)
    return torch.einsum("nc,ncij->ncij", -strength / len(templates), templates[targets].double())


def target_gradient__numpy(maps, templates, targets):
    x, t, chosen = maps.detach().double().numpy(), templates.double().numpy(), targets.numpy()
    scores = np.einsum("ncij,kij->nck", x, t)
    log_given = scores - np.logaddexp.reduce(scores, axis=0)
    log_whole = np.logaddexp.reduce(log_given, axis=2) - np.log(len(t))
    one = np.take_along_axis(log_given, chosen[:, :, None], axis=2)[:, :, 0]
    return -(np.exp(one) * (one - log_whole) / len(t))[:, :, None, None] * t[chosen]


def interpretable_loss__module(class_scores, labels, filter_losses, weight):
    return nn.CrossEntropyLoss()(class_scores, labels) + weight * filter_losses.sum() / len(filter_losses)


def interpretable_loss__log_softmax(class_scores, labels, filter_losses, weight):
    return F.nll_loss(class_scores.log_softmax(1), labels) + torch.mean(weight * filter_losses)


def interpretable_loss__by_index(class_scores, labels, filter_losses, weight):
    right = class_scores[torch.arange(len(labels)), labels]
    return (class_scores.logsumexp(dim=1) - right).mean() + filter_losses.mean() * weight


def interpretable_loss__one_hot(class_scores, labels, filter_losses, weight):
    wanted = F.one_hot(labels, class_scores.shape[1]).to(class_scores)
    return -(wanted * F.log_softmax(class_scores, dim=1)).sum() / len(labels) + weight * filter_losses.mean()


# Measures


def location_instability__loop(points, centers, diagonal):
    found = []
    for filter_points in points.unbind(1):
        deviations = []
        for part in centers.unbind(1):
            distances = (filter_points - part).pow(2).sum(1).sqrt() / diagonal
            deviations.append((distances - distances.mean()).pow(2).mean().sqrt())
        found.append(sum(deviations) / len(deviations))
    return torch.stack(found)


def location_instability__hypot(points, centers, diagonal):
    away = points.unsqueeze(2) - centers.unsqueeze(1)
    return torch.hypot(away[..., 0], away[..., 1]).std(0, unbiased=False).mean(1) / diagonal


def location_instability__moments(points, centers, diagonal):
    distances = torch.linalg.vector_norm(points[:, :, None].double() - centers[:, None].double(), dim=-1) / diagonal
    variance = (distances**2).mean(0) - distances.mean(0) ** 2
    return variance.clamp(min=0).sqrt().mean(dim=-1)


def location_instability__cdist(points, centers, diagonal):
    exact = "donot_use_mm_for_euclid_dist"
    return (torch.cdist(points, centers, compute_mode=exact) / diagonal).var(0, correction=0).sqrt().mean(1)


def location_instability__numpy(points, centers, diagonal):
    away = points.numpy()[:, :, None] - centers.numpy()[:, None]
    return (np.linalg.norm(away, axis=3) / diagonal).std(axis=0).mean(axis=1)


def part_localization__loop(points, centers, reach):
    images, filters, parts = len(points), points.shape[1], centers.shape[1]
    found = torch.zeros(filters, parts)
    for one in range(filters):
        for part in range(parts):
            hits = with_part = 0
            for image in range(images):
                x, y = centers[image, part].tolist()
                if not math.isnan(x):
                    with_part += 1
                    hits += math.hypot(points[image, one, 0] - x, points[image, one, 1] - y) <= reach
            found[one, part] = hits / with_part if with_part else 0
    return found


def part_localization__mean_over_known(points, centers, reach):
    near = ((points[:, :, None] - centers[:, None]).square().sum(3) <= reach**2).double()
    near[centers.isnan().any(2)[:, None].expand_as(near)] = torch.nan
    return near.nanmean(dim=0).nan_to_num(0.0)


def part_localization__part_by_part(points, centers, reach):
    columns = []
    for part in centers.unbind(dim=1):
        known = part.isfinite().all(dim=1)
        distances = torch.linalg.norm(points[known] - part[known][:, None], dim=2)
        columns.append((distances <= reach).float().mean(dim=0) if known.any() else torch.zeros(points.shape[1]))
    return torch.stack(columns, dim=1)


def part_localization__far_away(points, centers, reach):
    away = points[:, :, None] - centers.nan_to_num(1e6)[:, None]
    known = (~torch.isnan(centers[..., 0])).sum(dim=0)
    hits = (torch.hypot(away[..., 0], away[..., 1]) <= reach).sum(dim=0)
    return torch.where(known > 0, hits / known, torch.zeros(()))


def part_localization__numpy(points, centers, reach):
    points, centers = points.numpy(), centers.numpy()
    near = np.sqrt(((points[:, :, None] - centers[:, None]) ** 2).sum(axis=3)) <= reach
    known = np.isfinite(centers).all(axis=2).sum(axis=0)
    return near.sum(axis=0) / np.maximum(known, 1)
