"""Other functions in the place of some layers, for as long as a `with` block lasts.

So a network can be given other rules without being changed: afterwards the very same modules are back,
whatever happened in between.
"""

from contextlib import contextmanager

from torch import nn

from lib.activations import find_layer


class _Calls(nn.Module):
    """A layer that calls a function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


@contextmanager
def swapped(network, functions):
    """While inside, some layers of the network call functions instead; then the very same layers are back.

    functions: a dict from a layer's name, as in `network.named_modules()`, to a function from the layer's input
        to its output. A layer that the network uses under several names is swapped under all of them.

    Raises ValueError, with the nearest names, if there is no such layer.
    """
    instead = {find_layer(network, name): _Calls(function) for name, function in functions.items()}
    places = [
        (parent, name, child)
        for parent in network.modules()
        for name, child in parent._modules.items()
        if child in instead
    ]
    try:
        for parent, name, child in places:
            parent._modules[name] = instead[child]
        yield
    finally:
        for parent, name, child in places:
            parent._modules[name] = child
