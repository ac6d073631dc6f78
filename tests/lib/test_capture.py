import pytest
import torch
from captum.attr import LayerActivation
from torch import nn

from lib.activations import activations
from lib.capture import capture


def count_hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


@pytest.mark.parametrize("layer", ["normalize", "blocks.3.expand.relu", "head.relu", "flatten", "classifier"])
def test_equals_captum_and_the_librarys_own_for_several_layers(efficientnet, cat, layer):
    found = capture(efficientnet, layer, cat)
    torch.testing.assert_close(found, LayerActivation(efficientnet, efficientnet.get_submodule(layer)).attribute(cat))
    torch.testing.assert_close(found, activations(efficientnet, cat, [layer])[layer])


def test_a_container_counts_as_a_layer(efficientnet, cat):
    block = capture(efficientnet, "blocks.2", cat)
    torch.testing.assert_close(capture(efficientnet, "blocks.3", cat), efficientnet.blocks[3](block))


def test_nothing_stays_behind():
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.Dropout(), nn.ReLU()).requires_grad_()
    found = capture(network, "0", torch.rand(1, 3, 2, 2, requires_grad=True))
    assert not found.requires_grad
    assert network.training and count_hooks(network) == 0


def test_the_hook_is_gone_after_an_exception():
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.Linear(7, 1))
    with pytest.raises(RuntimeError):
        capture(network, "0", torch.rand(1, 3, 2, 2))
    with pytest.raises(AttributeError):
        capture(network, "none", torch.rand(1, 3, 2, 2))
    assert count_hooks(network) == 0
