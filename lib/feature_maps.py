"""The feature maps of some layers, differentiable, for no more work than they need.

Whoever optimizes an image runs the same network hundreds of times and reads two or three of its layers. What comes
after the last of these costs as much as what comes before, and is never looked at: the pass ends there. What stays
in the graph is therefore only what a gradient needs.
"""

from contextlib import nullcontext

import torch

from lib.activations import find_layer


def feature_maps(network, images, layers, precision=None):
    """The outputs of the named layers for a batch of images.

    network: an nn.Module that takes images (N, 3, H, W) in [0, 1].
    layers:  a list of layer names, as in `network.named_modules()`. Raises ValueError for a name that is not there,
             and for a layer that the network does not use.
    precision: None, or torch.bfloat16 (on a GPU also torch.float16): the layers then compute in it where that is safe
             (autocast), which is quicker on machines that are made for it. What comes back is float32 all the same.
    returns: a dict from each name to that layer's output, (N, C, H', W') for a convolutional one; gradients flow from
             it to the images. No layer that is reached after the last of these is computed, and no hook stays.
    """
    found, handles = {}, []

    def keep(name):
        def hook(module, inputs, output):
            found[name] = output
            if len(found) == len(set(layers)):
                raise _Enough

        return hook

    try:
        for name in layers:
            handles.append(find_layer(network, name).register_forward_hook(keep(name)))
        with nullcontext() if precision is None else torch.autocast(images.device.type, precision):
            network(images)
    except _Enough:
        return {name: found[name] if precision is None else found[name].float() for name in layers}
    finally:
        for handle in handles:
            handle.remove()
    unused = [name for name in layers if name not in found]
    if unused:
        raise ValueError(f"the network has {' and '.join(unused)}, but does not use it for these images")
    return {}


class _Enough(Exception):  # noqa: N818 - no error: it carries the pass out of the network
    """Raised by a hook once every layer has been seen."""
