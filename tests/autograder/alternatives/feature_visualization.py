"""Right solutions of 05-feature-visualization, each written as somebody might who does not think like the reference."""

import math

import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional as F

# A hill


def penalized_score__image_by_image(network, offsets, class_index, decay):
    values = []
    for offset in offsets:
        score = network(0.5 + offset[None])[0, class_index]
        values.append(score - decay * (offset * offset).sum())
    return torch.stack(values)


def penalized_score__norm_squared(network, offsets, class_index, decay):
    length = torch.linalg.vector_norm(offsets, dim=(1, 2, 3))
    return network(offsets + 0.5).select(1, class_index) - decay * length.pow(2)


def penalized_score__einsum(network, offsets, class_index, decay):
    price = torch.einsum("nchw,nchw->n", offsets, offsets)
    return torch.sub(network(offsets.add(0.5))[:, class_index], price, alpha=decay)


def penalized_score__one_hot(network, offsets, class_index, decay):
    scores = network(torch.full_like(offsets, 0.5) + offsets)
    chosen = F.one_hot(torch.tensor(class_index), scores.shape[1]).to(scores)
    return scores @ chosen - decay * offsets.flatten(1).pow(2).sum(1)


# Uphill


def gradient_ascent__backward(objective, start, steps, step_size, regularize):
    images = start.clone()
    for _ in range(steps):
        images = images.detach().requires_grad_(True)
        objective(images).sum().backward()
        gradients = images.grad
        images = regularize((images + step_size * gradients).detach(), gradients)
    return images.detach()


def gradient_ascent__optimizer(objective, start, steps, step_size, regularize):
    images = start.detach().clone().requires_grad_()
    optimizer = torch.optim.SGD([images], lr=step_size, maximize=True)
    for _ in range(steps):
        optimizer.zero_grad()
        objective(images).sum().backward()
        gradients = images.grad.clone()
        optimizer.step()
        with torch.no_grad():
            images.copy_(regularize(images.detach(), gradients))
    return images.detach()


def gradient_ascent__each_alone(objective, start, steps, step_size, regularize):
    results = []
    for image in start.split(1):
        for _ in range(steps):
            image = image.detach().requires_grad_()
            gradient = torch.autograd.grad(objective(image)[0], image)[0]
            image = regularize(image.detach() + step_size * gradient, gradient)
        results.append(image.detach())
    return torch.cat(results)


def gradient_ascent__no_grad_update(objective, start, steps, step_size, regularize):
    x = torch.empty_like(start).copy_(start)
    while steps > 0:
        x.requires_grad_()
        values = objective(x)
        (gradients,) = torch.autograd.grad(values, x, torch.ones_like(values))
        with torch.no_grad():
            x = regularize(x + gradients * step_size, gradients)
        steps -= 1
    return x


# Blur


def gaussian_blur__scipy(images, sigma):
    options = {"sigma": sigma, "mode": "nearest", "radius": math.ceil(3 * sigma)}
    return np.stack([[ndimage.gaussian_filter(c, **options) for c in image] for image in images.numpy()])


def gaussian_blur__one_window(images, sigma):
    reach, channels = math.ceil(3 * sigma), images.shape[1]
    distance = torch.arange(-reach, reach + 1).to(images)
    weights = torch.exp(-(distance[:, None] ** 2 + distance**2) / (2 * sigma**2))
    weights = (weights / weights.sum()).repeat(channels, 1, 1, 1)
    return F.conv2d(F.pad(images, (reach, reach, reach, reach), mode="replicate"), weights, groups=channels)


def gaussian_blur__shifted_copies(images, sigma):
    reach = math.ceil(3 * sigma)
    bell = [math.exp(-((d / sigma) ** 2) / 2) for d in range(-reach, reach + 1)]
    for axis in (2, 3):
        length = images.shape[axis]
        rows = torch.arange(length)
        copies = (
            b * images.index_select(axis, (rows + d).clamp(0, length - 1))
            for b, d in zip(bell, range(-reach, reach + 1))
        )
        images = sum(copies) / sum(bell)
    return images


def gaussian_blur__matrices(images, sigma):
    def matrix(length):
        reach = math.ceil(3 * sigma)
        made = torch.zeros(length, length, dtype=images.dtype)
        weights = torch.softmax(-(torch.arange(-reach, reach + 1).to(images) ** 2) / (2 * sigma**2), dim=0)
        for row in range(length):
            for d, weight in zip(range(-reach, reach + 1), weights):
                made[row, min(max(row + d, 0), length - 1)] += weight
        return made

    return matrix(images.shape[2]) @ images @ matrix(images.shape[3]).T


# Clipping


def clip_pixels__sorted(offsets, gradients, share, by):
    if by not in ("norm", "contribution"):
        raise ValueError(by)
    result = offsets.clone()
    for n in range(len(offsets)):
        worth = (offsets[n] ** 2).sum(0) if by == "norm" else (offsets[n] * gradients[n]).sum(0).abs()
        order = worth.flatten().argsort()
        result[n].view(3, -1)[:, order[: int(share * len(order))]] = 0
    return result


def clip_pixels__numpy(offsets, gradients, share, by):
    x, g = offsets.numpy(), gradients.numpy()
    worth = {
        "norm": lambda: np.sqrt((x**2).sum(axis=1)),
        "contribution": lambda: np.abs(np.einsum("nchw,nchw->nhw", x, g)),
    }
    if by not in worth:
        raise ValueError("norm or contribution")
    values = worth[by]()
    limit = np.quantile(values.reshape(len(x), -1), share, axis=1)
    return np.where((values < limit[:, None, None])[:, None], 0, x)


def clip_pixels__masked_fill(offsets, gradients, share, by):
    match by:
        case "norm":
            worth = torch.linalg.vector_norm(offsets, dim=1, keepdim=True)
        case "contribution":
            worth = torch.sum(offsets * gradients, 1, keepdim=True).abs()
        case _:
            raise ValueError(f"unknown way: {by}")
    limit = torch.quantile(worth.flatten(1), share, dim=1).view(-1, 1, 1, 1)
    return offsets.masked_fill(worth < limit, 0)


def clip_pixels__kth_value(offsets, gradients, share, by):
    if by == "norm":
        other = offsets
    elif by == "contribution":
        other = gradients
    else:
        raise ValueError
    worth = torch.einsum("nchw,nchw->nhw", offsets, other).abs()
    flat = worth.flatten(1)
    count = round(share * flat.shape[1])
    limit = flat.kthvalue(count + 1, dim=1).values[:, None, None]
    return torch.where((worth >= limit).unsqueeze(1), offsets, torch.zeros_like(offsets))


# Total variation


def total_variation__slices(images):
    down = (images[:, :, 1:] - images[:, :, :-1]).abs()
    across = (images[..., 1:] - images[..., :-1]).abs()
    return down.flatten(1).sum(1) + across.flatten(1).sum(1)


def total_variation__each_image(images):
    return torch.stack([image.diff(dim=1).abs().sum() + image.diff(dim=2).abs().sum() for image in images])


def total_variation__convolution(images):
    flat = images.flatten(0, 1)[:, None]
    pair = torch.tensor([-1.0, 1.0]).to(images)
    total = 0
    for shape, length in (((1, 1, 2, 1), images.shape[2]), ((1, 1, 1, 2), images.shape[3])):
        if length > 1:
            total = total + F.conv2d(flat, pair.view(shape)).abs().sum(dim=(1, 2, 3))
    return total.view(images.shape[:2]).sum(1)


def total_variation__norm_of_steps(images):
    steps = torch.cat([images.diff(dim=-2).flatten(1), images.diff(dim=-1).flatten(1)], dim=1)
    return torch.linalg.vector_norm(steps, ord=1, dim=1)


# Moves


def _read(images, rows, columns):
    """Bilinear values at fractional rows and columns (H, W), the image mirrored at its outer edges."""
    height, width = images.shape[2:]

    def inside(index, length):
        index = index % (2 * length)
        return torch.minimum(index, 2 * length - 1 - index)

    top, left = rows.floor().long(), columns.floor().long()
    down, right = (rows - top).to(images), (columns - left).to(images)
    total = 0
    for r, c, weight in (
        (top, left, (1 - down) * (1 - right)), (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)), (top + 1, left + 1, down * right),
    ):  # fmt: skip
        total = total + weight * images[:, :, inside(r, height), inside(c, width)]
    return total


def _where(images, degrees, scale, dtype=torch.double):
    height, width = images.shape[2:]
    angle = math.radians(degrees)
    y = torch.arange(height, dtype=dtype)[:, None] - (height - 1) / 2
    x = torch.arange(width, dtype=dtype) - (width - 1) / 2
    columns = (math.cos(angle) * x - math.sin(angle) * y) / scale + (width - 1) / 2
    rows = (math.sin(angle) * x + math.cos(angle) * y) / scale + (height - 1) / 2
    return rows, columns


def transform__by_hand(images, down, right, degrees, scale):
    rolled = torch.roll(torch.roll(images, down, 2), right, 3)
    return _read(rolled, *_where(images, degrees, scale))


def transform__own_grid(images, down, right, degrees, scale):
    rows, columns = _where(images, degrees, scale)
    height, width = images.shape[2:]
    grid = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], dim=-1).to(images)
    grid = grid.expand(len(images), -1, -1, -1)
    moved = images.roll((down, right), (-2, -1))
    return F.grid_sample(moved, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def transform__complex_numbers(images, down, right, degrees, scale):
    height, width = images.shape[2:]
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    center = torch.complex(torch.tensor(width / 2.0), torch.tensor(height / 2.0)).to(torch.complex128)
    turn = torch.polar(torch.tensor(1 / scale), torch.tensor(math.radians(degrees))).to(torch.complex128)
    source = center + turn * (torch.complex(x.double(), y.double()) - center)
    return _read(images.roll((down, right), (2, 3)), source.imag - 0.5, source.real - 0.5)


def transform__pixels_to_units(images, down, right, degrees, scale):
    n, _, height, width = images.shape
    to_pixels = torch.diag(torch.tensor([width / 2, height / 2])).double()
    angle = torch.tensor(degrees, dtype=torch.double).deg2rad()
    turn = torch.stack([torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])])
    matrix = torch.linalg.inv(to_pixels) @ (turn / scale) @ to_pixels
    theta = torch.cat([matrix, torch.zeros(2, 1).double()], dim=1).to(images)
    grid = F.affine_grid(theta.repeat(n, 1, 1), list(images.shape), align_corners=False)
    return F.grid_sample(
        images.roll(down, 2).roll(right, 3), grid, padding_mode="reflection", align_corners=False
    )


# Waves


def _scale(height, width, dtype):
    rows = [min(k, height - k) / height for k in range(height)]
    columns = [k / width for k in range(width // 2 + 1)]
    least = 1 / max(height, width)
    return torch.tensor([[1 / max(math.hypot(r, c), least) for c in columns] for r in rows], dtype=dtype)


def fourier_image__loops_for_the_scale(spectrum, width):
    scaled = spectrum * _scale(spectrum.shape[2], width, spectrum.dtype)[..., None]
    return torch.fft.irfft2(torch.view_as_complex(scaled), (spectrum.shape[2], width), norm="ortho")


def fourier_image__factor_by_hand(spectrum, width):
    height = spectrum.shape[2]
    waves = torch.complex(spectrum[..., 0], spectrum[..., 1]) * _scale(height, width, spectrum.dtype)
    return torch.fft.irfftn(waves, s=(height, width), dim=(2, 3)) * math.sqrt(height * width)


def fourier_image__one_axis_at_a_time(spectrum, width):
    height = spectrum.shape[2]
    waves = torch.view_as_complex(spectrum) * _scale(height, width, spectrum.dtype)
    columns = torch.fft.ifft(waves, dim=2, norm="ortho")
    return torch.fft.irfft(columns, n=width, dim=3, norm="ortho")


def fourier_image__maximum(spectrum, width):
    height = spectrum.shape[2]
    f = torch.linalg.vector_norm(
        torch.stack(torch.meshgrid(torch.fft.fftfreq(height), torch.fft.rfftfreq(width), indexing="ij")), dim=0
    )
    divisor = torch.maximum(f, torch.tensor(1 / max(height, width))).to(spectrum)
    real, imaginary = spectrum.unbind(-1)
    return torch.fft.irfft2((real + 1j * imaginary) / divisor, s=(height, width), norm="ortho")


# Colors


def correlated_colors__matmul(images, matrix):
    return (matrix @ images.flatten(2)).view_as(images)


def correlated_colors__last_axis(images, matrix):
    return (images.permute(0, 2, 3, 1) @ matrix.T).permute(0, 3, 1, 2)


def correlated_colors__convolution(images, matrix):
    return F.conv2d(images, matrix[:, :, None, None])


def correlated_colors__sum_of_directions(images, matrix):
    return sum(images[:, k : k + 1] * matrix[:, k].view(1, 3, 1, 1) for k in range(3))


# The machine


def visualize__maximize(objective, image_of, start, transform, steps, learning_rate):
    z = torch.nn.Parameter(start.clone())
    adam, kept = torch.optim.Adam([z], lr=learning_rate, maximize=True), []
    for step in range(steps[-1]):
        adam.zero_grad(set_to_none=True)
        objective(transform(image_of(z))).sum().backward()
        adam.step()
        if step + 1 in steps:
            with torch.no_grad():
                kept.append(image_of(z).clone())
    return torch.stack(kept)


def visualize__until_next(objective, image_of, start, transform, steps, learning_rate):
    z = start.clone().requires_grad_()
    adam, done, kept = torch.optim.Adam([z], learning_rate), 0, []
    for moment in steps:
        while done < moment:
            (z.grad,) = torch.autograd.grad(-objective(transform(image_of(z))).sum(), z)
            adam.step()
            done += 1
        kept.append(image_of(z).detach().clone())
    return torch.stack(kept)


def visualize__adam_by_hand(objective, image_of, start, transform, steps, learning_rate):
    z, mean, square, kept = start.clone(), torch.zeros_like(start), torch.zeros_like(start), {}
    for step in range(1, max(steps) + 1):
        z = z.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(objective(transform(image_of(z))).sum(), z)
        mean, square = 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
        change = mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
        z = z.detach() + learning_rate * change
        kept[step] = image_of(z)
    return torch.stack([kept[step] for step in steps])


def visualize__all_kept(objective, image_of, start, transform, steps, learning_rate):
    z, film = start.detach().clone(), []
    z.requires_grad = True
    adam = torch.optim.Adam([z], lr=learning_rate)

    def loss():
        adam.zero_grad()
        value = -objective(transform(image_of(z))).sum()
        value.backward()
        return value

    for _ in range(steps[-1]):
        adam.step(loss)
        film.append(image_of(z).detach().clone())
    return torch.stack(film)[[step - 1 for step in steps]]


# Objectives


def objective_value__image_by_image(output, kind, index):
    values = []
    for one, chosen in zip(output, index):
        if kind == "neuron":
            values.append(one[chosen, one.shape[1] // 2, one.shape[2] // 2])
        elif kind == "channel":
            values.append(one[chosen].mean())
        elif kind == "layer":
            values.append((one**2).mean())
        elif kind == "logit":
            values.append(one[chosen])
        elif kind == "probability":
            values.append(torch.softmax(one, 0)[chosen])
        else:
            raise ValueError(kind)
    return torch.stack(values)


def objective_value__table(output, kind, index):
    ways = {
        "neuron": lambda: output[:, :, output.shape[2] // 2, output.shape[3] // 2],
        "channel": lambda: output.mean(dim=(2, 3)),
        "layer": lambda: output.pow(2).flatten(1).mean(1, keepdim=True).expand(-1, output.shape[1]),
        "logit": lambda: output,
        "probability": lambda: output.softmax(1),
    }
    if kind not in ways:
        raise ValueError(f"{kind} is not among {list(ways)}")
    return ways[kind]().gather(1, index[:, None])[:, 0]


def objective_value__one_hot(output, kind, index):
    if kind not in {"neuron", "channel", "layer", "logit", "probability"}:
        raise ValueError("unknown kind")
    if kind == "layer":
        return torch.einsum("nchw,nchw->n", output, output) / output[0].numel()
    mask = F.one_hot(index, output.shape[1]).to(output)
    if kind == "channel":
        return torch.einsum("nchw,nc->n", output, mask) / output[0, 0].numel()
    if kind == "neuron":
        middle = output[:, :, output.shape[2] // 2, output.shape[3] // 2]
        return (middle * mask).sum(1)
    if kind == "probability":
        output = torch.exp(output - output.logsumexp(1, keepdim=True))
    return (output * mask).sum(1)


def objective_value__match(output, kind, index):
    each = range(len(output))
    match kind:
        case "neuron":
            return output[each, index, output.shape[-2] // 2, output.shape[-1] // 2]
        case "channel":
            return output[each, index].flatten(1).mean(-1)
        case "layer":
            return output.flatten(1).square().mean(-1)
        case "logit":
            return output[each, index]
        case "probability":
            return (-F.cross_entropy(output, index, reduction="none")).exp()
    raise ValueError(kind)


def direction_objective__product(maps, weights):
    return (maps * weights[:, :, None, None]).sum(1).mean(dim=(1, 2))


def direction_objective__means_first(maps, weights):
    return (maps.mean(dim=(2, 3)) * weights).sum(dim=1)


def direction_objective__matmul(maps, weights):
    return (weights[:, None] @ maps.flatten(2)).mean(dim=(1, 2))


def direction_objective__each_image(maps, weights):
    return torch.stack([torch.tensordot(w, m, dims=1).mean() for m, w in zip(maps, weights)])


# Variety


def diversity__pairs(maps):
    total = 0
    grams = [m.flatten(1) @ m.flatten(1).T for m in maps]
    for a in range(len(grams)):
        for b in range(len(grams)):
            if a != b:
                total = total - (grams[a] * grams[b]).sum() / (grams[a].norm() * grams[b].norm())
    return total


def diversity__cosine_similarity(maps):
    flat = maps.flatten(2)
    grams = (flat @ flat.transpose(1, 2)).flatten(1)
    cosines = F.cosine_similarity(grams[:, None], grams[None], dim=2)
    return -(cosines * (1 - torch.eye(len(maps)).to(maps))).sum()


def diversity__upper_half_twice(maps):
    grams = torch.einsum("nip,njp->nij", maps.flatten(2), maps.flatten(2))
    grams = grams / grams.norm(dim=(1, 2), keepdim=True)
    return -2 * torch.einsum("aij,bij->ab", grams, grams).triu(diagonal=1).sum()


def diversity__square_of_the_sum(maps):
    grams = torch.einsum("nihw,njhw->nij", maps, maps)
    grams = grams / grams.square().sum(dim=(1, 2), keepdim=True).sqrt()
    return len(maps) - grams.sum(dim=0).square().sum()
