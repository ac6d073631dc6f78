from copy import deepcopy

import numpy as np
import pytest
import torch
from captum.attr import GuidedBackprop
from hypothesis import given
from hypothesis import strategies as st
from pytorch_grad_cam import GuidedBackpropReLUModel
from torch import nn
from torch.nn import functional as F

from lib.guided_backprop import GuidedReLU, guided, guided_backprop

INFINITE = float("inf")


def small_network(relu=nn.ReLU):
    """Two convolutions with weights of both signs, on (N, 3, 9, 7)."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), relu(), nn.Sequential(nn.Conv2d(6, 5, 3), relu()), nn.Flatten(), nn.Linear(75, 4)
    )


@pytest.fixture
def pictures():
    return torch.rand(3, 3, 9, 7, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(
    "ceiling, expected",
    [(INFINITE, [0, 0, 0, 0, 2, 2, 2, 0, 0]), (6.0, [0, 0, 0, 0, 2, 0, 0, 0, 0])],
    ids=["ReLU", "ReLU6"],
)
def test_only_what_is_positive_passes_and_only_where_the_slope_is_one(ceiling, expected, device):
    x = torch.tensor([-1.0, -1, 0, 0, 3, 6, 7, 3, 3], device=device, requires_grad=True)
    upstream = torch.tensor([2.0, -2, 2, -2, 2, 2, 2, -2, 0], device=device)
    y = GuidedReLU.apply(x, ceiling)
    y.backward(upstream)
    assert y.tolist() == x.detach().clamp(0, ceiling).tolist()
    assert x.grad.tolist() == expected


def test_guided_gradients_of_two_layers_are_those_told_by_hand():
    """Score = 3 relu(u) − 2 relu(v), u = r − g, v = r + b: v's share is negative and stops at its ReLU."""
    convolution, linear = nn.Conv2d(3, 2, 1, bias=False), nn.Linear(2, 1, bias=False)
    convolution.weight.data = torch.tensor([[1.0, -1, 0], [1, 0, 1]]).view(2, 3, 1, 1)
    linear.weight.data = torch.tensor([[3.0, -2]])
    network = nn.Sequential(convolution, nn.ReLU(), nn.Flatten(), linear)
    pictures = torch.tensor([[0.9, 0.1, 0.5], [0.1, 0.9, 0.5], [0.5, 0.5, 0.5]]).view(3, 3, 1, 1)
    expected = [[3, -3, 0], [0, 0, 0], [0, 0, 0]]  # u positive; negative; and zero, which does not pass
    assert guided_backprop(network, pictures, 0).flatten(1).tolist() == expected


@pytest.mark.parametrize("relu", [nn.ReLU, nn.ReLU6])
def test_the_rule_changes_gradients_and_never_scores(pictures, relu):
    network, pictures = small_network(relu), 20 * pictures.requires_grad_()
    before = network(pictures)
    with guided(network):
        during = network(pictures)
    assert torch.equal(before, during)
    (plain,) = torch.autograd.grad(before[:, 2].sum(), pictures)
    assert not torch.allclose(plain, guided_backprop(network, pictures, 2))
    if relu is nn.ReLU6:
        assert (network[:2](pictures) == 6).any()  # the ceiling is reached


@given(st.integers(0, 99))
def test_where_nothing_is_negative_it_is_the_gradient(seed):
    generator = torch.Generator().manual_seed(seed)
    network = small_network(nn.ReLU6).double()
    for parameter in network.parameters():
        parameter.data = 0.3 * torch.rand(parameter.shape, generator=generator, dtype=torch.double)
    pictures = torch.rand(1, 3, 9, 7, generator=generator, dtype=torch.double, requires_grad=True)
    (gradient,) = torch.autograd.grad(network(pictures)[0, 1], pictures)
    torch.testing.assert_close(guided_backprop(network, pictures, 1), gradient)


def test_it_equals_captums_where_every_relu_is_an_nn_relu(untrained, pictures):
    """Captum guides nn.ReLU only: it leaves ReLU6 with its plain gradient, without a word."""
    _, squeezenet = untrained("squeezenet1_1")
    for network, batch in [(small_network(), pictures), (squeezenet, torch.rand(1, 3, 67, 65))]:
        with pytest.warns(UserWarning, match="backward hooks"):
            expected = GuidedBackprop(network).attribute(batch.clone().requires_grad_(), target=2).detach()
        found = guided_backprop(network, batch, 2)
        assert expected.abs().max() > 0
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6 * expected.abs().max().item())


def test_it_equals_pytorch_grad_cams(pictures):
    """That package takes one image and gives height, width, channels."""
    network = small_network()
    found = guided_backprop(network, pictures[:1], 2)
    oracle = GuidedBackpropReLUModel(deepcopy(network))(pictures[:1].clone(), target_category=2)
    np.testing.assert_allclose(found[0].permute(1, 2, 0), oracle, rtol=1e-4, atol=1e-7)


def test_on_efficientnet_it_equals_guided_relu6_written_as_two_hooks(efficientnet, cat):
    """The rule by another route: PyTorch's own ReLU6, and hooks that cut what its backward pass gives."""
    index, network = 285, deepcopy(efficientnet)

    def cut(module, inputs, output):
        if output.requires_grad:
            inputs[0].register_hook(lambda gradient: gradient.relu())

    for module in network.modules():
        if isinstance(module, nn.ReLU6):
            module.register_forward_hook(cut)
    pixels = cat.clone().requires_grad_()
    (expected,) = torch.autograd.grad(network(pixels)[0, index], pixels)
    found = guided_backprop(efficientnet, cat, index)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_each_image_of_a_batch_is_explained_by_itself(pictures):
    network = small_network()
    batch = guided_backprop(network, pictures, 3)
    alone = torch.cat([guided_backprop(network, picture[None], 3) for picture in pictures])
    torch.testing.assert_close(batch, alone)
    assert batch.shape == pictures.shape and not torch.allclose(batch[0], batch[1])


def test_the_very_same_modules_are_back_afterwards(efficientnet, cat):
    before = dict(efficientnet.named_modules())
    with guided(efficientnet):
        assert not any(isinstance(module, nn.ReLU6) for module in efficientnet.modules())
    guided_backprop(efficientnet, cat, 0)
    after = dict(efficientnet.named_modules())
    assert list(before) == list(after) and all(before[name] is after[name] for name in before)


def test_the_very_same_modules_are_back_after_an_exception(pictures):
    network = small_network()
    before = list(network.modules())
    with pytest.raises(KeyError), guided(network):
        raise KeyError
    assert all(old is new for old, new in zip(before, network.modules(), strict=True))
    with pytest.raises(IndexError):
        guided_backprop(network, pictures, class_index=4)
    assert all(old is new for old, new in zip(before, network.modules(), strict=True))


def test_a_relu_that_is_used_under_two_names_is_guided_under_both(pictures):
    shared, network = small_network(), small_network()
    shared[2][1] = shared[1]
    torch.testing.assert_close(guided_backprop(shared, pictures, 1), guided_backprop(network, pictures, 1))
    assert isinstance(shared[1], nn.ReLU) and shared[2][1] is shared[1]


def test_a_functional_relu_is_refused(pictures):
    class Functional(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(189, 4)

        def forward(self, pictures):
            return F.relu(self.linear(pictures.flatten(1)))

    with pytest.raises(ValueError, match="Functional has no ReLU modules.*nn.ReLU()"):
        guided_backprop(Functional(), pictures, 0)


def test_guided_backprop_leaves_no_trace(pictures):
    network = small_network()
    pictures.requires_grad_()
    with torch.no_grad():  # as in a notebook that switches gradients off
        found = guided_backprop(network, pictures, 0)
    assert not found.requires_grad
    assert pictures.grad is None and all(parameter.grad is None for parameter in network.parameters())
