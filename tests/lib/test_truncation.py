from copy import deepcopy

import pytest
import torch
from torch import nn

from lib import networks
from lib.activations import activations
from lib.truncation import Truncated, folded

LAYERS = {  # those of notebook 05
    "efficientnet-lite0": ("blocks.2", "blocks.8", "blocks.12"),
    "vgg19": ("features.12", "features.21", "features.30"),
    "googlenet": ("inception3a", "inception4b", "inception5a"),
}


def assert_same_at(network, layer, image, cut):
    expected = activations(network, image, [layer])[layer]
    assert expected.dim() == 4
    torch.testing.assert_close(cut(image), expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


@pytest.mark.parametrize("layer", [*LAYERS["efficientnet-lite0"], "stem.relu", "blocks.3.expand.relu", "head.relu"])
@pytest.mark.parametrize("make", [lambda network: network, folded], ids=["plain", "folded"])
def test_a_layers_output_is_what_a_hook_would_see(efficientnet, cat, layer, make):
    assert_same_at(efficientnet, layer, cat, Truncated(make(efficientnet), layer))


@pytest.mark.parametrize("name", ["vgg19", "googlenet"])
def test_the_layers_of_the_notebook_exist_in_torchvisions_networks_and_folding_changes_nothing(untrained, name):
    _, network = untrained(name)
    image = torch.rand(1, 3, 64, 64)
    whole = folded(network)
    for layer in LAYERS[name]:
        assert_same_at(network, layer, image, Truncated(whole, layer))
    torch.testing.assert_close(whole(image), network(image), rtol=1e-3, atol=1e-3 * network(image).abs().max().item())


def test_nothing_behind_the_layer_is_computed_and_no_hook_stays(efficientnet, cat):
    seen = []
    later = efficientnet.blocks[9].register_forward_pre_hook(lambda module, inputs: seen.append(1))
    try:
        cut = Truncated(efficientnet, "blocks.8")
        cut(cat)
        assert not seen
        hooks = [len(module._forward_hooks) for module in efficientnet.modules()]
        assert sum(hooks) == 0
        with pytest.raises(RuntimeError):
            cut(cat[:, :2])
        assert not any(module._forward_hooks for module in efficientnet.modules())
    finally:
        later.remove()


def test_gradients_flow_to_the_image(cat, efficientnet):
    image, network = cat.double().requires_grad_(), deepcopy(efficientnet).double()
    (found,) = torch.autograd.grad(Truncated(folded(network), "blocks.3")(image).square().sum(), image)
    parts = nn.Sequential(network.normalize, network.stem, *network.blocks[:4])
    (expected,) = torch.autograd.grad(parts(image).square().sum(), image)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-9 * expected.abs().max().item())


def test_unknown_layers_and_layers_never_reached_are_refused(efficientnet, cat):
    with pytest.raises(ValueError, match="blocks.8"):
        Truncated(efficientnet, "block.8")
    network = nn.Sequential(nn.Conv2d(3, 2, 1), nn.ModuleDict({"unused": nn.ReLU()}))
    network.forward = network[0].forward
    with pytest.raises(ValueError, match="1.unused, but does not use it"):
        Truncated(network, "1.unused")(cat)


def test_folding_keeps_the_network_and_its_names(efficientnet, cat):
    before = {name: value.clone() for name, value in efficientnet.state_dict().items()}
    whole = folded(efficientnet)
    assert [name for name, _ in whole.named_modules()] == [name for name, _ in efficientnet.named_modules()]
    assert all(torch.equal(value, before[name]) for name, value in efficientnet.state_dict().items())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in whole.modules())
    assert not any(parameter.requires_grad for parameter in whole.parameters())
    torch.testing.assert_close(whole(cat), efficientnet(cat), rtol=1e-3, atol=1e-3)


def test_a_network_without_batch_norm_stays_as_it_is():
    zf = networks.load("zfnet")
    image = torch.rand(1, 3, 64, 64)
    torch.testing.assert_close(folded(zf)(image), zf(image))
