"""Right solutions of 09-style-transfer, each written as somebody might who does not think like the reference."""

import numpy as np
import torch
from scipy.linalg import sqrtm
from torch import nn
from torch.nn import functional as F

from lib.images import resize

# Two losses


def content_loss__mean_squared_error(features, target):
    target = target.expand_as(features)
    return torch.stack([F.mse_loss(a, b, reduction="sum") / 2 for a, b in zip(features, target)])


def content_loss__dot_product(features, target):
    flat = (features - target).flatten(1)
    return (flat[:, None] @ flat[:, :, None]).flatten() / 2


def content_loss__norm_squared(features, target):
    return torch.linalg.vector_norm(features - target, dim=(1, 2, 3)) ** 2 / 2


def content_loss__einsum(features, target):
    difference = features - target
    return 0.5 * torch.einsum("nchw,nchw->n", difference, difference)


def content_loss__image_by_image(features, target):
    losses = []
    for number, own in enumerate(features):
        wanted = target[number] if len(target) > 1 else target[0]
        losses.append(((own - wanted) ** 2).sum().mul(0.5))
    return torch.stack(losses)


def style_loss__einsum(features, target):
    n, c, h, w = features.shape
    gram = torch.einsum("nchw,ndhw->ncd", features, features) / (h * w)
    return ((gram - target) ** 2).sum((1, 2)) / (4 * c * c)


def style_loss__mean_of_outer_products(features, target):
    flat = features.flatten(2).transpose(1, 2)
    gram = (flat[..., :, None] * flat[..., None, :]).mean(dim=1)
    return (gram - target).pow(2).mean(dim=(1, 2)) / 4


def style_loss__root_first(features, target):
    n, c, h, w = features.shape
    flat = features.view(n, c, h * w) / (h * w) ** 0.5
    return ((torch.bmm(flat, flat.mT) - target) / (2 * c)).square().sum(-1).sum(-1)


def style_loss__image_by_image(features, target):
    losses = []
    for own, wanted in zip(features, target.expand(len(features), -1, -1)):
        rows = own.reshape(len(own), -1)
        losses.append(F.mse_loss(rows @ rows.T / rows.shape[1], wanted) / 4)
    return torch.stack(losses)


def style_loss__gatys_constants_with_sums(features, target):
    channels, positions = features.shape[1], features[0, 0].numel()
    flat = features.flatten(2)
    difference = flat @ flat.transpose(1, 2) - target * positions
    return difference.square().sum((1, 2)) / (4 * channels**2 * positions**2)


# A module


class _Plain(nn.Module):
    def __init__(self, loss, target, weight):
        super().__init__()
        self.loss = loss
        self.register_buffer("target", target.detach().clone())
        self.register_buffer("weight", weight if isinstance(weight, torch.Tensor) else torch.tensor(float(weight)))

    def forward(self, features):
        return self.loss(features, self.target) * self.weight


def loss_module__class_outside(loss, target, weight):
    return _Plain(loss, target, weight)


def loss_module__frozen_parameter(loss, target, weight):
    class Held(nn.Module):
        def __init__(self):
            super().__init__()
            self.target = nn.Parameter(target.detach(), requires_grad=False)
            self.weight = nn.Parameter(torch.as_tensor(weight).detach(), requires_grad=False)

        def forward(self, x):
            return loss(x, self.target).mul(self.weight)

    return Held()


def loss_module__buffers_that_are_not_saved(loss, target, weight):
    module = nn.Module()
    module.register_buffer("goal", target.data, persistent=False)
    module.register_buffer("factor", torch.as_tensor(weight), persistent=False)

    class Called(nn.Module):
        def __init__(self):
            super().__init__()
            self.held = module

        def forward(self, features):
            return self.held.factor * loss(features, self.held.goal)

    return Called()


def loss_module__forward_handed_over(loss, target, weight):
    class Empty(nn.Module):
        def forward(self, features):
            factor = self.weight if isinstance(weight, torch.Tensor) else weight
            return factor * loss(features, self.target)

    module = Empty()
    module.register_buffer("target", target.clone().detach())
    if isinstance(weight, torch.Tensor):
        module.register_buffer("weight", weight)
    return module


# The weighted sum


def transfer_loss__stack_and_mean(features, content, style, alpha, beta):
    def mean(modules):
        return torch.stack([module(features[name]) for name, module in modules.items()]).mean(dim=0)

    return alpha * mean(content) + beta * mean(style)


def transfer_loss__weights_inside(features, content, style, alpha, beta):
    total = 0
    for weight, modules in ((alpha, content), (beta, style)):
        for name in modules:
            total = total + weight / len(modules) * modules[name](features[name])
    return total


def transfer_loss__layer_by_layer(features, content, style, alpha, beta):
    total = torch.zeros(len(next(iter(features.values()))), dtype=next(iter(features.values())).dtype)
    for name, maps in features.items():
        if name in content:
            total = total + alpha * content[name](maps) / len(content)
        if name in style:
            total = total + beta * style[name](maps) / len(style)
    return total


def transfer_loss__filled_in(features, content, style, alpha, beta):
    sums = []
    for modules in (content, style):
        kept = None
        for name, module in modules.items():
            loss = module(features[name])
            kept = loss if kept is None else kept + loss
        sums.append(kept / len(modules))
    first, second = sums
    return first * alpha + second * beta


# Pixels


def optimize_pixels__strong_wolfe(network, objective, start, steps):
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS(
        [pixels], max_iter=steps, max_eval=25 * steps, history_size=20, tolerance_grad=0, tolerance_change=0,
        line_search_fn="strong_wolfe",
    )  # fmt: skip

    def closure():
        value = objective(network(pixels)).sum()
        pixels.grad = torch.autograd.grad(value, pixels)[0]
        return value

    optimizer.step(closure)
    return pixels.detach().clamp(0, 1)


def optimize_pixels__network_frozen_and_restored(network, objective, start, steps):
    flags = [parameter.requires_grad for parameter in network.parameters()]
    network.requires_grad_(False)
    pixels = start.detach().clone().requires_grad_(True)
    optimizer = torch.optim.LBFGS([pixels], max_iter=steps, max_eval=9999, tolerance_grad=0, tolerance_change=0)

    def closure():
        optimizer.zero_grad()
        loss = objective(network(pixels)).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    for parameter, flag in zip(network.parameters(), flags):
        parameter.requires_grad_(flag)
    with torch.no_grad():
        return pixels.clip(0, 1)


def optimize_pixels__one_iteration_at_a_time(network, objective, start, steps):
    network.requires_grad_(False)
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([pixels], max_iter=1, history_size=50, tolerance_grad=0, tolerance_change=0)

    def closure():
        optimizer.zero_grad()
        loss = objective(network(pixels)).sum()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return pixels.data.clamp(0, 1)


def optimize_pixels__inputs_of_backward(network, objective, start, steps):
    image = nn.Parameter(start.clone())
    optimizer = torch.optim.LBFGS([image], max_iter=steps, max_eval=100 * steps, tolerance_grad=0, tolerance_change=0)

    def evaluate():
        image.grad = None
        total = objective(network(image)).sum()
        total.backward(inputs=[image])
        return total

    optimizer.step(evaluate)
    return torch.minimum(torch.maximum(image.detach(), torch.zeros(())), torch.ones(()))


# From coarse to fine


def coarse_to_fine__first_size_apart(improve, photograph, sizes):
    small = resize(photograph, sizes[0])
    made = improve(small)
    for size in sizes[1:]:
        larger = resize(photograph, size)
        made, small = improve((larger + resize(made - small, size)).clamp(0, 1)), larger
    return made


def coarse_to_fine__recursion(improve, photograph, sizes):
    scaled = resize(photograph, sizes[-1])
    if len(sizes) == 1:
        return improve(scaled.clip(0, 1))
    before = coarse_to_fine__recursion(improve, photograph, sizes[:-1])
    change = before - resize(photograph, sizes[-2])
    return improve((scaled + resize(change, sizes[-1])).clip(0, 1))


def coarse_to_fine__all_photographs_first(improve, photograph, sizes):
    pyramid = [resize(photograph, size) for size in sizes]
    change = None
    for scaled in pyramid:
        given = scaled if change is None else scaled + resize(change, tuple(scaled.shape[-2:]))
        made = improve(torch.clamp(given, min=0, max=1))
        change = made - scaled
    return made


def coarse_to_fine__resize_is_linear(improve, photograph, sizes):
    """What is enlarged in one piece may be enlarged in two."""
    made = None
    for number, size in enumerate(sizes):
        given = resize(photograph, size)
        if number:
            given = given + resize(made, size) - resize(resize(photograph, sizes[number - 1]), size)
        made = improve(given.clamp(0, 1))
    return made


# Mixed styles


def mixed_target__tensordot(targets, shares):
    return torch.tensordot(shares / shares.sum(1, keepdim=True), targets, dims=1)


def mixed_target__flat(targets, shares):
    weights = F.normalize(shares, p=1, dim=1)
    return (weights @ targets.flatten(1)).view(-1, *targets.shape[1:])


def mixed_target__divided_at_the_end(targets, shares):
    mixed = (shares[:, :, None, None] * targets[None]).sum(dim=1)
    return mixed / shares.sum(dim=1)[:, None, None]


def mixed_target__loops(targets, shares):
    return [
        sum(share * target for share, target in zip(row, targets.double().numpy())) / sum(row)
        for row in shares.tolist()
    ]


# Colors


def keep_colors__yiq_and_back(stylized, photographs):
    matrix = torch.tensor(
        [[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]], dtype=photographs.dtype
    )
    ours, theirs = (torch.einsum("yc,nchw->nyhw", matrix, x) for x in (stylized, photographs))
    mixed = torch.cat([ours[:, :1], theirs[:, 1:]], dim=1)
    return torch.einsum("cy,nyhw->nchw", torch.linalg.inv(matrix), mixed)


def keep_colors__color_differences(stylized, photographs):
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=photographs.dtype)
    light = torch.tensordot(stylized.movedim(1, -1), weights, dims=1)
    chroma = photographs.movedim(1, -1)
    chroma = chroma - (chroma @ weights)[..., None]
    return (light[..., None] + chroma).movedim(-1, 1)


def keep_colors__by_hand(stylized, photographs):
    def light(x):
        return 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]

    return photographs + (light(stylized) - light(photographs)).unsqueeze(1)


def keep_colors__convolution(stylized, photographs):
    kernel = torch.tensor([0.299, 0.587, 0.114], dtype=photographs.dtype).view(1, 3, 1, 1)
    return F.conv2d(stylized - photographs, kernel).expand_as(photographs) + photographs


def keep_colors__numpy(stylized, photographs):
    s, p = stylized.numpy(), photographs.numpy()
    return p + np.tensordot([0.299, 0.587, 0.114], s - p, axes=(0, 1))[:, None]


def match_colors__scipy_roots(images, references):
    result = []
    for n, image in enumerate(images.numpy().astype(float)):
        reference = references[n % len(references)].numpy().astype(float).reshape(3, -1)
        flat = image.reshape(3, -1)
        small = 1e-5 * np.eye(3)
        own, wanted = np.cov(flat, bias=True) + small, np.cov(reference, bias=True) + small
        matrix = np.real(sqrtm(wanted)) @ np.linalg.inv(np.real(sqrtm(own)))
        made = matrix @ (flat - flat.mean(1, keepdims=True)) + reference.mean(1, keepdims=True)
        result.append(made.reshape(image.shape))
    return np.stack(result)


def match_colors__svd(images, references):
    def root(x, power):
        flat = x.flatten(2)
        covariance = torch.stack([torch.cov(one, correction=0) for one in flat]) + 1e-5 * torch.eye(3, dtype=x.dtype)
        u, s, _ = torch.linalg.svd(covariance)
        return u @ torch.diag_embed(s**power) @ u.mT

    matrix = root(references, 0.5) @ root(images, -0.5)
    centered = images - images.mean((2, 3), keepdim=True)
    return torch.einsum("nij,njhw->nihw", matrix.expand(len(images), -1, -1), centered) + references.mean(
        (2, 3), keepdim=True
    )


def match_colors__newton_schulz(images, references):
    """Roots by the iteration of Denman and Beavers, in double precision."""

    def roots(x):
        flat = x.double().flatten(2)
        centered = flat - flat.mean(2, keepdim=True)
        y = centered @ centered.mT / flat.shape[2] + 1e-5 * torch.eye(3).double()
        z = torch.eye(3).double().expand_as(y)
        for _ in range(40):
            y, z = (y + torch.linalg.inv(z)) / 2, (z + torch.linalg.inv(y)) / 2
        return y, z, flat.mean(2, keepdim=True), centered

    _, undo, _, centered = roots(images)
    color, _, mean, _ = roots(references)
    return (color @ undo @ centered + mean).view(images.shape)


def match_colors__one_after_the_other(images, references):
    made = []
    for n in range(len(images)):
        flat = images[n].flatten(1).T
        wanted = references[min(n, len(references) - 1)].flatten(1).T
        eye = 1e-5 * torch.eye(3, dtype=flat.dtype)
        a, b = (x - x.mean(0) for x in (flat, wanted))
        va, ua = torch.linalg.eigh(a.T @ a / len(a) + eye)
        vb, ub = torch.linalg.eigh(b.T @ b / len(b) + eye)
        matrix = (ub * vb.sqrt()) @ ub.T @ (ua / va.sqrt()) @ ua.T
        made.append((a @ matrix.T + wanted.mean(0)).T.view(images[n].shape))
    return torch.stack(made)
