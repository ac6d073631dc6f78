"""The oracle: PyTorch's own forward pass, layer after layer."""

import pytest
import torch
from torch import nn

from lib import networks
from lib.feature_maps import feature_maps

IMAGES = torch.rand(2, 3, 64, 48, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def zfnet(device):
    return networks.load("zfnet", device)


def test_a_sequence_is_the_sequence_so_far(zfnet, device):
    images = IMAGES.to(device)
    found = feature_maps(zfnet, images, ["relu2", "relu1"])
    x = images
    for name, layer in zfnet.named_children():
        x = layer(x)
        if name in found:
            torch.testing.assert_close(found[name], x)
        if name == "relu2":
            break
    assert list(found) == ["relu2", "relu1"]


def test_gradients_are_those_of_the_whole_network(efficientnet, device):
    images = IMAGES.to(device).requires_grad_()
    (gradient,) = torch.autograd.grad(feature_maps(efficientnet, images, ["head.relu"])["head.relu"].sum(), images)
    kept = []
    handle = efficientnet.get_submodule("head.relu").register_forward_hook(lambda *a: kept.append(a[2]))
    efficientnet(images)
    handle.remove()
    (expected,) = torch.autograd.grad(kept[0].sum(), images)
    torch.testing.assert_close(gradient, expected)


def test_what_comes_after_the_last_layer_is_not_computed(zfnet, device):
    passed = []
    handles = [m.register_forward_hook(lambda *a, n=n: passed.append(n)) for n, m in zfnet.named_children()]
    feature_maps(zfnet, IMAGES.to(device), ["conv2", "relu1"])
    for handle in handles:
        handle.remove()
    names = [name for name, _ in zfnet.named_children()]
    assert passed == names[: names.index("conv2") + 1]


def test_no_hook_stays_even_after_an_error(zfnet):
    feature_maps(zfnet, IMAGES.to(next(zfnet.parameters()).device), ["relu1"])
    with pytest.raises(RuntimeError):
        feature_maps(zfnet, torch.zeros(1, 5, 8, 8), ["relu1"])
    with pytest.raises(ValueError, match="nearest names"):
        feature_maps(zfnet, IMAGES, ["relu1", "relu77"])
    assert not any(module._forward_hooks for module in zfnet.modules())


def test_a_layer_that_is_not_used_is_told():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.used, self.idle = nn.Conv2d(3, 1, 1), nn.ReLU()

        def forward(self, x):
            return self.used(x)

    with pytest.raises(ValueError, match="does not use"):
        feature_maps(Idle(), IMAGES, ["used", "idle"])


def test_no_layers_are_no_maps(zfnet):
    assert feature_maps(zfnet, IMAGES.to(next(zfnet.parameters()).device), []) == {}


def test_in_bfloat16_features_are_nearly_the_same_and_float32(zfnet, device):
    images = IMAGES.to(device).requires_grad_()
    full = feature_maps(zfnet, images, ["relu3"])["relu3"]
    half = feature_maps(zfnet, images, ["relu3"], torch.bfloat16)["relu3"]
    assert half.dtype == torch.float32 and not torch.equal(half, full)
    assert (half - full).norm() < 0.02 * full.norm()
    one, other = (torch.autograd.grad(maps.square().sum(), images)[0] for maps in (full, half))
    assert (one - other).norm() < 0.15 * one.norm()
