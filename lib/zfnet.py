"""zfnet: five convolutions, three poolings and a linear layer, small enough to be looked at as a whole.

Named after Zeiler and Fergus 2014, "Visualizing and Understanding Convolutional Networks", whose first layer
it has (7 × 7, stride 2). A ReLU follows each convolution; max pooling over windows of 2 × 2 that do not overlap
follows the first, second and fourth, so that an activation can be traced back to the pixels it came from. A
global average and one linear layer turn the last 256 maps into scores of the 1000 ImageNet classes.
1.1 million parameters, 2 MB.

It learned to imitate efficientnet-lite0 on openly licensed pictures: lib/training/README.md tells how it was
trained, and what it is good and bad at.
"""

from collections import OrderedDict

from torch import nn
from torch.nn import functional as F

from lib import shipped_weights
from lib.networks import IMAGENET_MEAN, IMAGENET_STD, Normalize

CHECKSUMS = {  # SHA-256 of the files in lib/weights
    "zfnet.safetensors": "bd910feaa37e7f7b2858e4faf9eaba15a11e785ed5b96966bfee499f1fba3804",
    "zfnet-evolution.safetensors": "fa367650adc621179b19da3b8c4a210b027e828484da4d36e7d75b656956521b",
    "zfnet-first-layers.safetensors": "66f04ff28f7b9e7001cae0f0ea3ea7f2f401781779cbd145a48a5cd2a50e53bc",
}


def build(first=(7, 2)):
    """zfnet with random weights: an nn.Sequential of named layers, so that `network[:6]` is its beginning.

    first: (kernel, stride) of the first convolution. With a stride of 4 there is no `pool1`: the first layer
        alone then shrinks the image as much as both together.
    returns: a network from images (N, 3, H, W) in [0, 1] to class scores (N, 1000) before softmax. H and W are
        32 or more; where they are multiples of 16, no pooling leaves a row or a column out.
    """
    kernel, stride = first
    layers = OrderedDict(normalize=Normalize(IMAGENET_MEAN, IMAGENET_STD))
    layers["conv1"] = nn.Conv2d(3, 48, kernel, stride, padding=kernel // 2)
    layers["relu1"] = nn.ReLU()
    if stride == 2:
        layers["pool1"] = nn.MaxPool2d(2, 2)
    layers["conv2"] = nn.Conv2d(48, 80, 5, padding=2)
    layers["relu2"] = nn.ReLU()
    layers["pool2"] = nn.MaxPool2d(2, 2)
    layers["conv3"] = nn.Conv2d(80, 128, 3, padding=1)
    layers["relu3"] = nn.ReLU()
    layers["conv4"] = nn.Conv2d(128, 192, 3, padding=1)
    layers["relu4"] = nn.ReLU()
    layers["pool4"] = nn.MaxPool2d(2, 2)
    layers["conv5"] = nn.Conv2d(192, 256, 3, padding=1)
    layers["relu5"] = nn.ReLU()
    layers["pool"] = nn.AdaptiveAvgPool2d(1)
    layers["flatten"] = nn.Flatten()
    layers["classifier"] = nn.Linear(256, 1000)
    return nn.Sequential(layers)


def load():
    """The trained network, in eval mode, on the CPU. `lib.networks.load("zfnet")` calls this."""
    network = build()
    network.load_state_dict(_read("zfnet.safetensors"))
    return network.eval()


def evolution():
    """The first three blocks (up to `relu3`) at eight moments of the training that led to `load()`.

    returns: a dict from the number of pictures seen by then, ascending, to a network in eval mode, from images
        (N, 3, H, W) in [0, 1] to maps (N, 128, H/8, W/8). The moments are geometric: from a thousandth of
        the training to its end.
    """
    tensors = _read("zfnet-evolution.safetensors")
    moments = sorted({int(name.split(".")[0]) for name in tensors})
    return {moment: _first_blocks(tensors, f"{moment}.", (7, 2)) for moment in moments}


def first_layers():
    """Two first layers to choose from by looking at them: 7 × 7 with stride 2, and 11 × 11 with stride 4.

    returns: a dict from "7x7, stride 2" and "11x11, stride 4" to the first three blocks of a network, as in
        `evolution`. Both were trained in the same way on the same number of pictures, fewer than `load()` saw.
    """
    tensors = _read("zfnet-first-layers.safetensors")
    shapes = {"7x7, stride 2": (7, 2), "11x11, stride 4": (11, 4)}
    return {
        name: _first_blocks(tensors, f"{kernel}x{stride}.", (kernel, stride))
        for name, (kernel, stride) in shapes.items()
    }


def forward_with_switches(network, images):
    """A forward pass that also keeps where each pooling window had its maximum, for unpooling.

    network: `load()`, or its beginning, `load()[:8]`.  images: (N, 3, H, W) in [0, 1].
    returns: the network's output, and a dict from the name of each pooling layer to (switches, size): the
        places of the maxima as flat indices into each map, and the size of the maps before pooling. So
        `F.max_unpool2d(maps, switches, 2, 2, output_size=size)` undoes it, at odd sizes too.
    """
    x, kept = images, {}
    for name, layer in network.named_children():
        if isinstance(layer, nn.MaxPool2d):
            size = x.shape
            x, switches = F.max_pool2d(x, layer.kernel_size, layer.stride, return_indices=True)
            kept[name] = (switches, size)
        else:
            x = layer(x)
    return x, kept


def _first_blocks(tensors, prefix, first):
    network = build(first)
    network = network[: list(network._modules).index("relu3") + 1]
    own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    network.load_state_dict(own)
    return network.eval().requires_grad_(False)


def _read(name):
    """The float16 tensors of a file. `load_state_dict` copies them into parameters that are, and stay, float32."""
    return shipped_weights.read(name, CHECKSUMS[name])
