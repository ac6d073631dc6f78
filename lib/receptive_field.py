"""Which pixels can a unit see? Kernel, stride and padding of the layers before it tell.

A unit of a layer with kernel k looks at k neighbors in the layer below, which lie as many pixels apart as that
layer has come down by its strides:

    size   <- size + (k - 1) · stride
    offset <- offset - padding · stride
    stride <- stride · s

from size 1, offset 0 and stride 1 for the image itself. Unit i then sees the pixels from offset + i · stride to
offset + i · stride + size - 1; those outside the image are padding.

Araujo, Norris, Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks" (Distill).
"""

import torch


def receptive_field(layers):
    """The receptive field of the units behind some layers, along one side of the image.

    layers:  (L, 3) integers: kernel, stride and padding of each layer, from the image on. A pooling
             layer counts like a convolution.
    returns: (size, stride, offset) in pixels: unit i sees the pixels from offset + i · stride on,
             `size` of them. A negative offset is padding.

    Araujo et al. 2019, "Computing Receptive Fields of Convolutional Neural Networks".
    """
    size, stride, offset = 1, 1, 0
    for kernel, step, padding in layers.tolist():
        size += (kernel - 1) * stride
        offset -= padding * stride
        stride *= step
    return size, stride, offset


def receptive_fields(network, image_size):
    """The receptive field of every named layer of any network that the course loads, branches included.

    network:    an nn.Module that takes images (1, 3, H, W).
    image_size: pixels of a square image's side. It matters where padding depends on it (efficientnet-lite0) and
                where a layer takes in everything (a global average, a linear layer).
    returns:    a dict from layer names to (size, stride, offset) along the image's height, as above. Where
                branches meet, it spans all of them.

    Raises ValueError where a layer is met whose windows this file does not know.
    """
    found, handles = {}, []
    images = next(network.parameters()).new_zeros(1, 3, image_size, image_size).as_subclass(_Traced)
    images.field = (1, 1, 0)

    def keep(name):
        def hook(module, inputs, output):
            found[name] = output.field

        return hook

    try:
        for name, module in network.named_modules():
            if name:
                handles.append(module.register_forward_hook(keep(name)))
        with torch.no_grad():
            network(images)
    finally:
        for handle in handles:
            handle.remove()
    return found


class _Traced(torch.Tensor):
    """A tensor that knows what its units see, and passes it on to whatever is computed from it."""

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        result = super().__torch_function__(function, types, args, kwargs)
        sources = [value for value in _flat(args) if isinstance(value, _Traced) and hasattr(value, "field")]
        if isinstance(result, _Traced) and sources:
            result.field = _behind(function, sources, args, kwargs, result)
        return result


def _behind(function, sources, args, kwargs, result):
    """The receptive field of a function's result."""
    name, source = function.__name__, sources[0]
    if name in ("conv2d", "max_pool2d", "avg_pool2d"):
        return _behind_windows(source.field, *_window(name, args, kwargs))
    if name == "pad":
        before = args[1][2] if len(args[1]) > 2 else 0
        return _behind_windows(source.field, 1, 1, before)
    if name == "adaptive_avg_pool2d":
        units, cells = source.shape[-2], result.shape[-2]
        if units % cells:
            raise ValueError(f"averages of {units} units into {cells} differ in size, so no one stride tells them")
        return _behind_windows(source.field, units // cells, units // cells, 0)
    if source.dim() == 4 and result.dim() != 4:  # flattened: from here on everything sees everything
        return _behind_windows(source.field, source.shape[-2], 1, 0)
    if source.dim() == 4 and source.shape[-2:] != result.shape[-2:] and result.dim():
        raise ValueError(f"{name} changes the size of a map in a way that is not known here")
    return _spanning([one.field for one in sources])


def _window(name, args, kwargs):
    """Kernel (with its dilation), stride and padding along the height, from a call of torch."""
    if name == "conv2d":
        order, kernel = ("input", "weight", "bias", "stride", "padding", "dilation"), args[1].shape[-2]
    else:
        order = ("input", "kernel_size", "stride", "padding", "dilation")
    given = {"stride": 1, "padding": 0, "dilation": 1} | dict(zip(order, args)) | kwargs
    kernel = kernel if name == "conv2d" else _first(given["kernel_size"])
    dilation = _first(given["dilation"]) if name != "avg_pool2d" else 1  # its fifth argument is another
    return (kernel - 1) * dilation + 1, _first(given["stride"]), _first(given["padding"])


def _behind_windows(field, kernel, step, padding):
    size, stride, offset = field
    return size + (kernel - 1) * stride, stride * step, offset - padding * stride


def _spanning(fields):
    """The field that covers several of one stride."""
    strides = {stride for _, stride, _ in fields}
    if len(strides) > 1:
        raise ValueError(f"branches of different strides meet: {sorted(strides)}")
    first = min(offset for _, _, offset in fields)
    return max(offset + size for size, _, offset in fields) - first, strides.pop(), first


def _first(value):
    return value[0] if isinstance(value, (tuple, list)) else value


def _flat(values):
    for value in values:
        if isinstance(value, (tuple, list)):
            yield from _flat(value)
        else:
            yield value
