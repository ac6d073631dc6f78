"""Right solutions of 04-occlusion, each written as somebody might who does not think like the reference."""

import itertools
import math

import numpy as np
import torch
from torch.nn import functional as F

# Places


def occluder_positions__two_loops(image, size, stride):
    height, width = image.shape[-2:]
    places = []
    top = 0
    while True:
        left = 0
        while True:
            places.append((top, left))
            if left + size == width:
                break
            left = min(left + stride, width - size)
        if top + size == height:
            break
        top = min(top + stride, height - size)
    return places


def occluder_positions__count_by_ceil(image, size, stride):
    _, _, height, width = image.shape
    rows, columns = (1 + math.ceil((length - size) / stride) for length in (height, width))
    return torch.tensor(
        [
            [min(row * stride, height - size), min(column * stride, width - size)]
            for row in range(rows)
            for column in range(columns)
        ]
    )


def occluder_positions__clamped_and_unique(image, size, stride):
    axes = [torch.arange(0, length, stride).clamp(max=length - size).unique() for length in image.shape[2:]]
    grid = torch.meshgrid(*axes, indexing="ij")
    return torch.stack(grid, dim=-1).reshape(-1, 2)


def occluder_positions__numpy_product(image, size, stride):
    def starts(length):
        found = np.arange(0, length - size + 1, stride)
        return found if found[-1] == length - size else np.append(found, length - size)

    return np.array(list(itertools.product(starts(image.shape[2]), starts(image.shape[3]))))


# Copies


def occlude__image_by_image(image, positions, size):
    copies = []
    for top, left in positions:
        copy = image.clone()
        copy[0, :, top : top + size, left : left + size] = 0.5
        copies.append(copy)
    return torch.cat(copies)


def occlude__mask_from_coordinates(image, positions, size):
    rows, columns = torch.arange(image.shape[2]), torch.arange(image.shape[3])
    top, left = positions[:, 0, None], positions[:, 1, None]
    down = (top <= rows) & (rows < top + size)
    across = (left <= columns) & (columns < left + size)
    mask = (down[:, :, None] & across[:, None, :])[:, None].to(image)
    return image * (1 - mask) + 0.5 * mask


def occlude__masked_fill(image, positions, size):
    mask = torch.zeros(len(positions), 1, *image.shape[2:], dtype=torch.bool)
    for number, (top, left) in enumerate(positions.tolist()):
        mask[number, 0, top : top + size, left : left + size] = True
    return image.expand(len(positions), -1, -1, -1).masked_fill(mask, 0.5)


def occlude__numpy(image, positions, size):
    copies = np.repeat(image.numpy(), len(positions), axis=0)
    for number, (top, left) in enumerate(positions.numpy()):
        copies[number, :, top : top + size, left : left + size] = 0.5
    return copies


def occlude__padded_square(image, positions, size):
    height, width = image.shape[2:]
    square = torch.ones(1, 1, size, size, dtype=image.dtype)
    copies = []
    for top, left in positions.tolist():
        mask = F.pad(square, (left, width - left - size, top, height - top - size))
        copies.append(torch.where(mask > 0, torch.full_like(image, 0.5), image))
    return torch.vstack(copies)


# Probabilities


def occluded_probabilities__range(network, image, positions, size, batch_size):
    parts = []
    for start in range(0, len(positions), batch_size):
        batch = occlude__numpy(image, positions[start : start + batch_size], size)
        with torch.no_grad():
            parts.append(network(torch.from_numpy(batch)))
    return torch.softmax(torch.cat(parts), dim=-1)


def occluded_probabilities__copies_first(network, image, positions, size, batch_size):
    copies = occlude__masked_fill(image, positions, size)
    return torch.cat([F.softmax(network(batch), dim=1) for batch in copies.split(batch_size)]).detach()


def occluded_probabilities__filled_in(network, image, positions, size, batch_size):
    table = None
    for start in range(0, len(positions), batch_size):
        with torch.inference_mode():
            scores = network(occlude__image_by_image(image, positions[start : start + batch_size], size))
        exponentials = (scores - scores.amax(1, keepdim=True)).exp()
        shares = exponentials / exponentials.sum(1, keepdim=True)
        table = shares if table is None else torch.cat([table, shares])
    return table


def occluded_probabilities__data_loader(network, image, positions, size, batch_size):
    loader = torch.utils.data.DataLoader(occlude__padded_square(image, positions, size), batch_size)
    with torch.no_grad():
        return np.concatenate([network(batch).log_softmax(1).exp().numpy() for batch in loader])


def occluded_probabilities__chunks(network, image, positions, size, batch_size):
    chunks = positions.chunk(-(-len(positions) // batch_size))
    return torch.cat([network(occlude__masked_fill(image, chunk, size)).softmax(1).data for chunk in chunks])


# Maps


def average_overlaps__fold(values, positions, size, height, width):
    columns = torch.zeros(size * size, (height - size + 1) * (width - size + 1), dtype=values.dtype)
    counts = torch.zeros_like(columns)
    for value, (top, left) in zip(values, positions.tolist()):
        columns[:, top * (width - size + 1) + left] += value
        counts[:, top * (width - size + 1) + left] += 1
    total, count = (F.fold(c[None], (height, width), size)[0, 0] for c in (columns, counts))
    return torch.where(count > 0, total / count, 0)


def average_overlaps__pixel_by_pixel(values, positions, size, height, width):
    result = []
    places = positions.tolist()
    for y in range(height):
        row = []
        for x in range(width):
            found = [
                value
                for value, (top, left) in zip(values.tolist(), places)
                if top <= y < top + size and left <= x < left + size
            ]
            row.append(sum(found) / len(found) if found else 0.0)
        result.append(row)
    return result


def average_overlaps__weighted_masks(values, positions, size, height, width):
    masks = torch.zeros(len(values), height, width, dtype=values.dtype)
    for mask, (top, left) in zip(masks, positions):
        mask[top : top + size, left : left + size] = 1
    return torch.einsum("p,phw->hw", values, masks) / masks.sum(0).clip(1)


def average_overlaps__nan_mean_in_numpy(values, positions, size, height, width):
    stack = np.full((len(values), height, width), np.nan)
    for layer, value, (top, left) in zip(stack, values.numpy(), positions.numpy()):
        layer[top : top + size, left : left + size] = value
    count = (~np.isnan(stack)).sum(axis=0)
    return np.nansum(stack, axis=0) / np.maximum(count, 1)


def _drops(network, image, class_index, size, positions, batch_size):
    probabilities = occluded_probabilities__range(network, image, positions, size, batch_size)
    return network(image).softmax(1)[0, class_index] - probabilities[:, class_index]


def sensitivity_map__other_ways_together(network, image, class_index, size, stride, batch_size):
    positions = occluder_positions__clamped_and_unique(image, size, stride)
    values = _drops(network, image, class_index, size, positions, batch_size)
    return average_overlaps__weighted_masks(values, positions, size, *image.shape[-2:])


def sensitivity_map__photograph_as_one_more_copy(network, image, class_index, size, stride, batch_size):
    positions = occluder_positions__count_by_ceil(image, size, stride)
    copies = torch.cat([image, occlude__masked_fill(image, positions, size)])
    with torch.no_grad():
        table = torch.cat([network(batch) for batch in copies.split(batch_size)]).softmax(dim=1)
    column = table[:, class_index]
    return average_overlaps__fold(column[0] - column[1:], positions, size, image.shape[2], image.shape[3])


def sensitivity_map__what_is_left_taken_from_before(network, image, class_index, size, stride, batch_size):
    positions = occluder_positions__count_by_ceil(image, size, stride)
    table = occluded_probabilities__copies_first(network, image, positions, size, batch_size)
    left = average_overlaps__weighted_masks(table[:, class_index], positions, size, *image.shape[2:])
    return network(image).softmax(1)[0, class_index] - left


def sensitivity_map__one_place_after_the_other(network, image, class_index, size, stride, batch_size):
    height, width = image.shape[2:]
    before = network(image).softmax(1)[0, class_index].item()
    total, count = np.zeros((height, width)), np.zeros((height, width))
    for top, left in occluder_positions__two_loops(image, size, stride):
        copy = image.clone()
        copy[..., top : top + size, left : left + size] = 0.5
        after = network(copy).softmax(1)[0, class_index].item()
        total[top : top + size, left : left + size] += before - after
        count[top : top + size, left : left + size] += 1
    return total / count


def label_map__dictionary(probabilities, positions):
    tops, lefts = sorted(set(positions[:, 0].tolist())), sorted(set(positions[:, 1].tolist()))
    labels = {tuple(place): int(row.argmax()) for place, row in zip(positions.tolist(), probabilities)}
    return [[labels[top, left] for left in lefts] for top in tops]


def label_map__count_of_columns(probabilities, positions):
    columns = int((positions[:, 0] == positions[0, 0]).sum())
    return probabilities.max(dim=1).indices.reshape(-1, columns)


def label_map__numpy(probabilities, positions):
    rows, columns = (len(np.unique(positions.numpy()[:, axis])) for axis in (0, 1))
    return probabilities.numpy().argmax(axis=-1).reshape(rows, columns)


def label_map__laid_out_first(probabilities, positions):
    rows = positions[:, 0].unique_consecutive().numel()
    return probabilities.unflatten(0, (rows, -1)).topk(1).indices.squeeze(-1)


# A channel


def _maps(network, layer, images):
    kept = []
    handle = network.get_submodule(layer).register_forward_hook(lambda module, inputs, output: kept.append(output))
    try:
        with torch.no_grad():
            network(images)
    finally:
        handle.remove()
    return kept[0]


def strongest_channel__own_hook(network, layer, image, positions, size, batch_size):
    totals = _maps(network, layer, image)[0].flatten(1).sum(1)
    chosen = int(totals.argmax())
    found = []
    for start in range(0, len(positions), batch_size):
        copies = occlude__masked_fill(image, positions[start : start + batch_size], size)
        found += _maps(network, layer, copies)[:, chosen].flatten(1).sum(1).tolist()
    return chosen, found


def strongest_channel__photograph_as_first_copy(network, layer, image, positions, size, batch_size):
    copies = torch.cat([image, occlude__masked_fill(image, positions, size)])
    table = torch.cat([_maps(network, layer, batch).sum((2, 3)) for batch in copies.split(batch_size)])
    chosen = table[0].argmax()
    return chosen, table[1:, chosen]


def strongest_channel__network_cut_off(network, layer, image, positions, size, batch_size):
    names = list(dict(network.named_children()))
    until = network[: names.index(layer) + 1]
    best = max(range(until(image).shape[1]), key=lambda channel: until(image)[0, channel].sum().item())
    copies = occlude__padded_square(image, positions, size)
    return best, torch.stack([until(copy[None])[0, best].sum() for copy in copies])


def strongest_channel__numpy(network, layer, image, positions, size, batch_size):
    table = _maps(network, layer, image).numpy().sum(axis=(0, 2, 3))
    chosen = np.argmax(table)
    copies = torch.from_numpy(occlude__numpy(image, positions, size))
    return chosen, _maps(network, layer, copies).numpy()[:, chosen].sum(axis=(1, 2))


# Films and curves


def replace_hottest__one_after_the_other(start, end, heat, steps):
    film, now = [start[0].clone()], start[0].clone()
    order = torch.argsort(heat.flatten(), descending=True).tolist()
    done = 0
    for step in range(1, steps + 1):
        for place in order[done : step * len(order) // steps]:
            y, x = divmod(place, heat.shape[1])
            now[:, y, x] = end[0, :, y, x]
        done = step * len(order) // steps
        film.append(now.clone())
    return torch.stack(film)


def replace_hottest__topk_and_scatter(start, end, heat, steps):
    film = []
    for step in range(steps + 1):
        chosen = heat.flatten().topk(step * heat.numel() // steps).indices
        mask = torch.zeros(heat.numel(), dtype=start.dtype).scatter(0, chosen, 1.0).view(heat.shape)
        film.append(start[0] + mask * (end[0] - start[0]))
    return film


def replace_hottest__count_the_hotter_ones(start, end, heat, steps):
    flat = heat.flatten()
    hotter = (flat[None] > flat[:, None]).sum(1).view(heat.shape)
    return torch.cat([torch.where(hotter < heat.numel() * step // steps, end, start) for step in range(steps + 1)])


def replace_hottest__numpy(start, end, heat, steps):
    a, b = start.numpy().reshape(3, -1), end.numpy().reshape(3, -1)
    order = np.argsort(-heat.numpy().ravel())
    film = np.stack([a] * (steps + 1))
    for step in range(steps + 1):
        chosen = order[: step * len(order) // steps]
        film[step][:, chosen] = b[:, chosen]
    return film.reshape(steps + 1, 3, *heat.shape)


def _watched(network, film, class_index):
    with torch.no_grad():
        return network(film).softmax(dim=1)[:, class_index]


def deletion_and_insertion__two_films(network, image, blank, heat, class_index, steps):
    return (
        _watched(network, replace_hottest__one_after_the_other(image, blank, heat, steps), class_index),
        _watched(network, replace_hottest__one_after_the_other(blank, image, heat, steps), class_index),
    )


def deletion_and_insertion__frame_by_frame(network, image, blank, heat, class_index, steps):
    curves = []
    for start, end in ((image, blank), (blank, image)):
        film = replace_hottest__count_the_hotter_ones(start, end, heat, steps)
        curves.append([network(frame[None]).softmax(1)[0, class_index].item() for frame in film])
    return curves


def deletion_and_insertion__swapped_call(network, image, blank, heat, class_index, steps):
    def curve(start, end):
        film = torch.from_numpy(replace_hottest__numpy(start, end, heat, steps))
        return torch.softmax(network(film), 1).numpy()[:, class_index]

    return curve(image, blank), curve(blank, image)


def deletion_and_insertion__one_tensor(network, image, blank, heat, class_index, steps):
    films = [
        torch.stack(replace_hottest__topk_and_scatter(*pair, heat, steps)) for pair in ((image, blank), (blank, image))
    ]
    return _watched(network, torch.cat(films), class_index).view(2, steps + 1)


def area_under_curve__half_weights(curves):
    return (curves.sum(1) - curves[:, 0] / 2 - curves[:, -1] / 2) / (curves.shape[1] - 1)


def area_under_curve__mean_of_both_ends(curves):
    return ((curves[:, 1:] + curves[:, :-1]) / 2).mean(dim=-1)


def area_under_curve__numpy_with_places(curves):
    return np.trapezoid(curves.numpy(), np.linspace(0, 1, curves.shape[1]), axis=1)


def area_under_curve__loop(curves):
    areas = []
    for curve in curves.tolist():
        width = 1 / (len(curve) - 1)
        areas.append(sum(width * (left + right) / 2 for left, right in itertools.pairwise(curve)))
    return areas


def area_under_curve__average_pooling(curves):
    return F.avg_pool1d(curves[:, None], 2, stride=1)[:, 0].mean(dim=1)
