"""What in an image excites a channel? Go back down, layer by layer, from its strongest activation to the pixels.

A deconvnet runs a network backward. From top to bottom, in the place of

    max pooling     unpooling: each value returns to where the maximum was (the switch), zeros elsewhere
    ReLU            the same ReLU, applied to what comes from above
    convolution     the transposed convolution with the same filters, without the bias

What arrives at the pixels is not an image that was seen, but a pattern: which parts of this image, in this
form, reached the channel.

Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", section 2.1 and figure 1.
"""

import torch
from torch import nn
from torch.nn import functional as F


def unpool(maps, switches, size):
    """Each value back to where the maximum was, zeros everywhere else.

    maps:     (N, C, h, w), as large as what came out of the pooling.
    switches: (N, C, h, w) integers: for each value the place of the maximum in its own map before
              pooling, as row · W + column.
    size:     (H, W), height and width before pooling. Where H is odd, 2 × 2 pooling left the last
              row out, so that it cannot be told from h.
    returns:  (N, C, H, W).

    Zeiler and Fergus 2014, section 2.1, "Unpooling".
    """
    height, width = size
    flat = maps.new_zeros(*maps.shape[:2], height * width)
    flat.scatter_(2, switches.flatten(2), maps.flatten(2))
    return flat.unflatten(2, (height, width))


def strongest_activation(maps, channel):
    """All activations of a layer set to zero, but for the strongest one of one channel.

    maps:    (N, C, h, w), nowhere negative.
    channel: int.
    returns: (N, C, h, w): for each image its own strongest activation of that channel, with its
             value and in its place; zeros elsewhere.

    Zeiler and Fergus 2014, section 2.1 and figure 2.
    """
    flat = maps[:, channel].flatten(1)
    place = flat.argmax(dim=1, keepdim=True)
    kept = torch.zeros_like(maps)
    kept[:, channel] = torch.zeros_like(flat).scatter(1, place, flat.gather(1, place)).view_as(maps[:, channel])
    return kept


def layer_down(module, maps, entered):
    """One layer of a deconvnet: from where the layer's output was to where its input was.

    module:  nn.MaxPool2d, nn.ReLU, nn.Conv2d (its bias plays no part), or the network's first layer,
             which computes (x − mean) / std with `module.std` (3, 1, 1).
    maps:    (N, C, h, w), shaped as the layer's output.
    entered: (N, C', H, W), what went into the layer on the way forward.
    returns: (N, C', H, W), shaped as the layer's input.

    Zeiler and Fergus 2014, section 2.1.
    """
    if isinstance(module, nn.MaxPool2d):
        _, switches = F.max_pool2d(entered, module.kernel_size, module.stride, return_indices=True)
        return unpool(maps, switches, entered.shape[-2:])
    if isinstance(module, nn.ReLU):
        return maps.relu()
    if isinstance(module, nn.Conv2d):
        return nn.grad.conv2d_input(entered.shape, module.weight, maps, module.stride, module.padding)
    return maps / module.std


def deconvnet(network, layer, images, channel):
    """What excited a channel most, drawn in pixels, by the functions above.

    network: an nn.Sequential of layers that `layer_down` knows, up to `layer`.
    layer:   the name of one of its layers.
    images:  (N, 3, H, W) in [0, 1].
    channel: int, a channel of that layer.
    returns: (N, 3, H, W), of either sign, without a graph.

    Zeiler and Fergus 2014, section 2.1 and figure 1.
    """
    layers = network[: list(dict(network.named_children())).index(layer) + 1]
    entered = []
    with torch.no_grad():
        maps = images
        for module in layers:
            entered.append(maps)
            maps = module(maps)
        maps = strongest_activation(maps, channel)
        for module in reversed(layers):
            maps = layer_down(module, maps, entered.pop())
    return maps
