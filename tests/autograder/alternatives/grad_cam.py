"""Right solutions of 03-grad-cam, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Class activation map


def class_activation_map__loop_over_channels(features, weight, class_index):
    total = 0
    for channel in range(features.shape[1]):
        total = total + weight[class_index, channel] * features[:, channel]
    return total


def class_activation_map__broadcast(features, weight, class_index):
    return (features * weight[class_index].view(1, -1, 1, 1)).sum(1)


def class_activation_map__all_classes_at_once(features, weight, class_index):
    maps = F.conv2d(features, weight[:, :, None, None])
    return maps[:, class_index, :, :]


def class_activation_map__matmul(features, weight, class_index):
    n, c, h, w = features.shape
    rows = features.permute(0, 2, 3, 1).reshape(-1, c)
    return torch.matmul(rows, weight.T)[:, class_index].reshape(n, h, w)


def class_activation_map__numpy(features, weight, class_index):
    return np.tensordot(features.numpy(), weight.numpy()[class_index], axes=([1], [0]))


# Gradients of a score


def _until(network, layer):
    """The layers up to `layer`, and those after it; for networks that are a plain sequence."""
    names = list(dict(network.named_children()))
    return network[: names.index(layer) + 1], network[names.index(layer) + 1 :]


def score_gradients__backward_with_retain_grad(network, layer, images, class_index):
    kept = []

    def hook(module, inputs, output):
        output.requires_grad_(True)
        output.retain_grad()
        kept.append(output)

    handle = network.get_submodule(layer).register_forward_hook(hook)
    try:
        network(images)[:, class_index].sum().backward()
    finally:
        handle.remove()
    return kept[0].detach(), kept[0].grad


def score_gradients__forward_and_full_backward_hooks(network, layer, images, class_index):
    found = {}
    module = network.get_submodule(layer)
    handles = [
        module.register_forward_hook(lambda m, inputs, output: found.update(activations=output)),
        module.register_full_backward_hook(lambda m, grad_input, grad_output: found.update(gradients=grad_output[0])),
    ]
    scores = network(images.clone().requires_grad_())
    scores.backward(nn.functional.one_hot(torch.full((len(images),), class_index), scores.shape[1]).to(scores))
    for handle in handles:
        handle.remove()
    return found["activations"].detach(), found["gradients"].detach()


def score_gradients__image_by_image(network, layer, images, class_index):
    activations, gradients = [], []
    for image in images.split(1):
        a, g = score_gradients__backward_with_retain_grad(network, layer, image, class_index)
        activations.append(a)
        gradients.append(g)
    return torch.cat(activations), torch.cat(gradients)


def score_gradients__network_cut_in_two(network, layer, images, class_index):
    before, after = _until(network, layer)
    activations = before(images).detach().requires_grad_()
    gradients = torch.autograd.grad([*after(activations)[:, class_index]], activations)[0]
    return activations.detach(), gradients


def score_gradients__functional_vjp(network, layer, images, class_index):
    before, after = _until(network, layer)
    activations = before(images)
    scores, pullback = torch.func.vjp(after, activations)
    cotangent = torch.zeros_like(scores)
    cotangent[:, class_index] = 1
    return [activations, pullback(cotangent)[0]]


# Weights and maps


def channel_weights__loops(gradients):
    weights = torch.zeros(gradients.shape[:2], dtype=gradients.dtype)
    for n in range(gradients.shape[0]):
        for c in range(gradients.shape[1]):
            weights[n, c] = gradients[n, c].mean()
    return weights


def channel_weights__pooling(gradients):
    return F.adaptive_avg_pool2d(gradients, 1).flatten(1)


def channel_weights__einsum(gradients):
    return torch.einsum("nchw->nc", gradients) / math.prod(gradients.shape[2:])


def channel_weights__numpy_in_double(gradients):
    return np.asarray(gradients, dtype=np.float64).mean(axis=(-2, -1))


def channel_weights__list_of_lists(gradients):
    return [[channel.mean().item() for channel in image] for image in gradients]


def weighted_map__loops(activations, weights):
    maps = []
    for image, own in zip(activations, weights):
        total = torch.zeros_like(image[0])
        for channel, weight in zip(image, own):
            total += weight * channel
        maps.append(total.clamp(min=0))
    return torch.stack(maps)


def weighted_map__broadcast(activations, weights):
    return F.relu((activations * weights[..., None, None]).sum(dim=1))


def weighted_map__batched_matmul(activations, weights):
    n, c, h, w = activations.shape
    return torch.bmm(weights.view(n, 1, c), activations.reshape(n, c, h * w)).view(n, h, w).clip(0)


def weighted_map__grouped_convolution(activations, weights):
    n, c, h, w = activations.shape
    maps = F.conv2d(activations.reshape(1, n * c, h, w), weights.view(n, c, 1, 1), groups=n)[0]
    return torch.maximum(maps, torch.zeros_like(maps))


def weighted_map__numpy(activations, weights):
    return np.maximum(np.einsum("nchw,nc->nhw", activations.numpy(), weights.numpy()), 0)


# Grad-CAM


def grad_cam__from_scratch(network, layer, images, class_index):
    activations, gradients = score_gradients__forward_and_full_backward_hooks(network, layer, images, class_index)
    return F.relu((gradients.mean((2, 3), keepdim=True) * activations).sum(1))


def grad_cam__image_by_image(network, layer, images, class_index):
    maps = []
    for image in images:
        a, g = score_gradients__backward_with_retain_grad(network, layer, image[None], class_index)
        maps.append((a[0] * g[0].mean((1, 2))[:, None, None]).sum(0).relu())
    return torch.stack(maps)


def grad_cam__by_pieces(network, layer, images, class_index):
    a, g = score_gradients__functional_vjp(network, layer, images, class_index)
    return weighted_map__batched_matmul(a, channel_weights__pooling(g))


def grad_cam__numpy_at_the_end(network, layer, images, class_index):
    a, g = score_gradients__network_cut_in_two(network, layer, images, class_index)
    return weighted_map__numpy(a, torch.as_tensor(channel_weights__numpy_in_double(g)).float())


# Heat maps


def _interpolation_matrix(inside, outside):
    """(outside, inside): each row says which two cells a pixel lies between, and how near it is to each."""
    matrix = torch.zeros(outside, inside, dtype=torch.float64)
    for pixel in range(outside):
        place = min(max((pixel + 0.5) * inside / outside - 0.5, 0), inside - 1)
        low = int(place)
        high = min(low + 1, inside - 1)
        matrix[pixel, low] += 1 - (place - low)
        matrix[pixel, high] += place - low
    return matrix


def _bilinear(maps, size):
    rows, columns = _interpolation_matrix(maps.shape[1], size[0]), _interpolation_matrix(maps.shape[2], size[1])
    return rows @ maps.double() @ columns.T


def _divided(maps):
    highest = maps.flatten(1).max(dim=1).values
    return maps / torch.where(highest > 0, highest, torch.ones_like(highest))[:, None, None]


def heat_map__matrices_in_double(maps, size):
    return _divided(_bilinear(maps, size))


def heat_map__map_by_map(maps, size):
    result = []
    for one in maps:
        large = F.interpolate(one[None, None], size, mode="bilinear")[0, 0]
        result.append(large / large.max() if large.max() > 0 else large)
    return torch.stack(result)


def heat_map__nan_to_num(maps, size):
    large = nn.Upsample(size=size, mode="bilinear", align_corners=False)(maps.unsqueeze(1)).squeeze(1)
    return torch.nan_to_num(large / large.amax((-2, -1), keepdim=True))


def heat_map__one_axis_after_the_other(maps, size):
    tall = F.interpolate(maps.transpose(1, 2), size[0], mode="linear").transpose(1, 2)
    return _divided(F.interpolate(tall, size[1], mode="linear"))


def heat_map__numpy_loops_over_pixels(maps, size):
    source = maps.numpy().astype(np.float64)
    (n, h, w), (tall, wide) = source.shape, size
    large = np.zeros((n, tall, wide))
    for i in range(tall):
        y = min(max((i + 0.5) * h / tall - 0.5, 0), h - 1)
        top, bottom = math.floor(y), min(math.floor(y) + 1, h - 1)
        for j in range(wide):
            x = min(max((j + 0.5) * w / wide - 0.5, 0), w - 1)
            left, right = math.floor(x), min(math.floor(x) + 1, w - 1)
            above = source[:, top, left] * (1 - (x - left)) + source[:, top, right] * (x - left)
            below = source[:, bottom, left] * (1 - (x - left)) + source[:, bottom, right] * (x - left)
            large[:, i, j] = above * (1 - (y - top)) + below * (y - top)
    return large / np.maximum(large.max(axis=(1, 2), keepdims=True), 1e-12)


# Overlay


def overlay__lerp(images, heat, colors):
    return torch.lerp(images, colors, (heat / 2).unsqueeze(1))


def overlay__step_from_image_to_color(images, heat, colors):
    return images + 0.5 * heat[:, None] * (colors - images)


def overlay__color_by_color(images, heat, colors):
    result = torch.empty_like(images)
    for channel in range(3):
        result[:, channel] = images[:, channel] * (1 - heat / 2) + colors[:, channel] * heat / 2
    return result


def overlay__numpy_with_colors_last(images, heat, colors):
    images, colors = (np.moveaxis(value.numpy().astype(np.float64), 1, -1) for value in (images, colors))
    opacity = heat.numpy()[..., None] * 0.5
    return np.moveaxis(images * (1 - opacity) + colors * opacity, -1, 1).astype(np.float32)


# Guided Grad-CAM


def guided_grad_cam__matrices_in_double(guided, maps):
    return guided.double() * _bilinear(maps, guided.shape[2:])[:, None]


def guided_grad_cam__color_by_color(guided, maps):
    large = F.interpolate(maps[None], guided.shape[-2:], mode="bilinear", align_corners=False)[0]
    return torch.stack([guided[:, channel] * large for channel in range(3)], dim=1)


def guided_grad_cam__einsum(guided, maps):
    large = F.interpolate(maps.unsqueeze(1), guided.shape[2:], mode="bilinear").squeeze(1)
    return torch.einsum("nchw,nhw->nchw", guided, large)


def guided_grad_cam__image_by_image_in_numpy(guided, maps):
    pairs = zip(guided.numpy(), _bilinear(maps, guided.shape[2:]).numpy())
    return np.stack([colors * large for colors, large in pairs])


# Channels


def important_channels__topk(weights, k):
    return weights.topk(k).indices, weights.topk(k, largest=False).indices


def important_channels__sorted_lists(weights, k):
    order = sorted(range(len(weights)), key=lambda channel: -weights[channel].item())
    return order[:k], order[::-1][:k]


def important_channels__numpy(weights, k):
    order = np.argsort(weights.numpy())
    return order[::-1][:k].astype(np.int32), order[:k].astype(np.int32)


def important_channels__one_at_a_time(weights, k):
    left, found = weights.clone(), []
    for worst in (-math.inf, math.inf):
        left, chosen = weights.clone(), []
        for _ in range(k):
            chosen.append(int(left.argmax() if worst < 0 else left.argmin()))
            left[chosen[-1]] = worst
        found.append(torch.tensor(chosen))
    return found


# The pointing game


def pointing_game__loop(maps, boxes):
    hits = []
    for heat, (left, top, right, bottom) in zip(maps, boxes.tolist()):
        y, x = divmod(int(heat.argmax()), heat.shape[1])
        hits.append(left <= x < right and top <= y < bottom)
    return hits


def pointing_game__unravel_index(maps, boxes):
    y, x = torch.unravel_index(maps.flatten(1).argmax(1), maps.shape[1:])
    point = torch.stack([x, y], dim=1)
    return ((point >= boxes[:, :2]) & (point < boxes[:, 2:])).all(dim=1)


def pointing_game__maximum_of_the_box(maps, boxes):
    hits = torch.zeros(len(maps), dtype=torch.bool)
    for n, (left, top, right, bottom) in enumerate(boxes):
        hits[n] = maps[n, top:bottom, left:right].max() == maps[n].max()
    return hits


def pointing_game__mask_in_numpy(maps, boxes):
    maps, boxes = maps.numpy(), boxes.numpy()[:, :, None, None]
    y, x = np.mgrid[: maps.shape[1], : maps.shape[2]]
    inside = (boxes[:, 0] <= x) & (x < boxes[:, 2]) & (boxes[:, 1] <= y) & (y < boxes[:, 3])
    hottest = maps == maps.max(axis=(1, 2), keepdims=True)
    return (inside & hottest).any(axis=(1, 2))
