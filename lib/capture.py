"""What one layer holds while a network looks at images, in the fewest lines.

PyTorch runs a network from front to back and returns the last result only. A forward hook is a function that it
calls with each result of one layer on the way. `lib.activations` does this for several layers at once.
"""

import torch


def capture(network, layer, images):
    """The output of one layer for a batch of images.

    network: an nn.Module that takes images.
    layer:   the name of a layer, as in `network.named_modules()`. Raises AttributeError if there
             is none.
    images:  (N, 3, H, W) in [0, 1].
    returns: what the layer gave, (N, C, H', W') for a convolutional one, detached from the graph.
             No hook stays on the network, even if it raises an error.
    """
    kept = []

    def keep(module, inputs, output):
        kept.append(output)

    handle = network.get_submodule(layer).register_forward_hook(keep)
    try:
        with torch.no_grad():
            network(images)
    finally:
        handle.remove()
    return kept[0]
