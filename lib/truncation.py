"""A network no longer than needed: up to one of its layers, and without the work that can be done beforehand.

To climb the activation of a layer one needs the layers below it, forward and backward, and no others.
"""

from copy import deepcopy
from itertools import pairwise

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from lib.activations import find_layer
from lib.feature_maps import feature_maps


class Truncated(nn.Module):
    """`Truncated(network, layer)(images)` is the output of that layer, differentiable.

    network: an nn.Module that takes images (N, 3, H, W).  layer: a name as in `network.named_modules()`.
    Raises ValueError for an unknown name, and in the call if a forward pass never comes to the layer. No hook stays
    on the network between calls, even after an exception.
    """

    def __init__(self, network, layer):
        super().__init__()
        find_layer(network, layer)
        self.network, self.layer = network, layer

    def forward(self, images):
        return feature_maps(self.network, images, [self.layer])[self.layer]


def folded(network):
    """A copy of a network in which batch norms have become part of the convolutions before them.

    With fixed statistics a batch norm only multiplies and adds, channel by channel, and the weights of the convolution
    can do that as well: the same answers up to rounding, for a pass over the maps less, forward and backward.

    network: an nn.Module in eval mode; stays as it is.
    returns: an nn.Module with the same names. Joined are pairs that follow each other in an nn.Sequential: there
             the convolution gives what the norm gave, and the norm nothing new. All other layers are as before. The
             weights lie in memory channels last, which is faster on a CPU.
    """
    network = deepcopy(network)
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential):
            for (name, layer), (after, norm) in pairwise(list(module.named_children())):
                if isinstance(layer, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
                    setattr(module, name, fuse_conv_bn_eval(layer, norm))
                    setattr(module, after, nn.Identity())
    return network.to(memory_format=torch.channels_last)
