"""Right solutions of 13-correspondence, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

# Descriptors


def dense_descriptors__one_loop_and_a_flag(images, weights):
    for number, (kernel, bias) in enumerate(weights):
        images = F.conv2d(images, kernel, bias)
        if number < len(weights) - 1:
            images = images.relu()
    return images / images.norm(dim=1, keepdim=True).clamp(min=1e-12)


def dense_descriptors__unfold(images, weights):
    n = len(images)
    for number, (kernel, bias) in enumerate(weights):
        height, width = images.shape[2] - 2, images.shape[3] - 2
        columns = F.unfold(images, 3)
        images = (kernel.flatten(1) @ columns + bias[:, None]).view(n, -1, height, width)
        images = images if number == len(weights) - 1 else F.relu(images)
    return F.normalize(images, p=2, dim=1)


def dense_descriptors__nine_shifts(images, weights):
    x = images
    for number, (kernel, bias) in enumerate(weights):
        height, width = x.shape[2] - 2, x.shape[3] - 2
        total = bias.view(1, -1, 1, 1)
        for i in range(3):
            for j in range(3):
                total = total + torch.einsum(
                    "dc,nchw->ndhw", kernel[:, :, i, j], x[:, :, i : i + height, j : j + width]
                )
        x = total.clamp(min=0) if number + 1 < len(weights) else total
    squares = (x * x).sum(dim=1, keepdim=True)
    return torch.where(squares > 0, x / torch.where(squares > 0, squares, 1).sqrt(), 0)


def dense_descriptors__modules(images, weights):
    layers = []
    for kernel, bias in weights:
        layer = nn.Conv2d(kernel.shape[1], kernel.shape[0], 3).to(kernel.dtype)
        layer.weight, layer.bias = nn.Parameter(kernel), nn.Parameter(bias)
        layers += [layer, nn.ReLU()]
    return F.normalize(nn.Sequential(*layers[:-1])(images))


def patch_similarity__cosine_similarity(first, second, weights):
    one, two = (dense_descriptors__one_loop_and_a_flag(x, weights).flatten(1) for x in (first, second))
    return F.cosine_similarity(one, two, dim=1)


def patch_similarity__einsum(first, second, weights):
    both = dense_descriptors__one_loop_and_a_flag(torch.cat([first, second]), weights)[:, :, 0, 0]
    return torch.einsum("nd,nd->n", *both.chunk(2))


def patch_similarity__pair_by_pair(first, second, weights):
    found = []
    for one, two in zip(first, second):
        f, g = (dense_descriptors__modules(x[None], weights).view(-1) for x in (one, two))
        found.append(torch.dot(f, g))
    return torch.stack(found)


def patch_similarity__by_the_distance(first, second, weights):
    one, two = (dense_descriptors__unfold(x, weights) for x in (first, second))
    return 1 - (one - two).square().sum(dim=1).squeeze(2).squeeze(1) / 2


# Along the rows


def scan_line_similarities__pixel_by_pixel(left, right, largest):
    n, _, height, width = left.shape
    rows = []
    for d in range(largest + 1):
        columns = []
        for x in range(width):
            if x - d >= 0:
                columns.append((left[:, :, :, x] * right[:, :, :, x - d]).sum(dim=1))
            else:
                columns.append(torch.full((n, height), float("-inf"), dtype=left.dtype))
        rows.append(torch.stack(columns, dim=2))
    return torch.stack(rows, dim=1)


def scan_line_similarities__all_pairs_of_columns(left, right, largest):
    table = torch.einsum("nchx,nchz->nhxz", left, right)
    x = torch.arange(left.shape[3])
    z = x[:, None] - torch.arange(largest + 1)
    found = table.gather(3, z.clamp(min=0).expand(*table.shape[:2], -1, -1))
    return found.masked_fill(z < 0, -math.inf).permute(0, 3, 1, 2)


def scan_line_similarities__padded_and_unfolded(left, right, largest):
    padded = F.pad(right, (largest, 0))
    windows = padded.unfold(3, largest + 1, 1).flip(4)
    found = torch.einsum("nchw,nchwd->ndhw", left, windows)
    outside = torch.arange(largest + 1)[:, None, None] > torch.arange(left.shape[3])
    return torch.where(outside, torch.tensor(-torch.inf, dtype=left.dtype), found)


def scan_line_similarities__padded_with_cat(left, right, largest):
    found = []
    width = left.shape[3]
    for d in range(largest + 1):
        nothing = left.new_full((len(left), left.shape[2], min(d, width)), -np.inf)
        products = left[:, :, :, d:] * right[:, :, :, : max(width - d, 0)]
        found.append(torch.cat([nothing, products.sum(1)], dim=2))
    return torch.stack(found, 1)


def scan_line_similarities__rolled_and_masked(left, right, largest):
    found = torch.stack([(left * right.roll(d, dims=3)).sum(dim=1) for d in range(largest + 1)], dim=1)
    column = torch.arange(left.shape[3])
    for d in range(largest + 1):
        found[:, d, :, column < d] = -torch.inf
    return found


def matching_loss__one_hot(similarities, truth, margin):
    count = similarities.shape[1]
    is_match = F.one_hot(truth.clamp(min=0), count).permute(0, 3, 1, 2).bool()
    near = is_match.clone()
    near[:, 1:] |= is_match[:, :-1]
    near[:, :-1] |= is_match[:, 1:]
    match = torch.where(is_match, similarities, 0).sum(dim=1)
    rival = torch.where(near, -torch.inf, similarities).max(dim=1).values
    loss = F.relu(margin + rival - match)
    return loss * (truth >= 0)


def matching_loss__pixel_by_pixel(similarities, truth, margin):
    n, candidates, height, width = similarities.shape
    found = []
    for i in range(n):
        for y in range(height):
            for x in range(width):
                t = int(truth[i, y, x])
                rivals = [similarities[i, d, y, x] for d in range(candidates) if abs(d - t) > 1]
                if t < 0 or not rivals:
                    found.append(similarities.new_zeros(()))
                    continue
                rival = torch.stack(rivals).max()
                found.append((margin + rival - similarities[i, t, y, x]).clamp(min=0))
    return torch.stack(found).view(n, height, width)


def matching_loss__every_rival_has_a_hinge(similarities, truth, margin):
    known = truth >= 0
    t = torch.where(known, truth, 0)
    match = torch.take_along_dim(similarities, t[:, None], dim=1)
    hinges = (margin + similarities - match).clamp(min=0)
    d = torch.arange(similarities.shape[1])[:, None, None]
    hinges = hinges.masked_fill((d >= t[:, None] - 1) & (d <= t[:, None] + 1), 0)
    return torch.where(known, hinges.amax(dim=1), torch.zeros((), dtype=similarities.dtype))


def matching_loss__only_the_known(similarities, truth, margin):
    loss = similarities.new_zeros(truth.shape)
    n, y, x = torch.nonzero(truth >= 0, as_tuple=True)
    if len(n):
        t, rows = truth[n, y, x], similarities[n, :, y, x]
        match = rows[torch.arange(len(n)), t]
        far = (torch.arange(rows.shape[1]) - t[:, None]).abs() > 1
        rival = rows.where(far, torch.tensor(-torch.inf, dtype=rows.dtype)).amax(dim=1)
        loss = loss.index_put((n, y, x), torch.relu(margin + rival - match))
    return loss


def matching_loss__unknown_is_minus_one(similarities, truth, margin):
    unknown = truth == -1
    index = truth.masked_fill(unknown, 0).unsqueeze(1)
    match = similarities.gather(1, index).squeeze(1)
    rivals = similarities.clone()
    for step in (-1, 0, 1):
        rivals.scatter_(1, (index + step).clamp(0, similarities.shape[1] - 1), -torch.inf)
    rival = rivals.max(dim=1).values
    return (margin + rival - match).relu().masked_fill(unknown, 0)


def _learn(weights, batches, largest, margin, step):
    for number, (left, right, truth) in enumerate(batches):
        maps = (dense_descriptors__one_loop_and_a_flag(x, weights) for x in (left, right))
        found = scan_line_similarities__padded_with_cat(*maps, largest)
        step(number, matching_loss__one_hot(found, truth, margin).mean())


def train_descriptors__rates_by_hand(weights, batches, largest, margin, rate):
    learned = [[part.clone() for part in layer] for layer in weights]
    flat = sum(learned, [])
    for value in flat:
        value.requires_grad = True
    adam = torch.optim.Adam(flat)

    def step(number, loss):
        adam.param_groups[0]["lr"] = rate * (1 + np.cos(np.pi * number / len(batches))) / 2
        adam.zero_grad()
        loss.backward()
        adam.step()

    _learn(learned, batches, largest, margin, step)
    return [[value.detach() for value in layer] for layer in learned]


def train_descriptors__adam_by_hand(weights, batches, largest, margin, rate):
    learned = [(kernel.clone().requires_grad_(), bias.clone().requires_grad_()) for kernel, bias in weights]
    flat = [value for layer in learned for value in layer]
    first, second = ([torch.zeros_like(value) for value in flat] for _ in range(2))

    def step(number, loss):
        now = rate * (1 + math.cos(math.pi * number / len(batches))) / 2
        for value, gradient, m, v in zip(flat, torch.autograd.grad(loss, flat), first, second):
            m.mul_(0.9).add_(0.1 * gradient)
            v.mul_(0.999).add_(0.001 * gradient**2)
            change = (m / (1 - 0.9 ** (number + 1))) / ((v / (1 - 0.999 ** (number + 1))).sqrt() + 1e-8)
            value.data -= now * change

    _learn(learned, batches, largest, margin, step)
    return [(kernel.detach(), bias.detach()) for kernel, bias in learned]


def train_descriptors__lambda_schedule(weights, batches, largest, margin, rate):
    learned = [tuple(nn.Parameter(part.clone()) for part in layer) for layer in weights]
    optimizer = torch.optim.Adam([{"params": layer} for layer in learned], lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: 0.5 + 0.5 * math.cos(math.pi * n / len(batches)))

    def step(number, loss):
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()

    _learn(learned, batches, largest, margin, step)
    return [(kernel.data, bias.data) for kernel, bias in learned]


def train_descriptors__as_a_module(weights, batches, largest, margin, rate):
    values = nn.ParameterList([value.clone() for layer in weights for value in layer])
    layers = [(values[n], values[n + 1]) for n in range(0, len(values), 2)]
    optimizer = torch.optim.Adam(values.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=len(batches))

    def step(number, loss):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()

    _learn(layers, batches, largest, margin, step)
    return [(kernel.detach().clone(), bias.detach().clone()) for kernel, bias in layers]


def train_descriptors__both_pictures_at_once(weights, batches, largest, margin, rate):
    learned = [[part.detach().clone().requires_grad_() for part in layer] for layer in weights]
    adam = torch.optim.Adam(sum(learned, []), lr=rate, weight_decay=0)
    for number, (left, right, truth) in enumerate(batches):
        for group in adam.param_groups:
            group["lr"] = rate * math.cos(math.pi * number / len(batches) / 2) ** 2
        both = dense_descriptors__unfold(torch.cat([left, right]), learned)
        found = scan_line_similarities__padded_and_unfolded(*both.chunk(2), largest)
        adam.zero_grad()
        matching_loss__one_hot(found, truth, margin).mean().backward()
        adam.step()
    return [tuple(value.detach() for value in layer) for layer in learned]


def left_right_check__pixel_by_pixel(left, right, tolerance):
    found = torch.zeros(left.shape, dtype=torch.bool)
    for n in range(left.shape[0]):
        for y in range(left.shape[1]):
            for x in range(left.shape[2]):
                match = x - left[n, y, x]
                if match >= 0:
                    found[n, y, x] = abs(left[n, y, x] - right[n, y, match]) <= tolerance
    return found


def left_right_check__numpy(left, right, tolerance):
    left, right = left.numpy(), right.numpy()
    place = np.arange(left.shape[2]) - left
    back = np.take_along_axis(right, np.maximum(place, 0), axis=2)
    return np.logical_and(place >= 0, np.abs(left - back) <= tolerance)


def left_right_check__index_of_three(left, right, tolerance):
    n, y, x = torch.meshgrid(*map(torch.arange, left.shape), indexing="ij")
    place = x - left
    outside = place < 0
    back = right[n, y, torch.where(outside, 0, place)]
    agree = torch.abs(back - left).le(tolerance)
    agree[outside] = False
    return agree


def left_right_check__unknown_outside(left, right, tolerance):
    wide = F.pad(right.double(), (1, 0), value=torch.nan)  # column 0 stands for all that is outside
    place = (torch.arange(left.shape[2]) - left + 1).clamp(min=0)
    return (wide.gather(2, place) - left).abs() <= tolerance


def left_right_check__disparity_by_disparity(left, right, tolerance):
    found = torch.zeros_like(left, dtype=torch.bool)
    for d in range(int(left.max()) + 1):
        back = torch.full_like(right, 10**6)
        if d < left.shape[2]:
            back[..., d:] = right[..., : left.shape[2] - d]
        found |= (left == d) & ((back - d).abs() <= tolerance)
    return found


# Flow


def end_point_error__norm(flow, truth):
    return torch.linalg.vector_norm(flow - truth, dim=1).nanmean(dim=(1, 2))


def end_point_error__flow_by_flow(flow, truth):
    errors = []
    for one, right in zip(flow, truth):
        known = torch.isfinite(right[0])
        errors.append((one[:, known] - right[:, known]).norm(dim=0).mean())
    return torch.stack(errors)


def end_point_error__sum_over_count(flow, truth):
    known = ~truth.isnan().any(dim=1)
    gap = torch.where(known[:, None], flow - truth, 0)
    return torch.hypot(gap[:, 0], gap[:, 1]).sum(dim=(1, 2)) / known.sum(dim=(1, 2))


def end_point_error__numpy(flow, truth):
    gap = flow.numpy() - truth.numpy()
    distance = np.sqrt(gap[:, 0] ** 2 + gap[:, 1] ** 2).reshape(len(gap), -1)
    return np.array([row[~np.isnan(row)].sum() / np.float64(max((~np.isnan(row)).sum(), 1))
                     if (~np.isnan(row)).any() else np.nan for row in distance])  # fmt: skip


def end_point_error__complex(flow, truth):
    gap = torch.complex(*(flow - truth).unbind(1)).abs()
    return gap.reshape(len(gap), -1).nanmean(1)


def _corners(flow, height, width):
    x = (torch.arange(width, dtype=flow.dtype) + flow[:, 0]).clamp(0, width - 1)
    y = (torch.arange(height, dtype=flow.dtype)[:, None] + flow[:, 1]).clamp(0, height - 1)
    left, top = x.floor(), y.floor()
    return x - left, y - top, left.long(), top.long()


def warp__four_neighbors(images, flow):
    height, width = images.shape[2:]
    across, down, left, top = _corners(flow, height, width)
    right, bottom = (left + 1).clamp(max=width - 1), (top + 1).clamp(max=height - 1)
    n = torch.arange(len(images))[:, None, None]
    pixels = images.permute(0, 2, 3, 1)

    def weighted(y, x, share):
        return share[..., None] * pixels[n, y, x]

    found = weighted(top, left, (1 - across) * (1 - down)) + weighted(top, right, across * (1 - down))
    found = found + weighted(bottom, left, (1 - across) * down) + weighted(bottom, right, across * down)
    return found.permute(0, 3, 1, 2)


def warp__gather(images, flow):
    n, channels, height, width = images.shape
    across, down, left, top = _corners(flow, height, width)
    flat, total = images.flatten(2), 0
    for dy, share_y in ((0, 1 - down), (1, down)):
        for dx, share_x in ((0, 1 - across), (1, across)):
            place = (top + dy).clamp(max=height - 1) * width + (left + dx).clamp(max=width - 1)
            values = flat.gather(2, place.flatten(1)[:, None].expand(-1, channels, -1)).view_as(images)
            total = total + (share_y * share_x)[:, None] * values
    return total


def warp__tents(images, flow):
    height, width = images.shape[2:]
    x = (torch.arange(width).to(flow) + flow[:, 0]).clamp(0, width - 1)
    y = (torch.arange(height).to(flow).view(-1, 1) + flow[:, 1]).clamp(0, height - 1)
    share_x = (1 - (x[..., None] - torch.arange(width)).abs()).clamp(min=0)
    share_y = (1 - (y[..., None] - torch.arange(height)).abs()).clamp(min=0)
    return torch.einsum("ncij,nyxi,nyxj->ncyx", images, share_y.to(images), share_x.to(images))


def warp__corners_aligned(images, flow):
    height, width = images.shape[2:]
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    to_x, to_y = x + flow[:, 0], y + flow[:, 1]
    places = torch.stack((2 * to_x / max(width - 1, 1) - 1, 2 * to_y / max(height - 1, 1) - 1), dim=-1)
    return F.grid_sample(images, places.to(images), padding_mode="border", align_corners=True)


def warp__affine_grid_and_offset(images, flow):
    height, width = images.shape[2:]
    same = torch.eye(2, 3, dtype=images.dtype).expand(len(images), 2, 3)
    base = F.affine_grid(same, images.shape, align_corners=False)
    offset = flow.permute(0, 2, 3, 1) * torch.tensor([2 / width, 2 / height], dtype=images.dtype)
    return F.grid_sample(images, base + offset, padding_mode="border", align_corners=False)


def resize_flow__in_two_parts(flow, size):
    resized = F.interpolate(flow, size=size, mode="bilinear", align_corners=False)
    right = resized[:, :1] * (size[1] / flow.shape[-1])
    down = resized[:, 1:] * (size[0] / flow.shape[-2])
    return torch.cat([right, down], dim=1)


def resize_flow__scaled_first(flow, size):
    scaled = flow.clone()
    scaled[:, 0] *= size[1] / flow.shape[3]
    scaled[:, 1] *= size[0] / flow.shape[2]
    return F.interpolate(scaled, size, mode="bilinear")


def resize_flow__as_shares_of_the_picture(flow, size):
    old = torch.tensor([flow.shape[3], flow.shape[2]], dtype=flow.dtype).view(1, 2, 1, 1)
    new = torch.tensor([size[1], size[0]], dtype=flow.dtype).view(1, 2, 1, 1)
    return F.interpolate(flow / old, tuple(size), mode="bilinear", align_corners=False) * new


def _line(old, new, dtype):
    place = ((torch.arange(new, dtype=torch.float64) + 0.5) * old / new - 0.5).clamp(0, old - 1)
    return (1 - (place[:, None] - torch.arange(old)).abs()).clamp(min=0).to(dtype)


def resize_flow__two_matrices(flow, size):
    rows, columns = _line(flow.shape[2], size[0], flow.dtype), _line(flow.shape[3], size[1], flow.dtype)
    resized = rows @ flow @ columns.T
    return torch.stack([resized[:, 0] * size[1] / flow.shape[3], resized[:, 1] * size[0] / flow.shape[2]], 1)


# Correlation


def correlation__unfold(first, second, radius):
    n, channels, height, width = first.shape
    side = 2 * radius + 1
    around = F.unfold(second, side, padding=radius).view(n, channels, side * side, height, width)
    return torch.einsum("nchw,ncdhw->ndhw", first, around) / channels


def correlation__slices(first, second, radius):
    n, channels, height, width = first.shape
    planes = []
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            plane = first.new_zeros(n, height, width)
            top, bottom = max(0, -dy), min(height, height - dy)
            left, right = max(0, -dx), min(width, width - dx)
            if top < bottom and left < right:
                here = first[:, :, top:bottom, left:right]
                there = second[:, :, top + dy : bottom + dy, left + dx : right + dx]
                plane[:, top:bottom, left:right] = (here * there).sum(dim=1) / channels
            planes.append(plane)
    return torch.stack(planes, dim=1)


def correlation__all_pairs(first, second, radius):
    n, channels, height, width = first.shape
    table = torch.einsum("ncp,ncq->npq", first.flatten(2), second.flatten(2)) / channels
    y, x = (part.flatten() for part in torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij"))
    planes = []
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            there = (y + dy) * width + x + dx
            inside = (y + dy >= 0) & (y + dy < height) & (x + dx >= 0) & (x + dx < width)
            values = table[:, torch.arange(height * width), torch.where(inside, there, 0)]
            planes.append(torch.where(inside, values, 0).view(n, height, width))
    return torch.stack(planes, dim=1)


def correlation__tensor_unfold(first, second, radius):
    side = 2 * radius + 1
    windows = F.pad(second, [radius] * 4).unfold(2, side, 1).unfold(3, side, 1)
    found = (first[..., None, None] * windows).mean(dim=1)
    return found.permute(0, 3, 4, 1, 2).flatten(1, 2)


def correlation__roll_of_a_padded_map(first, second, radius):
    padded = F.pad(second, [2 * radius] * 4)
    height, width = first.shape[2:]
    found = []
    for dy in range(-radius, radius + 1):
        row = []
        for dx in range(-radius, radius + 1):
            moved = padded.roll(shifts=(-dy, -dx), dims=(2, 3))
            moved = moved[..., 2 * radius : 2 * radius + height, 2 * radius : 2 * radius + width]
            row.append((first * moved).sum(1) / first.size(1))
        found.append(torch.stack(row, dim=1))
    return torch.cat(found, dim=1)
