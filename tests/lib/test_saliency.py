import warnings
from functools import partial

import numpy as np
import pytest
import torch
from captum.attr import Deconvolution, GuidedBackprop, NoiseTunnel, Saliency
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn
from torchvision.models.googlenet import BasicConv2d

from lib import guided_backprop
from lib.saliency import gradients_by_rule, pixel_gradients, rectify, relu_backward, saliency_map, smooth_grad

RULES = ["plain", "deconvnet", "guided"]
NUMBERS = arrays(np.float32, (3, 4), elements=st.floats(-8, 8, width=32))


def small_network(relu=nn.ReLU):
    """Two convolutions with weights of both signs, on (N, 3, 9, 7)."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 6, 3), relu(), nn.Sequential(nn.Conv2d(6, 5, 3), relu()), nn.Flatten(), nn.Linear(75, 4)
    ).requires_grad_(False)


@pytest.fixture
def pictures():
    return torch.rand(3, 3, 9, 7, generator=torch.Generator().manual_seed(1))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# The gradient


def test_pixel_gradients_are_slopes_of_the_score():
    """Central differences in float64 through a smooth network, along random directions."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(80, 3)).double()
    images = torch.rand(2, 3, 6, 7, dtype=torch.double)
    gradients = pixel_gradients(network, images, 2)
    for _ in range(3):
        step = 1e-5 * torch.randn_like(images)
        rise = (network(images + step) - network(images - step))[:, 2] / 2
        torch.testing.assert_close(rise, (gradients * step).sum(dim=(1, 2, 3)), rtol=1e-6, atol=0)


def test_each_image_has_the_gradient_of_its_own_score(pictures):
    network = small_network()
    alone = torch.cat([pixel_gradients(network, picture[None], 3) for picture in pictures])
    torch.testing.assert_close(pixel_gradients(network, pictures, 3), alone)


def test_pixel_gradients_leave_no_trace(pictures, device):
    network, pictures = small_network().to(device), pictures.to(device).requires_grad_()
    with torch.no_grad():  # as in a notebook that switches gradients off
        found = pixel_gradients(network, pictures, 0)
    assert not found.requires_grad and pictures.grad is None and found.device == pictures.device


def test_saliency_is_the_largest_magnitude_of_the_three_colors():
    pixels = torch.tensor([[3.0, -1, 2], [-4, 1, 2], [-1, -2, -3], [0, 0, 0]])
    assert saliency_map(pixels.T.reshape(1, 3, 2, 2)).tolist() == [[[3, 4], [3, 0]]]


def test_saliency_is_the_largest_color_of_captums(efficientnet, cat):
    """Captum takes absolute values and leaves the colors apart; the maximum over them is Simonyan's."""
    theirs = Saliency(efficientnet).attribute(cat.clone().requires_grad_(), target=285).detach()
    found = saliency_map(pixel_gradients(efficientnet, cat, 285))
    torch.testing.assert_close(found, theirs.amax(dim=1), rtol=1e-3, atol=1e-4 * theirs.max().item())


# SmoothGrad


def test_smooth_grad_without_noise_is_saliency(pictures):
    """And so Captum's NoiseTunnel with a deviation of (almost) zero, taking signed gradients."""
    network = small_network().double()
    pictures = pictures.double()
    plain = saliency_map(pixel_gradients(network, pictures, 1))
    torch.testing.assert_close(smooth_grad(network, pictures, 1, 3, 0.0, seeded()), plain)
    torch.testing.assert_close(smooth_grad(network, pictures, 1, 3, 1e-9, seeded()), plain)
    tunnel = NoiseTunnel(Saliency(network))
    theirs = tunnel.attribute(pictures, nt_samples=3, stdevs=1e-9, target=1, abs=False).detach()
    torch.testing.assert_close(saliency_map(theirs), plain)


def test_smooth_grad_is_captums_noise_tunnel_in_the_limit_of_many_samples():
    """Their deviation is absolute, ours a share of max − min; and the noise is drawn from the global state there."""
    network = small_network()
    picture = torch.rand(1, 3, 9, 7, generator=seeded(1))
    share = 0.15
    deviation = share * (picture.max() - picture.min()).item()
    tunnel = NoiseTunnel(Saliency(network))
    theirs = tunnel.attribute(picture, nt_samples=2000, stdevs=deviation, target=1, abs=False).detach()
    found = smooth_grad(network, picture, 1, 2000, share, seeded())
    torch.testing.assert_close(found, saliency_map(theirs), rtol=0, atol=0.05 * found.max().item())


def test_smooth_grad_of_a_linear_network_is_its_saliency():
    """The gradient is the same everywhere, whatever the noise."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(48, 5))
    pictures = torch.rand(2, 3, 4, 4)
    plain = saliency_map(pixel_gradients(network, pictures, 4))
    torch.testing.assert_close(smooth_grad(network, pictures, 4, 5, 0.8, seeded()), plain)


def test_smooth_grad_can_be_repeated_and_touches_no_global_state(pictures):
    network, state = small_network(), torch.get_rng_state()
    one, same, other = (smooth_grad(network, pictures, 1, 4, 0.2, seeded(s)) for s in (5, 5, 6))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert torch.equal(state, torch.get_rng_state())


def test_smooth_grad_does_not_see_the_scale_of_a_linear_first_layer():
    """A paler image with a network that undoes it: noise relative to the range gives the same map, scaled."""
    network = small_network().double()
    for layer in (network[0],):
        layer.bias.zero_()
    pictures = torch.rand(1, 3, 9, 7, generator=seeded(1)).double()
    pale = nn.Sequential(_Times(10.0), network)
    found = smooth_grad(network, pictures, 0, 6, 0.3, seeded())
    torch.testing.assert_close(smooth_grad(pale, pictures / 10, 0, 6, 0.3, seeded()), 10 * found)


class _Times(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = factor

    def forward(self, x):
        return self.factor * x


# Rules


def test_the_rules_are_those_of_springenbergs_figure():
    x = torch.tensor([[1.0, -1, 5], [2, -5, -7], [-3, 2, 4]])
    upstream = torch.tensor([[-2.0, 3, -1], [6, -3, 1], [2, -1, 3]])
    expected = {
        "plain": [[-2, 0, -1], [6, 0, 0], [0, -1, 3]],
        "deconvnet": [[0, 3, 0], [6, 0, 1], [2, 0, 3]],
        "guided": [[0, 0, 0], [6, 0, 0], [0, 0, 3]],
    }
    for rule, values in expected.items():
        assert relu_backward(x, upstream, rule).tolist() == values


def test_nothing_passes_at_zero_and_at_the_ceiling():
    x = torch.tensor([0.0, 6.0, 3.0, 7.0])
    upstream = torch.ones(4)
    assert relu_backward(x, upstream, "plain", 6.0).tolist() == [0, 0, 1, 0]
    assert relu_backward(x, upstream, "guided", 6.0).tolist() == [0, 0, 1, 0]
    assert relu_backward(x, upstream, "deconvnet", 6.0).tolist() == [1, 1, 1, 1]


def test_an_unknown_rule_is_named():
    with pytest.raises(ValueError, match="not 'guide'"):
        relu_backward(torch.ones(1), torch.ones(1), "guide")


@given(NUMBERS, NUMBERS)
def test_guided_is_plain_and_deconvnet_at_once(x, upstream):
    x, upstream = torch.from_numpy(x), torch.from_numpy(upstream)
    plain, deconvnet, guided = (relu_backward(x, upstream, rule) for rule in RULES)
    assert torch.equal(guided, relu_backward(x, plain, "deconvnet"))
    assert torch.equal(guided, relu_backward(x, deconvnet, "plain"))


@pytest.mark.parametrize("ceiling, module", [(float("inf"), nn.ReLU()), (6.0, nn.ReLU6())], ids=["ReLU", "ReLU6"])
def test_rectify_is_pytorchs_relu_forward_and_by_the_plain_rule_backward(ceiling, module, device):
    x = (6 * torch.randn(4, 5, generator=seeded())).to(device).requires_grad_()
    upstream = torch.randn(4, 5, generator=seeded(1)).to(device)
    y = rectify(x, "plain", ceiling)
    assert torch.equal(y, module(x))
    (expected,) = torch.autograd.grad(module(x), x, upstream)
    (found,) = torch.autograd.grad(y, x, upstream)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("relu", [nn.ReLU, nn.ReLU6])
@pytest.mark.parametrize("rule", RULES)
def test_a_rule_changes_gradients_and_never_scores_nor_layers(pictures, relu, rule):
    network, pictures = small_network(relu), 20 * pictures
    before, scores = list(network.modules()), network(pictures)
    found = gradients_by_rule(network, pictures, 2, rule)
    assert all(old is new for old, new in zip(before, network.modules(), strict=True))
    assert torch.equal(network(pictures), scores) and not found.requires_grad
    plain = pixel_gradients(network, pictures, 2)
    assert torch.allclose(found, plain) == (rule == "plain")


@pytest.mark.parametrize("rule, oracle", [("guided", GuidedBackprop), ("deconvnet", Deconvolution)])
def test_rules_equal_captums_where_every_relu_is_an_nn_relu(untrained, pictures, rule, oracle):
    """Captum swaps nn.ReLU only: ReLU6 and functional ReLUs keep their plain gradient there, without a word."""
    _, squeezenet = untrained("squeezenet1_1")
    for network, batch in [(small_network(), pictures), (squeezenet, torch.rand(1, 3, 67, 65))]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = oracle(network).attribute(batch.clone().requires_grad_(), target=2).detach()
        found = gradients_by_rule(network, batch, 2, rule)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5 * expected.abs().max().item())


def test_the_guided_rule_is_that_of_lib_guided_backprop(efficientnet, cat):
    expected = guided_backprop.guided_backprop(efficientnet, cat, 285)
    found = gradients_by_rule(efficientnet, cat, 285, "guided")
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4 * expected.abs().max().item())


def test_without_pooling_the_deconvnet_does_not_know_the_image(efficientnet, cat):
    """Springenberg et al. 2015, section 3.4: only the switches of max pooling tell it which image it was."""
    one, other = (gradients_by_rule(efficientnet, image, 285, "deconvnet") for image in (cat, 1 - cat))
    torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4 * one.abs().max().item())


def test_a_network_of_functional_relus_is_refused_and_left_as_it_was(pictures):
    network = nn.Sequential(BasicConv2d(3, 4, kernel_size=3), nn.AdaptiveAvgPool2d(1), nn.Flatten()).eval()
    before = list(network.modules())
    with pytest.raises(ValueError, match="no ReLU of this network is a module"):
        gradients_by_rule(network, pictures, 0, "guided")
    assert list(network.modules()) == before


def test_layers_are_back_after_an_exception(pictures):
    network = small_network()
    before = list(network.modules())
    with pytest.raises(IndexError):
        gradients_by_rule(network, pictures, 4, "guided")
    assert all(old is new for old, new in zip(before, network.modules(), strict=True))


def test_a_relu_that_is_used_under_two_names_follows_the_rule_under_both(pictures):
    shared, network = small_network(), small_network()
    shared[2][1] = shared[1]
    found = gradients_by_rule(shared, pictures, 1, "guided")
    torch.testing.assert_close(found, gradients_by_rule(network, pictures, 1, "guided"))


def test_partial_rules_differ_layer_by_layer(pictures):
    """A function may be bound per layer, as `gradients_by_rule` does with ceilings."""
    x = torch.tensor([7.0, 3.0])
    assert [partial(rectify, rule="guided", ceiling=c)(x).tolist() for c in (6.0, 9.0)] == [[6, 3], [7, 3]]
