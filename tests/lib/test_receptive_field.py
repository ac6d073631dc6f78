"""The oracle: the support of a gradient. Networks are thinned to one channel of positive weights, poolings average
and ReLUs let everything through, so that no path from a pixel to a unit can cancel or be shut."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lib import networks
from lib.efficientnet_lite0 import SameConv2d
from lib.receptive_field import receptive_field, receptive_fields

# A padding as large as the kernel is left out: there are units then that see nothing but zeros.
LAYER = st.integers(1, 7).flatmap(
    lambda kernel: st.tuples(st.just(kernel), st.integers(1, 3), st.integers(0, min(3, kernel - 1)))
)
PASSED_THROUGH = (nn.ReLU, nn.ReLU6, nn.BatchNorm2d, nn.Dropout, nn.Flatten, networks.Normalize)


def test_a_network_told_by_hand():
    assert receptive_field(torch.tensor([[7, 2, 3], [2, 2, 0], [5, 1, 2]])) == (25, 4, -11)


def test_no_layers_see_one_pixel():
    assert receptive_field(torch.zeros(0, 3, dtype=torch.long)) == (1, 1, 0)


@given(st.lists(LAYER, max_size=3), st.lists(LAYER, max_size=3))
def test_fields_of_two_stacks_combine_like_one_large_kernel(below, above):
    """A stack of layers is one layer whose kernel is its size, whose padding is minus its offset."""
    size, stride, offset = receptive_field(torch.tensor(above).reshape(-1, 3))
    together = receptive_field(torch.tensor(below + above).reshape(-1, 3))
    assert together == receptive_field(torch.tensor([*below, (size, stride, -offset)]))


@given(st.lists(LAYER, min_size=1, max_size=4))
def test_the_gradient_of_any_stack_lies_in_its_field_and_fills_it(layers):
    size, stride, offset = receptive_field(torch.tensor(layers))
    pixels = torch.zeros(1, 1, size + 20, requires_grad=True, dtype=torch.double)
    x = pixels
    for kernel, step, padding in layers:
        x = F.conv1d(x, torch.ones(1, 1, kernel, dtype=torch.double), stride=step, padding=padding)
    unit = x.shape[2] // 2
    (gradient,) = torch.autograd.grad(x[0, 0, unit], pixels)
    first = offset + unit * stride
    seen = gradient[0, 0].nonzero()[:, 0]
    inside = [pixel for pixel in (first, first + size - 1) if 0 <= pixel < pixels.shape[2]]
    assert set(inside) <= set(seen.tolist())
    assert seen.min() >= first and seen.max() < first + size


class Thin(nn.Module):
    """A convolution or pooling with one channel and equal weights; all inputs are added up first."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        x = x.sum(dim=1, keepdim=True)
        if isinstance(self.layer, nn.Conv2d):
            convolution = copy.copy(self.layer)
            convolution.groups = 1
            kernel = torch.ones(1, 1, *self.layer.kernel_size, dtype=x.dtype) / self.layer.weight[0, 0].numel()
            if isinstance(self.layer, SameConv2d):
                convolution.weight, convolution.bias = nn.Parameter(kernel), None
                return convolution(x)
            return F.conv2d(x, kernel, None, self.layer.stride, self.layer.padding, self.layer.dilation)
        kernel, stride = self.layer.kernel_size, self.layer.stride
        return F.avg_pool2d(x, kernel, stride, self.layer.padding, self.layer.ceil_mode)


class ThinLinear(nn.Module):
    def forward(self, x):
        return x.mean(dim=1, keepdim=True)


def thin(network):
    """A copy in which exactly those pixels have a gradient that can have one."""
    network = copy.deepcopy(network).double().eval()
    for name, module in list(network.named_modules()):
        fresh = None
        if isinstance(module, (nn.Conv2d, nn.MaxPool2d)):
            fresh = Thin(module)
        elif isinstance(module, nn.Linear):
            fresh = ThinLinear()
        elif isinstance(module, PASSED_THROUGH) and not isinstance(module, nn.Flatten):
            fresh = nn.Identity()
        if fresh is not None:
            parent, _, child = name.rpartition(".")
            setattr(network.get_submodule(parent), child, fresh)
    return network


def outputs_of(network, image):
    """Every named layer's output, with its graph."""
    found, handles = {}, []
    for name, module in network.named_modules():
        handles.append(module.register_forward_hook(lambda m, i, output, name=name: found.update({name: output})))
    network(image)
    for handle in handles:
        handle.remove()
    return found


def check_against_gradients(network, image_size):
    fields = receptive_fields(network, image_size)
    names = [name for name, _ in network.named_modules() if name]
    assert list(fields) and set(fields) == set(names)
    image = torch.rand(1, 3, image_size, image_size, dtype=torch.double, requires_grad=True)
    outputs = outputs_of(thin(network), image)
    supports = {}
    for name in names:
        size, stride, offset = fields[name]
        output = outputs[name]
        units = sorted({0, output.shape[2] // 2, output.shape[2] - 1}) if output.dim() == 4 else [0]
        for unit in units:
            first = offset + unit * stride
            expected = (max(first, 0), min(first + size, image_size) - 1)
            key = (output.shape, stride, expected, id(output.grad_fn))
            if key not in supports:
                value = output.sum(dim=1)[0, unit, output.shape[3] // 2] if output.dim() == 4 else output.sum()
                (gradient,) = torch.autograd.grad(value, image, retain_graph=True)
                rows = gradient.abs().amax(dim=(0, 1, 3)).nonzero()[:, 0]
                supports[key] = (int(rows.min()), int(rows.max()))
            assert supports[key] == expected, f"{name}, unit {unit}: {supports[key]}, by arithmetic {expected}"


@pytest.mark.parametrize("image_size", [224, 203, 96])
@pytest.mark.parametrize("name", ["zfnet", "efficientnet-lite0"])
def test_every_layer_sees_the_support_of_its_gradient(name, image_size):
    check_against_gradients(networks.load(name), image_size)


@pytest.mark.parametrize("name", networks.TORCHVISION)
def test_every_layer_of_a_torchvision_network_too(untrained, name):
    # At 224 squeezenet's first convolution, without padding, never gets to the last row.
    check_against_gradients(untrained(name)[1], 227 if name == "squeezenet1_1" else 224)


def test_a_larger_image_shows_the_whole_of_a_large_field():
    """At 1024 pixels the middle unit of the last layer has all of its 851 pixels inside of the image."""
    network = networks.load("efficientnet-lite0")
    assert receptive_fields(network, 1024)["head.relu"][:2] == (851, 32)
    check_against_gradients(network, 1024)


def test_a_sequence_is_told_by_the_exercise_too():
    network, layers = networks.load("zfnet"), []
    fields = receptive_fields(network, 224)
    for name, layer in network.named_children():
        if name == "pool":
            break
        if hasattr(layer, "kernel_size"):
            numbers = (layer.kernel_size, layer.stride, layer.padding)
            layers.append([number[0] if isinstance(number, tuple) else number for number in numbers])
        assert fields[name] == receptive_field(torch.tensor(layers).reshape(-1, 3))


def test_nothing_stays_on_the_network(efficientnet):
    receptive_fields(efficientnet, 64)
    assert not any(module._forward_hooks for module in efficientnet.modules())
    broken = nn.Sequential(nn.Conv2d(4, 1, 3))
    with pytest.raises(RuntimeError):
        receptive_fields(broken, 16)
    assert not broken[0]._forward_hooks


def test_what_is_not_known_is_refused():
    network = nn.Sequential(nn.Conv2d(3, 1, 1), nn.Upsample(scale_factor=2))
    with pytest.raises(ValueError, match="changes the size"):
        receptive_fields(network, 16)
    with pytest.raises(ValueError, match="differ in size"):
        receptive_fields(nn.Sequential(nn.Conv2d(3, 1, 1), nn.AdaptiveAvgPool2d(7)), 16)


def test_branches_of_different_strides_are_refused():
    class Forked(nn.Module):
        def __init__(self):
            super().__init__()
            self.coarse, self.fine = nn.Conv2d(3, 1, 2, stride=2), nn.Conv2d(3, 1, 9)  # both 8 units of 16 pixels

        def forward(self, x):
            return self.coarse(x) + self.fine(x)

    with pytest.raises(ValueError, match="different strides"):
        receptive_fields(Forked(), 16)
