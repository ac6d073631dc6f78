"""The exercises of 10-fast-style-transfer, each written in other ways."""

import math

import torch
from torch import nn
from torch.nn import functional as F

# Normalization


def _columns(rows):
    return rows.unsqueeze(-1).unsqueeze(-1)


def instance_norm__native(features, scale, shift, epsilon):
    return F.instance_norm(features, eps=epsilon) * _columns(scale) + _columns(shift)


def instance_norm__group_norm(features, scale, shift, epsilon):
    normalized = F.group_norm(features, features.shape[1], eps=epsilon)
    return torch.addcmul(_columns(shift), normalized, _columns(scale))


def instance_norm__flattened(features, scale, shift, epsilon):
    flat = features.flatten(2)
    centered = flat - flat.mean(-1, keepdim=True)
    normalized = centered * (centered.pow(2).mean(-1, keepdim=True) + epsilon).rsqrt()
    return (normalized * scale.unsqueeze(-1) + shift.unsqueeze(-1)).view_as(features)


def instance_norm__mean_of_squares(features, scale, shift, epsilon):
    mean = torch.einsum("nchw->nc", features) / features[0, 0].numel()
    square = torch.einsum("nchw,nchw->nc", features, features) / features[0, 0].numel()
    variance = (square - mean**2).clamp(min=0)
    return _columns(scale) * (features - _columns(mean)) / _columns(torch.sqrt(variance + epsilon)) + _columns(shift)


def instance_norm__image_by_image(features, scale, shift, epsilon):
    images = []
    for n, image in enumerate(features):
        channels = []
        for c, channel in enumerate(image):
            own = [rows[c] if rows.dim() == 1 else rows[n, c] for rows in (scale, shift)]
            channels.append((channel - channel.mean()) / (channel.var(correction=0) + epsilon) ** 0.5 * own[0] + own[1])
        images.append(torch.stack(channels))
    return torch.stack(images)


# Layers


def residual_block__in_two_lines(features, first, second):
    changed = second(F.relu(first(features)))
    return changed + features


def residual_block__clamped(features, first, second):
    return torch.add(second(first(features).clamp(min=0)), features)


def residual_block__sequential(features, first, second):
    return features + nn.Sequential(first, nn.ReLU(), second)(features)


def residual_block__masked(features, first, second):
    middle = first(features)
    return features.clone().add_(second(torch.where(middle > 0, middle, 0)))


def resize_convolve__repeat_interleave(features, weight, factor):
    enlarged = features.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
    return F.conv2d(nn.ReflectionPad2d(weight.shape[2] // 2)(enlarged), weight)


def resize_convolve__upsample_module(features, weight, factor):
    enlarged = nn.Upsample(scale_factor=factor, mode="nearest")(features)
    size = weight.shape[-1] // 2
    return F.conv2d(F.pad(enlarged, (size, size, size, size), "reflect"), weight)


def resize_convolve__kronecker(features, weight, factor):
    enlarged = torch.kron(features, torch.ones(1, 1, factor, factor, dtype=features.dtype))
    size = weight.shape[-1] // 2
    return F.conv2d(F.pad(enlarged, [size] * 4, mode="reflect"), weight)


def resize_convolve__convolution_module(features, weight, factor):
    options = {"padding": "same", "padding_mode": "reflect", "bias": False}
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], weight.shape[2], **options)
    layer.weight = nn.Parameter(weight, requires_grad=False)
    return layer(F.interpolate(features, size=[factor * length for length in features.shape[2:]]))


def resize_convolve__unfolded(features, weight, factor):
    enlarged = features[:, :, :, None, :, None].expand(-1, -1, -1, factor, -1, factor)
    enlarged = enlarged.flatten(4, 5).flatten(2, 3)
    size = weight.shape[-1] // 2
    columns = F.unfold(F.pad(enlarged, [size] * 4, mode="reflect"), weight.shape[-1])
    return (weight.flatten(1) @ columns).view(len(features), len(weight), *enlarged.shape[2:])


# The network


def _convolved(x, weight, stride=1):
    size = weight.shape[-1] // 2
    return F.conv2d(F.pad(x, [size] * 4, mode="reflect"), weight, stride=stride)


def transformation_network__line_by_line(images, weights, norm):
    x = F.relu(norm(_convolved(images, weights["enter.weight"]), "enter"))
    x = F.relu(norm(_convolved(x, weights["down1.weight"], 2), "down1"))
    x = F.relu(norm(_convolved(x, weights["down2.weight"], 2), "down2"))
    number = 0
    while f"residual{number}.first.weight" in weights:
        first, second = (f"residual{number}.{half}" for half in ("first", "second"))
        y = F.relu(norm(_convolved(x, weights[f"{first}.weight"]), first))
        x = x + norm(_convolved(y, weights[f"{second}.weight"]), second)
        number += 1
    x = F.relu(norm(resize_convolve__kronecker(x, weights["up1.weight"], 2), "up1"))
    x = F.relu(norm(resize_convolve__kronecker(x, weights["up2.weight"], 2), "up2"))
    return torch.sigmoid(_convolved(x, weights["leave.weight"]) + weights["leave.bias"].view(1, 3, 1, 1))


def transformation_network__table_of_layers(images, weights, norm):
    blocks = sum(name.endswith("first.weight") for name in weights)
    plan = [("enter", 1, 1), ("down1", 2, 1), ("down2", 2, 1)]
    plan += [f"residual{number}" for number in range(blocks)]
    plan += [("up1", 1, 2), ("up2", 1, 2)]
    x = images
    for entry in plan:
        if isinstance(entry, str):
            y = x
            for half in ("first", "second"):
                y = norm(_convolved(y, weights[f"{entry}.{half}.weight"]), f"{entry}.{half}")
                y = y.relu() if half == "first" else y
            x = x + y
        else:
            name, stride, factor = entry
            x = norm(_convolved(F.interpolate(x, scale_factor=factor), weights[f"{name}.weight"], stride), name).relu()
    x = _convolved(x, weights["leave.weight"]).permute(0, 2, 3, 1) + weights["leave.bias"]
    return 1 / (1 + torch.exp(-x.permute(0, 3, 1, 2)))


def transformation_network__bias_in_the_convolution(images, weights, norm):
    def named(name, stride=1):
        return lambda x: norm(_convolved(x, weights[name + ".weight"], stride), name)

    x = images
    for name, stride in {"enter": 1, "down1": 2, "down2": 2}.items():
        x = named(name, stride)(x).clamp(min=0)
    for number in range(10):
        if f"residual{number}.first.weight" in weights:
            halves = named(f"residual{number}.first"), named(f"residual{number}.second")
            x = residual_block__clamped(x, *halves)
    for name in ("up1", "up2"):
        x = named(name)(x.repeat_interleave(2, 2).repeat_interleave(2, 3)).clamp(min=0)
    return F.conv2d(F.pad(x, [4] * 4, mode="reflect"), weights["leave.weight"], weights["leave.bias"]).sigmoid()


def transformation_network__modules(images, weights, norm):
    class Step(nn.Module):
        def __init__(self, name, stride=1, factor=1, relu=True):
            super().__init__()
            self.name, self.stride, self.factor, self.relu = name, stride, factor, relu

        def forward(self, x):
            x = nn.Upsample(scale_factor=self.factor)(x)
            x = norm(_convolved(x, weights[f"{self.name}.weight"], self.stride), self.name)
            return x.relu() if self.relu else x

    class Block(nn.Module):
        def __init__(self, name):
            super().__init__()
            self.steps = nn.Sequential(Step(f"{name}.first"), Step(f"{name}.second", relu=False))

        def forward(self, x):
            return x + self.steps(x)

    blocks = [Block(name.removesuffix(".first.weight")) for name in weights if name.endswith(".first.weight")]
    steps = [Step("enter"), Step("down1", 2), Step("down2", 2), *blocks, Step("up1", 1, 2), Step("up2", 1, 2)]
    x = _convolved(nn.Sequential(*steps)(images), weights["leave.weight"])
    return torch.sigmoid(x + weights["leave.bias"].reshape(3, 1, 1))


# Losses


def perceptual_loss__einsum(features, contents, grams, content_weights, style_weights):
    content = [
        content_weights[name] * (features[name] - contents[name]).pow(2).flatten(1).mean(1) for name in content_weights
    ]
    style = []
    for name in style_weights:
        maps = features[name]
        gram = torch.einsum("nchw,ndhw->ncd", maps, maps) / math.prod(maps.shape[1:])
        style.append(style_weights[name] * torch.einsum("ncd->n", (gram - grams[name]) ** 2))
    return sum(content) + sum(style)


def perceptual_loss__image_by_image(features, contents, grams, content_weights, style_weights):
    def of(weight, n):
        return weight[n] if isinstance(weight, torch.Tensor) and weight.dim() else weight

    losses = []
    for n in range(len(next(iter(features.values())))):
        loss = 0
        for name, weight in content_weights.items():
            loss = loss + of(weight, n) * F.mse_loss(features[name][n], contents[name][n])
        for name, weight in style_weights.items():
            flat = features[name][n].flatten(1)
            target = grams[name][n if len(grams[name]) > 1 else 0]
            loss = loss + of(weight, n) * F.mse_loss(flat @ flat.T / flat.numel(), target, reduction="sum")
        losses.append(loss)
    return torch.stack(losses)


def perceptual_loss__frobenius_norm(features, contents, grams, content_weights, style_weights):
    total = 0
    for name, weight in content_weights.items():
        difference = (features[name] - contents[name]).flatten(1)
        total = total + weight * (difference.norm(dim=1) ** 2 / difference.shape[1])
    for name, weight in style_weights.items():
        flat = features[name].flatten(2) / features[name][0].numel() ** 0.5
        total = total + weight * torch.linalg.matrix_norm(torch.bmm(flat, flat.mT) - grams[name]) ** 2
    return total


def perceptual_loss__distances(features, contents, grams, content_weights, style_weights):
    total = 0
    for name, weight in content_weights.items():
        difference = (features[name] - contents[name]).flatten(1)
        total = total + weight * torch.linalg.vector_norm(difference, dim=1) ** 2 / difference.shape[1]
    for name, weight in style_weights.items():
        flat = features[name].flatten(2) / features[name][0].numel() ** 0.5
        total = total + weight * torch.linalg.matrix_norm(flat @ flat.mT - grams[name]) ** 2
    return total


# Training


def train_network__own_adam(stylize, weights, batches, loss, rate):
    trained = {name: value.clone().requires_grad_() for name, value in weights.items()}
    first, second = ({name: torch.zeros_like(value) for name, value in weights.items()} for _ in range(2))
    for n, batch in enumerate(batches):
        value = loss(stylize(trained, batch), batch).mean()
        gradients = torch.autograd.grad(value, list(trained.values()))
        now = rate * (1 + math.cos(math.pi * n / len(batches))) / 2
        for name, gradient in zip(list(trained), gradients):
            first[name] = 0.9 * first[name] + 0.1 * gradient
            second[name] = 0.999 * second[name] + 0.001 * gradient**2
            root = (second[name] / (1 - 0.999 ** (n + 1))).sqrt() + 1e-8
            step = now * first[name] / (1 - 0.9 ** (n + 1)) / root
            trained[name] = (trained[name] - step).detach().requires_grad_()
    return {name: value.detach() for name, value in trained.items()}


def train_network__lambda_schedule(stylize, weights, batches, loss, rate):
    names = list(weights)
    parameters = [nn.Parameter(weights[name].detach().clone()) for name in names]
    adam = torch.optim.Adam([{"params": parameters}], lr=rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(adam, lambda n: 0.5 + 0.5 * math.cos(math.pi * n / len(batches)))
    for batch in batches:
        value = torch.mean(loss(stylize(dict(zip(names, parameters)), batch), batch))
        adam.zero_grad(set_to_none=False)
        value.backward()
        adam.step()
        schedule.step()
    return {name: parameter.data for name, parameter in zip(names, parameters)}


def train_network__rate_by_hand(stylize, weights, batches, loss, rate):
    trained = {name: torch.tensor(value.numpy(), requires_grad=True) for name, value in weights.items()}
    adam = torch.optim.AdamW(list(trained.values()), lr=rate, weight_decay=0)
    for n in range(len(batches)):
        for group in adam.param_groups:
            group["lr"] = rate * math.cos(math.pi * n / len(batches) / 2) ** 2
        for value in trained.values():
            value.grad = None
        losses = loss(stylize(trained, batches[n]), batches[n])
        (losses.sum() / len(losses)).backward()
        adam.step()
    with torch.no_grad():
        return {name: value.clone() for name, value in trained.items()}


def train_network__photograph_by_photograph(stylize, weights, batches, loss, rate):
    """The gradients of a batch's photographs are added on purpose."""
    trained = {name: value.detach().clone().requires_grad_(True) for name, value in weights.items()}
    adam = torch.optim.Adam(trained.values(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, T_max=len(batches))
    for batch in batches:
        for photograph in batch.split(1):
            (loss(stylize(trained, photograph), photograph).sum() / len(batch)).backward()
        adam.step()
        adam.zero_grad()
        schedule.step()
    return {name: value.detach().numpy() for name, value in trained.items()}


def stability_loss__flattened(stylize, images, noise):
    noisy = torch.clip(images + noise, 0, 1)
    return (stylize(images) - stylize(noisy)).flatten(1).pow(2).mean(1)


def stability_loss__one_batch(stylize, images, noise):
    clean, noisy = stylize(torch.cat([images, (images + noise).clamp(0, 1)])).chunk(2)
    return F.mse_loss(noisy, clean, reduction="none").mean(dim=[1, 2, 3])


def stability_loss__image_by_image(stylize, images, noise):
    found = []
    for image, own in zip(images.split(1), noise.split(1)):
        noisy = torch.minimum(torch.maximum(image + own, torch.zeros_like(image)), torch.ones_like(image))
        found.append(((stylize(noisy) - stylize(image)) ** 2).mean())
    return torch.stack(found)


def stability_loss__distances(stylize, images, noise):
    noisy = torch.maximum(torch.minimum(images + noise, torch.ones_like(images)), torch.zeros_like(images))
    difference = (stylize(noisy) - stylize(images)).flatten(1)
    return torch.linalg.vector_norm(difference, dim=1) ** 2 / difference.shape[1]


# Several styles


def conditional_instance_norm__own_statistics(features, scales, shifts, styles, epsilon):
    variance, mean = torch.var_mean(features, dim=(2, 3), correction=0, keepdim=True)
    normalized = (features - mean) / torch.sqrt(variance + epsilon)
    return normalized * scales[styles][:, :, None, None] + shifts[styles][:, :, None, None]


def conditional_instance_norm__image_by_image(features, scales, shifts, styles, epsilon):
    made = []
    for image, style in zip(features, styles.tolist()):
        own = scales[style], shifts[style]
        made.append(F.group_norm(image[None], len(image), *own, eps=epsilon))
    return torch.cat(made)


def conditional_instance_norm__one_hot(features, scales, shifts, styles, epsilon):
    chosen = F.one_hot(styles, len(scales)).to(features)
    return instance_norm__native(features, chosen @ scales, chosen @ shifts, epsilon)


def conditional_instance_norm__embedding(features, scales, shifts, styles, epsilon):
    rows = [F.embedding(styles, table)[..., None, None] for table in (scales, shifts)]
    return torch.addcmul(rows[1], F.instance_norm(features, eps=epsilon), rows[0])


def conditional_instance_norm__batch_as_channels(features, scales, shifts, styles, epsilon):
    """Batch normalization of one image that has the channels of all of them."""
    together = features.flatten(0, 1)[None]
    rows = [table.index_select(0, styles).flatten() for table in (scales, shifts)]
    return F.batch_norm(together, None, None, *rows, training=True, eps=epsilon).view_as(features)


def mix_style_rows__einsum(tables, mixture):
    return {name: torch.einsum("ns,sc->nc", mixture, table) for name, table in tables.items()}


def mix_style_rows__style_by_style(tables, mixture):
    mixed = {}
    for name, table in tables.items():
        mixed[name] = sum(mixture[:, [style]] * table[style] for style in range(len(table)))
    return mixed


def mix_style_rows__numpy(tables, mixture):
    return {name: mixture.numpy().dot(table.numpy()) for name, table in tables.items()}


def mix_style_rows__linear_layer(tables, mixture):
    return {name: F.linear(mixture, table.T) for name, table in tables.items()}


def mix_style_rows__broadcast(tables, mixture):
    return {name: (mixture[:, :, None] * table[None]).sum(dim=1) for name, table in tables.items()}
