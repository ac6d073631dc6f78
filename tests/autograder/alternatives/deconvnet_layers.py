"""Right solutions of the deconvnet's exercises in 02; `deconvnet_guided_backprop` hands them on."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def unpool__pytorch(maps, switches, size):
    return F.max_unpool2d(maps, switches, 2, 2, output_size=size)


def unpool__loops(maps, switches, size):
    result = torch.zeros(*maps.shape[:2], *size, dtype=maps.dtype)
    for n, c, i, j in np.ndindex(*maps.shape):
        place = switches[n, c, i, j].item()
        result[n, c, place // size[1], place % size[1]] = maps[n, c, i, j]
    return result


def unpool__numpy(maps, switches, size):
    result = np.zeros((*maps.shape[:2], size[0] * size[1]), dtype=maps.numpy().dtype)
    np.put_along_axis(result, switches.flatten(2).numpy(), maps.flatten(2).numpy(), axis=2)
    return result.reshape(*maps.shape[:2], *size)


def unpool__one_hot(maps, switches, size):
    where = F.one_hot(switches.flatten(2), size[0] * size[1]).to(maps)
    return torch.einsum("ncp,ncpq->ncq", maps.flatten(2), where).view(*maps.shape[:2], *size)


def strongest_activation__loop(maps, channel):
    kept = torch.zeros_like(maps)
    for n in range(len(maps)):
        place = maps[n, channel].argmax().item()
        i, j = divmod(place, maps.shape[3])
        kept[n, channel, i, j] = maps[n, channel, i, j]
    return kept


def strongest_activation__mask(maps, channel):
    own = maps[:, channel : channel + 1]
    mask = torch.zeros_like(maps, dtype=torch.bool)
    mask[:, channel : channel + 1] = own == own.amax((2, 3), keepdim=True)
    return maps * mask


def strongest_activation__pool_and_unpool(maps, channel):
    size = maps.shape[2:]
    pooled, switches = F.adaptive_max_pool2d(maps, 1, return_indices=True)
    all_channels = F.max_unpool2d(pooled, switches, tuple(size), output_size=tuple(size))
    return all_channels * F.one_hot(torch.tensor(channel), maps.shape[1]).view(1, -1, 1, 1)


def strongest_activation__numpy(maps, channel):
    values = maps.numpy()
    kept = np.zeros_like(values)
    for n, flat in enumerate(values[:, channel].reshape(len(values), -1)):
        kept[n, channel].flat[flat.argmax()] = flat.max()
    return kept


def layer_down__output_padding(module, maps, entered):
    if isinstance(module, nn.MaxPool2d):
        switches = F.max_pool2d(entered, 2, 2, return_indices=True)[1]
        return F.max_unpool2d(maps, switches, 2, 2, output_size=entered.shape)
    if isinstance(module, nn.ReLU):
        return F.relu(maps)
    if isinstance(module, nn.Conv2d):
        k, s, p = module.kernel_size, module.stride, module.padding
        extra = [entered.shape[2 + a] - ((maps.shape[2 + a] - 1) * s[a] - 2 * p[a] + k[a]) for a in (0, 1)]
        return F.conv_transpose2d(maps, module.weight, stride=s, padding=p, output_padding=extra)
    return maps / module.std


def layer_down__autograd_for_linear_layers(module, maps, entered):
    if isinstance(module, nn.ReLU):
        return torch.where(maps > 0, maps, torch.zeros_like(maps))
    with torch.enable_grad():
        x = entered.clone().requires_grad_()
        return torch.autograd.grad(module(x), x, maps)[0]


def layer_down__transposed_module(module, maps, entered):
    kind = type(module).__name__
    if kind == "Conv2d":
        back = nn.ConvTranspose2d(
            module.out_channels, module.in_channels, module.kernel_size, module.stride, module.padding, bias=False
        )
        back.weight.data = module.weight
        return back(maps, output_size=entered.shape[2:]).detach()
    if kind == "MaxPool2d":
        pooled, places = nn.MaxPool2d(2, 2, return_indices=True)(entered)
        return unpool__loops(maps, places, entered.shape[2:])
    return maps.clamp(min=0) if kind == "ReLU" else maps * (1 / module.std)


def layer_down__vjp(module, maps, entered):
    if isinstance(module, nn.ReLU):
        return maps * (maps > 0)
    return torch.func.vjp(module, entered)[1](maps)[0]


def _cut(network, layer):
    names = [name for name, _ in network.named_children()]
    return list(network.children())[: names.index(layer) + 1]


def deconvnet__recursive(network, layer, images, channel):
    def through(modules, x):
        if not modules:
            return strongest_activation__loop(x, channel)
        return layer_down__output_padding(modules[0], through(modules[1:], modules[0](x)), x)

    return through(_cut(network, layer), images)


def deconvnet__list_of_everything(network, layer, images, channel):
    modules, states = _cut(network, layer), [images]
    for module in modules:
        states.append(module(states[-1]))
    signal = strongest_activation__mask(states[-1], channel)
    for number in range(len(modules) - 1, -1, -1):
        signal = layer_down__transposed_module(modules[number], signal, states[number])
    return signal


def deconvnet__backward_with_a_rule(network, layer, images, channel):
    pixels = images.clone().requires_grad_()
    x = pixels
    for module in _cut(network, layer):
        if isinstance(module, nn.ReLU):  # straight through, but for what a hook cuts off on the way back
            x = x + (module(x) - x).detach()
            x.register_hook(F.relu)
        else:
            x = module(x)
    top = strongest_activation__mask(x.detach(), channel)
    return torch.autograd.grad(x, pixels, top)[0]


def deconvnet__hooks(network, layer, images, channel):
    modules, inputs, handles = _cut(network, layer), {}, []
    for module in modules:
        handles.append(module.register_forward_hook(lambda m, i, o: inputs.__setitem__(m, (i[0], o))))
    network(images)
    for handle in handles:
        handle.remove()
    signal = strongest_activation__loop(inputs[modules[-1]][1], channel)
    for module in modules[::-1]:
        signal = layer_down__vjp(module, signal, inputs[module][0])
    return signal
