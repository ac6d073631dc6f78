"""Right solutions of 02-deconvnet-guided-backprop, each written as somebody might who does not think like the
reference."""

import copy

import numpy as np
import torch
from alternatives.deconvnet_layers import *  # noqa: F403  its functions are found by this module's names
from scipy.stats import rankdata, spearmanr
from torch import nn
from torch.nn import functional as F

from lib.swapping import swapped

# Gradients of a score


def pixel_gradients__backward(network, images, class_index):
    pixels = images.clone().detach().requires_grad_(True)
    network(pixels)[:, class_index].sum().backward()
    return pixels.grad


def pixel_gradients__image_by_image(network, images, class_index):
    found = []
    for image in images:
        x = image[None].clone().requires_grad_()
        network(x)[0, class_index].backward()
        found.append(x.grad[0])
    return torch.stack(found)


def pixel_gradients__one_hot_from_above(network, images, class_index):
    pixels = images.clone().requires_grad_()
    scores = network(pixels)
    above = torch.zeros_like(scores)
    above[:, class_index] = 1
    return torch.autograd.grad(scores, pixels, grad_outputs=above)[0]


def pixel_gradients__functional(network, images, class_index):
    return torch.func.grad(lambda pixels: network(pixels)[:, class_index].sum())(images)


def pixel_gradients__gather(network, images, class_index):
    pixels = torch.autograd.Variable(images.clone(), requires_grad=True)
    wanted = torch.tensor([class_index] * len(images))
    network(pixels).gather(1, wanted[:, None]).sum().backward()
    return pixels.grad.detach()


# Saliency


def saliency_map__max(gradients):
    return torch.abs(gradients).max(dim=1).values


def saliency_map__both_ends(gradients):
    return torch.maximum(gradients.amax(1), -gradients.amin(1))


def saliency_map__color_by_color(gradients):
    red, green, blue = gradients.unbind(1)
    return torch.maximum(torch.maximum(red.abs(), green.abs()), blue.abs())


def saliency_map__numpy(gradients):
    return np.abs(gradients.numpy()).max(axis=1)


def saliency_map__infinite_norm(gradients):
    return torch.linalg.vector_norm(gradients, ord=float("inf"), dim=1)


def _range(image):
    return (image.max() - image.min()).item()


def smooth_grad__list_of_gradients(network, images, class_index, samples, sigma, generator):
    spread = sigma * torch.tensor([_range(image) for image in images]).view(-1, 1, 1, 1)
    found = []
    for _ in range(samples):
        noisy = images + spread * torch.randn(images.shape, generator=generator)
        found.append(pixel_gradients__backward(network, noisy, class_index))
    return torch.stack(found).mean(0).abs().amax(1)


def smooth_grad__running_mean(network, images, class_index, samples, sigma, generator):
    flat = images.flatten(1)
    spread = sigma * (flat.max(1).values - flat.min(1).values)[:, None, None, None]
    mean = 0
    for count in range(1, samples + 1):
        noise = torch.randn(images.shape, generator=generator)
        gradient = pixel_gradients__functional(network, images + noise * spread, class_index)
        mean = mean + (gradient - mean) / count
    return saliency_map__numpy(mean)


def smooth_grad__noise_first(network, images, class_index, samples, sigma, generator):
    noises = [torch.randn(images.shape, generator=generator) for _ in range(samples)]
    maps = []
    for number, image in enumerate(images):
        gradients = [
            pixel_gradients__backward(network, (image + sigma * _range(image) * noise[number])[None], class_index)
            for noise in noises
        ]
        maps.append(saliency_map__both_ends(sum(gradients) / samples)[0])
    return torch.stack(maps)


def smooth_grad__all_samples_in_one_batch(network, images, class_index, samples, sigma, generator):
    noise = torch.stack([torch.empty_like(images).normal_(generator=generator) for _ in range(samples)])
    spread = sigma * (images.amax((1, 2, 3), keepdim=True) - images.amin((1, 2, 3), keepdim=True))
    noisy = (images + spread * noise).flatten(0, 1)
    gradients = pixel_gradients__backward(network, noisy, class_index)
    return gradients.unflatten(0, (samples, len(images))).mean(0).abs().max(1)[0]


# Rules


def relu_backward__where(x, upstream, rule, ceiling=float("inf")):
    zero = torch.zeros_like(upstream)
    if rule != "deconvnet":
        upstream = torch.where((x <= 0) | (x >= ceiling), zero, upstream)
    if rule != "plain":
        upstream = torch.where(upstream > 0, upstream, zero)
    return upstream


def relu_backward__relu_of_the_gradient(x, upstream, rule, ceiling=float("inf")):
    on = ((x > 0) & (x < ceiling)).to(upstream.dtype)
    return {"plain": upstream * on, "deconvnet": F.relu(upstream), "guided": F.relu(upstream) * on}[rule]


def relu_backward__autograd_inside(x, upstream, rule, ceiling=float("inf")):
    if rule == "deconvnet":
        return upstream.clamp(min=0)
    leaf = x.clone().requires_grad_()
    (plain,) = torch.autograd.grad(F.relu(leaf) - F.relu(leaf - ceiling), leaf, upstream)
    return plain if rule == "plain" else plain.clamp(min=0)


def relu_backward__numpy(x, upstream, rule, ceiling=float("inf")):
    x, result = x.numpy(), upstream.numpy().copy()
    if rule in ("plain", "guided"):
        result[~((0 < x) & (x < ceiling))] = 0
    if rule in ("deconvnet", "guided"):
        result[result < 0] = 0
    return result


def relu_backward__value_by_value(x, upstream, rule, ceiling=float("inf")):
    result = []
    for a, r in zip(x.flatten().tolist(), upstream.flatten().tolist()):
        on = 0 < a < ceiling
        passes = {"plain": on, "deconvnet": r > 0, "guided": on and r > 0}[rule]
        result.append(r if passes else 0.0)
    return torch.tensor(result, dtype=upstream.dtype).view(upstream.shape)


def rectify__saving_masks(x, rule, ceiling=float("inf")):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.on = (x > 0) & (x < ceiling)
            return torch.relu(x).clamp(max=ceiling)

        @staticmethod
        def backward(ctx, grad):
            if rule == "plain":
                return grad * ctx.on
            return grad.relu() * (ctx.on if rule == "guided" else 1)

    return Function.apply(x)


class _WithArguments(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, rule, ceiling):
        ctx.save_for_backward(x)
        ctx.rule, ctx.ceiling = rule, ceiling
        return x.clamp(min=0, max=ceiling)

    @staticmethod
    def backward(ctx, grad):
        return relu_backward__where(*ctx.saved_tensors, grad, ctx.rule, ctx.ceiling), None, None


def rectify__arguments_through_apply(x, rule, ceiling=float("inf")):
    return _WithArguments.apply(x, rule, ceiling)


def rectify__hook_on_the_input(x, rule, ceiling=float("inf")):
    inside = x.clone()
    y = inside.detach().clamp(0, ceiling)
    inside.register_hook(lambda grad: relu_backward__relu_of_the_gradient(x.detach(), grad, rule, ceiling))
    return inside + (y - inside).detach()


def rectify__remembering_the_output(x, rule, ceiling=float("inf")):
    class Function(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            y = x.clamp(0, ceiling)
            ctx.save_for_backward(y)
            return y

        @staticmethod
        def backward(ctx, grad):
            return relu_backward__where(*ctx.saved_tensors, grad, rule, ceiling)

    return Function.apply(x)


# Gradients by a rule


class _Layer(nn.Module):
    def __init__(self, rule, ceiling):
        super().__init__()
        self.rule, self.ceiling = rule, ceiling

    def forward(self, x):
        return rectify__saving_masks(x, self.rule, self.ceiling)


def _relus(network):
    return {name: m for name, m in network.named_modules() if type(m) in (nn.ReLU, nn.ReLU6)}


def gradients_by_rule__on_a_copy(network, images, class_index, rule):
    network = copy.deepcopy(network)
    relus = _relus(network)
    if len(relus) == 0:
        raise ValueError("nothing to guide")
    for name, relu in relus.items():
        network.set_submodule(name, _Layer(rule, 6 if type(relu) is nn.ReLU6 else float("inf")))
    return pixel_gradients__backward(network, images, class_index)


def gradients_by_rule__swapped_by_hand(network, images, class_index, rule):
    relus = _relus(network)
    if not relus:
        raise ValueError
    try:
        for name, relu in relus.items():
            network.set_submodule(name, _Layer(rule, getattr(relu, "max_val", float("inf"))))
        return pixel_gradients__image_by_image(network, images, class_index)
    finally:
        for name, relu in relus.items():
            network.set_submodule(name, relu)


def gradients_by_rule__forward_hooks(network, images, class_index, rule):
    relus = _relus(network).values()
    if not relus:
        raise ValueError

    def hook(module, inputs, output):
        return rectify__saving_masks(inputs[0], rule, 6.0 if isinstance(module, nn.ReLU6) else float("inf"))

    handles = [relu.register_forward_hook(hook) for relu in relus]
    try:
        return pixel_gradients__one_hot_from_above(network, images, class_index)
    finally:
        for handle in handles:
            handle.remove()


def gradients_by_rule__default_arguments(network, images, class_index, rule):
    functions = {}
    for name, module in network.named_modules():
        if isinstance(module, nn.ReLU):
            functions[name] = lambda x: rectify__hook_on_the_input(x, rule)
        elif isinstance(module, nn.ReLU6):
            functions[name] = lambda x: rectify__hook_on_the_input(x, rule, 6.0)
    if functions == {}:
        raise ValueError("no modules")
    with swapped(network, functions):
        return pixel_gradients__image_by_image(network, images, class_index)


# Sanity


def rank_correlation__scipy(one, other):
    return float(spearmanr(one.flatten().numpy(), other.flatten().numpy()).statistic)


def rank_correlation__numpy(one, other):
    ranks = [rankdata(np.asarray(values).ravel()) for values in (one, other)]
    return np.corrcoef(*ranks)[0, 1]


def _ranks(values):
    values = values.flatten()
    below = (values[:, None] > values[None]).sum(1)
    equal = (values[:, None] == values[None]).sum(1)
    return (below + (equal - 1) / 2).double()


def rank_correlation__counting_smaller_ones(one, other):
    a, b = (_ranks(values) - _ranks(values).mean() for values in (one, other))
    return (a * b).sum() / (a.square().sum() * b.square().sum()).sqrt()


def rank_correlation__cosine_of_centered_ranks(one, other):
    a, b = (_ranks(values) - (values.numel() - 1) / 2 for values in (one, other))
    return F.cosine_similarity(a, b, dim=0).item()


def randomized_layers__set_parameters(network, names, generator):
    made = copy.deepcopy(network)
    for name in names:
        module = dict(made.named_modules())[name]
        std = module.weight.std().item()
        module.weight = nn.Parameter(std * torch.randn(module.weight.shape, generator=generator))
        module.bias = nn.Parameter(torch.zeros(module.bias.shape))
    return made


def randomized_layers__state_dict(network, names, generator):
    weights = dict(network.state_dict())
    for name in names:
        old = weights[name + ".weight"]
        weights[name + ".weight"] = torch.randn(old.shape, generator=generator) * old.std()
        weights[name + ".bias"] = 0 * weights[name + ".bias"]
    made = copy.deepcopy(network)
    made.load_state_dict(weights)
    return made


def randomized_layers__init(network, names, generator):
    made = copy.deepcopy(network)
    for name in names:
        module = made.get_submodule(name)
        nn.init.normal_(module.weight, std=float(module.weight.std()), generator=generator)
        nn.init.zeros_(module.bias)
    return made


def randomized_layers__standard_deviation_by_hand(network, names, generator):
    made = copy.deepcopy(network)
    for name in names:
        weight, bias = made.get_parameter(name + ".weight"), made.get_parameter(name + ".bias")
        centered = weight.data - weight.data.mean()
        std = (centered.square().sum() / (weight.numel() - 1)).sqrt()
        weight.data = torch.randn(*weight.shape, generator=generator).mul(std)
        bias.data.fill_(0)
    return made
