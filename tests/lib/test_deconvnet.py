from collections import OrderedDict

import pytest
import torch
from captum.attr import Deconvolution
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lib import images, networks, zfnet
from lib.deconvnet import deconvnet, layer_down, strongest_activation, unpool
from lib.saliency import gradients_by_rule


@pytest.fixture(scope="module")
def network():
    return networks.load("zfnet")


@pytest.fixture(scope="module", params=[(64, 64), (75, 101)], ids=["even", "odd"])
def pictures(request):
    height, width = request.param
    return torch.cat([images.sample(name, 101)[..., :height, :width] for name in ("cat", "coffee")])


def until(network, layer):
    return network[: list(network._modules).index(layer) + 1]


@given(st.integers(2, 9), st.integers(2, 9), st.integers(0, 99))
def test_unpooling_brings_back_the_maxima_and_zeros(height, width, seed):
    maps = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(seed))
    pooled, switches = F.max_pool2d(maps, 2, return_indices=True)
    found = unpool(pooled, switches, (height, width))
    assert torch.equal(found, F.max_unpool2d(pooled, switches, 2, output_size=(height, width)))
    assert torch.equal(F.max_pool2d(found, 2), pooled)
    assert ((found == 0) | (found == maps)).all() and (found != 0).sum() == pooled.numel()


def test_the_strongest_activation_stays_where_it_is():
    maps = torch.tensor([[[[1.0, 9], [2, 0]], [[3, 0], [4, 1]]], [[[0, 0], [0, 5]], [[7, 0], [0, 0]]]])
    expected = [[[[0, 0], [0, 0]], [[0, 0], [4, 0]]], [[[0, 0], [0, 0]], [[7, 0], [0, 0]]]]
    assert strongest_activation(maps, 1).tolist() == expected


@pytest.mark.parametrize("size", [(9, 8), (10, 7)])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_convolution_goes_down_by_its_transpose(size, stride):
    """⟨W x, y⟩ = ⟨x, Wᵀ y⟩ for any x and y is what a transpose is."""
    module = nn.Conv2d(3, 4, 5, stride, padding=2).double()
    x = torch.randn(2, 3, *size, dtype=torch.double)
    bias_free = module(x) - module.bias.view(1, -1, 1, 1)
    y = torch.randn_like(bias_free)
    down = layer_down(module, y, x)
    torch.testing.assert_close((bias_free * y).sum(), (x * down).sum())
    extra = [size[a] - ((y.shape[2 + a] - 1) * stride + 1) for a in (0, 1)]  # kernel 5 with padding 2
    explicit = F.conv_transpose2d(y, module.weight, None, stride, 2, extra)
    torch.testing.assert_close(down, explicit)


def test_the_normalization_goes_down_by_its_transpose():
    module = networks.Normalize((0.1, 0.2, 0.3), (0.5, 0.25, 2.0))
    maps = torch.ones(1, 3, 1, 1)
    assert layer_down(module, maps, maps).flatten().tolist() == [2, 4, 0.5]


def explicit_stack(network, layer, pictures, channel):
    """The deconvnet written out: PyTorch's own unpooling and transposed convolutions, ReLUs in between."""
    maps, kept = zfnet.forward_with_switches(until(network, layer), pictures)
    sizes, x = {}, pictures
    for name, module in until(network, layer).named_children():
        sizes[name] = x.shape
        x = module(x)
    flat = maps[:, channel].flatten(1)
    signal = torch.zeros_like(maps)
    for number, place in enumerate(flat.argmax(dim=1).tolist()):
        signal[number, channel].view(-1)[place] = flat[number, place]
    for name, module in reversed(list(until(network, layer).named_children())):
        if isinstance(module, nn.MaxPool2d):
            switches, size = kept[name]
            signal = nn.MaxUnpool2d(2, 2)(signal, switches, output_size=size)
        elif isinstance(module, nn.ReLU):
            signal = F.relu(signal)
        elif isinstance(module, nn.Conv2d):
            shape = module.in_channels, module.kernel_size, module.stride, module.padding
            transposed = nn.ConvTranspose2d(module.out_channels, *shape, bias=False).requires_grad_(False)
            transposed.weight.copy_(module.weight)
            signal = transposed(signal, output_size=sizes[name][-2:])
        else:
            signal = signal / module.std
    return signal


@pytest.mark.parametrize("layer", ["conv1", "relu1", "pool1", "relu3", "pool4", "relu5"])
def test_it_equals_an_explicit_stack_of_unpooling_and_transposed_convolutions(network, pictures, layer):
    for channel in (0, 17, 40):
        expected = explicit_stack(network, layer, pictures, channel)
        found = deconvnet(network, layer, pictures, channel)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().clamp(min=1e-9).item())
        assert found.shape == pictures.shape and not found.requires_grad


@pytest.mark.parametrize("layer", ["relu2", "relu5"])
def test_it_is_backpropagation_by_the_deconvnets_rule_and_captums_deconvolution(network, pictures, layer):
    """Pooling windows do not overlap here. Captum asks for the gradient of 1, so the activation is a factor, and the
    network has to end in one number a channel: its strongest activation."""
    peaks = nn.Sequential(OrderedDict(body=until(network, layer), peak=nn.AdaptiveMaxPool2d(1), flat=nn.Flatten()))
    strength = peaks(pictures)[:, 9].view(-1, 1, 1, 1)
    found = deconvnet(network, layer, pictures, 9)
    atol = 1e-5 * found.abs().max().item()
    ours = gradients_by_rule(peaks, pictures, 9, "deconvnet") * strength
    torch.testing.assert_close(found, ours, rtol=1e-4, atol=atol)
    with pytest.warns(UserWarning, match="backward hooks"):
        theirs = Deconvolution(peaks).attribute(pictures.clone().requires_grad_(), target=9).detach()
    torch.testing.assert_close(found, theirs * strength, rtol=1e-4, atol=atol)


def test_a_pattern_lies_within_the_receptive_field(network):
    """relu3 sees 45 × 45 pixels; row r begins at pixel 8 r − 19."""
    picture = images.sample("flower", 112)
    maps = until(network, "relu3")(picture)[0, 22]
    row, column = divmod(maps.argmax().item(), maps.shape[1])
    rows, columns = deconvnet(network, "relu3", picture, 22)[0].abs().sum(0).nonzero().unbind(1)
    assert 8 * row - 19 <= rows.min() and rows.max() < 8 * row - 19 + 45
    assert 8 * column - 19 <= columns.min() and columns.max() < 8 * column - 19 + 45


def test_it_runs_on_every_device(network, device):
    picture = images.sample("cat", 64)
    there = networks.load("zfnet", device)
    found = deconvnet(there, "relu3", picture.to(device), 3)
    assert found.device == picture.to(device).device
    torch.testing.assert_close(found.cpu(), deconvnet(network, "relu3", picture, 3), rtol=1e-3, atol=1e-4)


def test_twice_the_activation_is_twice_the_pattern(network):
    maps = strongest_activation(until(network, "relu3")(images.sample("cat", 64)), 5)
    entered = until(network, "conv3")(images.sample("cat", 64))
    for module in (nn.ReLU(), network.conv3):
        x = entered if isinstance(module, nn.ReLU) else until(network, "pool2")(images.sample("cat", 64))
        torch.testing.assert_close(layer_down(module, 2 * maps, x), 2 * layer_down(module, maps, x))
