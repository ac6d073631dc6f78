import pytest
import torch
from captum.attr import LayerActivation
from torch import nn

from lib.activations import activations, find_layer, hooked


def doubling():
    """conv doubles, relu cuts, sum adds up: every output can be told without running it."""
    network = nn.Sequential()
    network.add_module("conv", nn.Conv2d(1, 1, 1, bias=False))
    network.add_module("relu", nn.ReLU())
    network.add_module("sum", nn.Flatten())
    nn.init.constant_(network.conv.weight, 2)
    return network


def count_hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


IMAGES = torch.tensor([[[[1.0, -1.0, 3.0]]], [[[-2.0, 0.0, 0.5]]]])


def test_outputs_of_several_layers_are_what_each_layer_computes():
    found = activations(doubling(), IMAGES, ["relu", "conv"])
    assert found["conv"].tolist() == [[[[2, -2, 6]]], [[[-4, 0, 1]]]]
    assert found["relu"].tolist() == [[[[2, 0, 6]]], [[[0, 0, 1]]]]
    assert found.keys() == {"relu", "conv"}


def test_outputs_equal_captums(efficientnet, cat):
    names = ["normalize", "blocks.3.expand.relu", "blocks.15.project.norm", "head.relu", "classifier"]
    found = activations(efficientnet, cat, names)
    for name in names:
        oracle = LayerActivation(efficientnet, efficientnet.get_submodule(name)).attribute(cat)
        torch.testing.assert_close(found[name], oracle)
    assert found["head.relu"].shape == (1, 1280, 5, 4)  # ceil(131 / 32), ceil(97 / 32)


def test_several_layers_take_one_forward_pass_and_keep_no_graph():
    network, passes = doubling().requires_grad_(), []
    network.register_forward_hook(lambda *_: passes.append(1))
    found = activations(network, IMAGES.clone().requires_grad_(), ["conv", "relu", "sum"])
    assert len(passes) == 1
    assert not any(output.requires_grad for output in found.values())


def test_an_unknown_layer_is_refused_with_the_nearest_names(efficientnet):
    with pytest.raises(ValueError, match="'head.rely'.*nearest names are.*head.relu"):
        find_layer(efficientnet, "head.rely")
    with pytest.raises(ValueError, match="'§'.*named_modules"):
        find_layer(efficientnet, "§")


def test_the_network_itself_is_not_one_of_its_layers(efficientnet):
    with pytest.raises(ValueError, match="no layer called ''"):
        find_layer(efficientnet, "")


def test_a_layer_is_found_by_its_full_name(efficientnet):
    assert find_layer(efficientnet, "blocks.3.expand.relu") is efficientnet.blocks[3].expand.relu


def test_what_a_hook_returns_goes_on_through_the_network():
    network = doubling()
    with hooked(network, "relu", lambda module, inputs, output: output + 1):
        assert network(IMAGES).tolist() == [[3, 1, 7], [1, 1, 2]]
    assert network(IMAGES).tolist() == [[2, 0, 6], [0, 0, 1]]


def test_a_hook_that_returns_nothing_changes_nothing():
    network, seen = doubling(), []
    with hooked(network, "relu", lambda module, inputs, _: seen.append((module, inputs[0].min().item()))):
        assert network(IMAGES).tolist() == [[2, 0, 6], [0, 0, 1]]
    assert seen == [(network.relu, -4)]


def test_hooks_are_gone_after_an_exception_anywhere():
    network = doubling()
    with pytest.raises(KeyError), hooked(network, "conv", lambda *_: None):
        raise KeyError
    assert count_hooks(network) == 0
    with pytest.raises(RuntimeError):  # in the network: two channels for one
        activations(network, torch.zeros(1, 2, 3, 3), ["conv", "relu"])
    assert count_hooks(network) == 0
    with pytest.raises(ValueError):  # before it: the second name is wrong
        activations(network, IMAGES, ["conv", "rely"])
    assert count_hooks(network) == 0


def test_hooks_are_gone_when_all_goes_well():
    network = doubling()
    activations(network, IMAGES, ["conv", "relu"])
    with hooked(network, "conv", lambda *_: None):
        assert count_hooks(network) == 1
    assert count_hooks(network) == 0
