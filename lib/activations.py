"""What the layers of a network hold while it looks at an image.

Layers are named as in `network.named_modules()`: "head.relu", "blocks.3.expand.relu". A hook is a function
that PyTorch calls with a layer's output; every hook here is removed again, whatever happens.
"""

from contextlib import contextmanager
from difflib import get_close_matches

import torch


def find_layer(network, name):
    """The submodule called `name`. Raises ValueError, with the nearest names, if there is none."""
    modules = dict(network.named_modules())
    if name not in modules or not name:
        near = get_close_matches(name, modules, n=3, cutoff=0.3)
        raise ValueError(
            f"the network has no layer called {name!r}; "
            + (f"the nearest names are {', '.join(near)}" if near else "see network.named_modules()")
        )
    return modules[name]


@contextmanager
def hooked(network, name, function):
    """While inside, call `function(module, inputs, output)` after each forward pass of layer `name`.

    What the function returns, unless None, goes on through the network in place of the output.
    """
    handle = find_layer(network, name).register_forward_hook(function)
    try:
        yield
    finally:
        handle.remove()


@torch.no_grad()
def activations(network, images, names):
    """The outputs of several layers for a batch of images, in one forward pass.

    images: (N, 3, H, W) in [0, 1].  names: a list of layer names.
    returns: a dict from each name to that layer's output, (N, C, H', W') for a convolutional one.
    """
    found = {}

    def keep(name):
        def hook(module, inputs, output):
            found[name] = output

        return hook

    handles = []
    try:
        for name in names:
            handles.append(find_layer(network, name).register_forward_hook(keep(name)))
        network(images)
    finally:
        for handle in handles:
            handle.remove()
    return found
