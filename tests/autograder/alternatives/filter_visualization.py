"""Right solutions of 01-filter-visualization, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from scipy.spatial.distance import cdist
from torch import nn
from torch.nn import functional as F

from lib.activations import activations

# Filters as images


def filters_as_images__loops(weight):
    pictures = []
    for one in weight:
        low, high = one.min(), one.max()
        scaled = torch.zeros_like(one) if low == high else (one - low) / (high - low)
        pictures += [scaled] if len(one) == 3 else [plane.expand(3, -1, -1) for plane in scaled]
    return torch.stack(pictures)


def filters_as_images__flattened_and_divided_by_eps(weight):
    o, i, h, w = weight.shape
    rows = weight.reshape(o, -1)
    rows = rows - rows.min(dim=1, keepdim=True).values
    rows = rows / (rows.max(dim=1, keepdim=True).values + 1e-9)
    if i == 3:
        return rows.view(o, 3, h, w)
    return torch.cat([rows.view(o * i, 1, h, w)] * 3, dim=1)


def filters_as_images__numpy(weight):
    array = weight.numpy()
    low, high = array.min((1, 2, 3), keepdims=True), array.max((1, 2, 3), keepdims=True)
    with np.errstate(invalid="ignore"):
        array = np.nan_to_num((array - low) / (high - low))
    if array.shape[1] != 3:
        array = np.stack([array.reshape(-1, *array.shape[2:])] * 3, axis=1)
    return array


def filters_as_images__where_and_einops_like_reshape(weight):
    span = weight.amax((1, 2, 3)) - weight.amin((1, 2, 3))
    span = torch.where(span == 0, torch.ones_like(span), span)
    scaled = (weight - weight.amin((1, 2, 3))[:, None, None, None]) / span.view(-1, 1, 1, 1)
    if weight.shape[1] == 3:
        return scaled
    return scaled.unsqueeze(2).expand(-1, -1, 3, -1, -1).reshape(-1, 3, *weight.shape[2:])


# Capture


def capture__dictionary_and_no_grad(network, layer, images):
    found = {}
    module = dict(network.named_modules())[layer]
    handle = module.register_forward_hook(lambda m, i, output: found.update({layer: output}))
    with torch.no_grad():
        network(images)
    handle.remove()
    return found[layer]


def capture__hook_as_context_manager(network, layer, images):
    outputs = []
    with network.get_submodule(layer).register_forward_hook(lambda *given: outputs.append(given[2].detach().clone())):
        network(images)
    return outputs.pop()


@torch.inference_mode()
def capture__inference_mode_and_loop_for_the_module(network, layer, images):
    target = network
    for part in layer.split("."):
        target = getattr(target, part)
    results = [None]

    def hook(module, inputs, output):
        results[0] = output

    handle = target.register_forward_hook(hook)
    try:
        network(images)
    finally:
        handle.remove()
    return results[0].clone()


def capture__helper_of_the_library(network, layer, images):
    return activations(network, images, [layer])[layer]


def capture__stops_at_the_layer(network, layer, images):
    class Found(Exception):  # noqa: N818
        pass

    def hook(module, inputs, output):
        raise Found(output)

    handle = network.get_submodule(layer).register_forward_hook(hook)
    try:
        network(images)
    except Found as found:
        return found.args[0].detach()
    finally:
        handle.remove()


# Receptive field


def receptive_field__rows_as_tensors(layers):
    size, stride, offset = 1, 1, 0
    for kernel, step, padding in layers:
        size = size + (kernel - 1) * stride
        offset = offset - padding * stride
        stride = stride * step
    return size, stride, offset


def receptive_field__cumulative_products(layers):
    kernels, steps, paddings = layers.T
    strides = torch.cumprod(torch.cat([torch.ones(1, dtype=steps.dtype), steps]), dim=0)
    below = strides[:-1]
    return 1 + ((kernels - 1) * below).sum(), strides[-1], -(paddings * below).sum()


def receptive_field__from_the_top_down(layers):
    first, last, stride = 0, 0, 1
    for kernel, step, padding in reversed(layers.tolist()):
        first, last = first * step - padding, last * step - padding + kernel - 1
        stride *= step
    return last - first + 1, stride, first


def receptive_field__numpy(layers):
    kernels, steps, paddings = layers.numpy().T
    below = np.concatenate([[1], np.cumprod(steps)[:-1]])
    return np.array([1 + np.dot(kernels - 1, below), np.prod(steps), -np.dot(paddings, below)])


# Strongest places


def strongest_places__loops(maps, k):
    found = []
    for number, one in enumerate(maps):
        flat = int(one.argmax())
        found.append((float(one.max()), number, flat // one.shape[1], flat % one.shape[1]))
    found.sort(reverse=True)
    return [list(place[1:]) for place in found[:k]]


def strongest_places__argsort_and_unravel(maps, k):
    peaks = maps.amax(dim=(1, 2))
    order = peaks.argsort(descending=True)[:k]
    rows, columns = torch.unravel_index(maps[order].flatten(1).argmax(dim=1), maps.shape[1:])
    return torch.stack([order, rows, columns], dim=1)


def strongest_places__rows_then_columns(maps, k):
    by_row, column = maps.max(dim=2)
    value, row = by_row.max(dim=1)
    image = torch.argsort(-value)[:k]
    return torch.stack([image, row[image], column[image, row[image]]], 1)


def strongest_places__numpy(maps, k):
    array = maps.numpy()
    order = np.argsort(-array.max(axis=(1, 2)))[:k]
    places = [np.unravel_index(array[image].argmax(), array.shape[1:]) for image in order]
    return np.column_stack([order, np.array(places)])


# Cutting patches


def cut_patches__all_images_padded(images, places, field):
    size, stride, offset = field
    frame = nn.ConstantPad2d(2 * size, 0.5)
    padded = frame(images)
    result = torch.empty(len(places), 3, size, size, dtype=images.dtype)
    for number, (image, row, column) in enumerate(places):
        y, x = (int(2 * size + offset + index * stride) for index in (row, column))
        result[number] = padded[image, :, y : y + size, x : x + size]
    return result


def cut_patches__paste_onto_gray(images, places, field):
    size, stride, offset = field
    height, width = images.shape[2:]
    patches = []
    for image, row, column in places.tolist():
        patch = torch.full((3, size, size), 0.5, dtype=images.dtype)
        top, left = offset + row * stride, offset + column * stride
        y0, y1, x0, x1 = max(top, 0), min(top + size, height), max(left, 0), min(left + size, width)
        if y0 < y1 and x0 < x1:
            patch[:, y0 - top : y1 - top, x0 - left : x1 - left] = images[image, :, y0:y1, x0:x1]
        patches.append(patch)
    return torch.stack(patches)


def cut_patches__index_arithmetic(images, places, field):
    size, stride, offset = field
    height, width = images.shape[-2:]
    steps = offset + torch.arange(size)
    y = (places[:, 1, None] * stride + steps)[:, :, None].expand(-1, size, size)
    x = (places[:, 2, None] * stride + steps)[:, None, :].expand(-1, size, size)
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    chosen = images[places[:, 0, None, None], :, y.clamp(0, height - 1), x.clamp(0, width - 1)]
    return torch.where(inside[..., None], chosen, 0.5).permute(0, 3, 1, 2)


def cut_patches__numpy(images, places, field):
    size, stride, offset = field
    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (size, size), (size, size)), constant_values=0.5)
    corners = places.numpy()[:, 1:] * stride + offset + size
    return [padded[i, :, y : y + size, x : x + size] for i, (y, x) in zip(places[:, 0].tolist(), corners)]


# Gratings


def gratings__loops(angles, phases, wavelength, size):
    stripes = torch.zeros(len(angles), len(phases), size, size, dtype=angles.dtype)
    for a, angle in enumerate(angles.tolist()):
        for p, phase in enumerate(phases.tolist()):
            for row in range(size):
                for column in range(size):
                    x, y = column - (size - 1) / 2, row - (size - 1) / 2
                    across = x * math.sin(math.radians(angle)) + y * math.cos(math.radians(angle))
                    wave = math.cos(2 * math.pi * across / wavelength + math.radians(phase))
                    stripes[a, p, row, column] = (1 + wave) / 2
    return stripes


def gratings__meshgrid(angles, phases, wavelength, size):
    ticks = torch.linspace(-(size - 1) / 2, (size - 1) / 2, size, dtype=angles.dtype)
    y, x = torch.meshgrid(ticks, ticks, indexing="ij")
    theta, phi = angles * torch.pi / 180, phases * torch.pi / 180
    across = torch.einsum("a,hw->ahw", theta.sin(), x) + torch.einsum("a,hw->ahw", theta.cos(), y)
    return (torch.cos(2 * torch.pi / wavelength * across[:, None] + phi[None, :, None, None]) + 1) / 2


def gratings__numpy(angles, phases, wavelength, size):
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    theta, phi = np.radians(angles.double().numpy()), np.radians(phases.double().numpy())
    stack = [[np.cos(2 * np.pi * (x * np.sin(t) + y * np.cos(t)) / wavelength + p) for p in phi] for t in theta]
    return 0.5 * np.array(stack) + 0.5


def gratings__complex_waves(angles, phases, wavelength, size):
    position = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    k = 2 * torch.pi / wavelength
    theta = torch.deg2rad(angles.double())
    along = torch.exp(1j * k * theta.sin()[:, None] * position)
    down = torch.exp(1j * k * theta.cos()[:, None] * position)
    turn = torch.exp(1j * torch.deg2rad(phases.double()))
    return 0.5 + 0.5 * torch.einsum("ax,ay,p->apyx", along, down, turn).real


# Tuning curves


def tuning_curve__loops(maps):
    row, column = maps.shape[2] // 2, maps.shape[3] // 2
    return torch.tensor([max(float(one[row, column]) for one in angle) for angle in maps])


def tuning_curve__narrow(maps):
    middle = maps.narrow(2, maps.shape[2] // 2, 1).narrow(3, maps.shape[3] // 2, 1)
    return middle.flatten(1).max(dim=1).values


def tuning_curve__numpy(maps):
    array = np.asarray(maps)
    return array[..., array.shape[2] // 2, array.shape[3] // 2].max(axis=-1)


def tuning_curve__flat_index(maps):
    height, width = maps.shape[-2:]
    units = maps.flatten(2)[..., height // 2 * width + width // 2]
    return units.sort(dim=1, descending=True).values[:, 0]


# Preferred angles


def preferred_angle__complex(curve, period):
    turns = torch.arange(len(curve)) / len(curve)
    total = (curve * torch.exp(2j * torch.pi * turns)).sum()
    if not curve.any():
        return 0.0, 0.0
    share = total.angle() / (2 * torch.pi)
    return float(share % 1 * period), float(total.abs() / curve.sum())


def preferred_angle__fourier(curve, period):
    spectrum = torch.fft.rfft(curve)
    angle = (-spectrum[1].angle() * period / (2 * torch.pi)) % period
    return angle, spectrum[1].abs() / (spectrum[0].real + 1e-12)


def preferred_angle__plain_python(curve, period):
    x = y = total = 0.0
    for number, response in enumerate(curve.tolist()):
        x += response * math.cos(2 * math.pi * number / len(curve))
        y += response * math.sin(2 * math.pi * number / len(curve))
        total += response
    degrees = math.degrees(math.atan2(y, x)) * period / 360
    return [degrees + period if degrees < 0 else degrees, math.sqrt(x * x + y * y) / total if total else 0.0]


def preferred_angle__numpy_in_degrees_of_the_stimulus(curve, period):
    r = curve.double().numpy()
    angles = np.arange(len(r)) * period / len(r)
    arrows = np.radians(angles * 360 / period)
    vector = np.array([r @ np.cos(arrows), r @ np.sin(arrows)])
    selectivity = np.linalg.norm(vector) / r.sum() if r.sum() > 0 else 0.0
    return np.degrees(np.arctan2(vector[1], vector[0])) % 360 * period / 360, selectivity


# Nearest neighbors


def nearest_neighbors__loops(features, k):
    rows = []
    for i, one in enumerate(features):
        others = [j for j in range(len(features)) if j != i]
        others.sort(key=lambda j: float(((features[j] - one) ** 2).sum()))
        rows.append(others[:k])
    return torch.tensor(rows)


def nearest_neighbors__broadcast(features, k):
    squared = (features[:, None] - features[None]).pow(2).sum(-1)
    squared = squared + torch.diag(torch.full((len(features),), math.inf, dtype=features.dtype))
    return squared.argsort(dim=1)[:, :k]


def nearest_neighbors__gram_matrix(features, k):
    features = features.double()
    lengths = features.square().sum(1)
    squared = lengths[:, None] + lengths - 2 * features @ features.T
    squared[range(len(features)), range(len(features))] = torch.inf
    return (-squared).topk(k).indices


def nearest_neighbors__scipy(features, k):
    distances = cdist(features.numpy(), features.numpy())
    np.fill_diagonal(distances, np.inf)
    return np.argsort(distances, axis=1)[:, :k]


def nearest_neighbors__itself_taken_out_by_number(features, k):
    order = torch.cdist(features, features, compute_mode="donot_use_mm_for_euclid_dist").argsort(dim=1)
    return torch.stack([row[row != number][:k] for number, row in enumerate(order)])


def nearest_neighbors__normalized_away_from_each_other(features, k):
    distances = torch.stack([F.pairwise_distance(one.expand_as(features), features, eps=0) for one in features])
    distances[torch.eye(len(features), dtype=torch.bool)] = 1e30
    return distances.topk(k, largest=False, sorted=True)[1]
