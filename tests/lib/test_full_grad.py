from collections import OrderedDict

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pytorch_grad_cam import FullGrad
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from lib.full_grad import full_grad, full_gradient
from lib.networks import Normalize


def random_network(seed=0, relu=nn.ReLU, pool=nn.MaxPool2d):
    """Normalization, convolutions with and without bias, batch norm as after training, pooling, linear."""
    torch.manual_seed(seed)
    network = nn.Sequential(
        OrderedDict(
            normalize=Normalize((0.4, 0.5, 0.6), (0.1, 0.2, 0.3)),
            conv1=nn.Conv2d(3, 5, 3),
            relu1=relu(),
            pool=pool(2, 2),
            conv2=nn.Conv2d(5, 4, 3, padding=1, bias=False),
            norm=nn.BatchNorm2d(4),
            relu2=relu(),
            average=nn.AdaptiveAvgPool2d(2),
            flatten=nn.Flatten(),
            linear=nn.Linear(16, 3),
        )
    )
    for tensor in (network.norm.weight, network.norm.bias, network.norm.running_mean):
        tensor.data.normal_()
    network.norm.running_var.uniform_(0.5, 2)
    return network.eval()


def count_hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


def total(input_term, bias_terms):
    """The sum of all terms, image by image."""
    return sum(term.flatten(1).sum(1) for term in [input_term, *bias_terms.values()])


def test_the_terms_of_a_linear_score_are_weight_times_input_and_the_bias(device):
    network = nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=nn.Linear(6, 2))).to(device)
    images = torch.arange(12.0, device=device).view(2, 3, 1, 2)
    input_term, bias_terms = full_gradient(network, images, 1)
    torch.testing.assert_close(input_term, images * network.linear.weight[1].view(3, 1, 2))
    assert bias_terms.keys() == {"linear"}
    expected = torch.stack([torch.zeros_like(network.linear.bias[1]), network.linear.bias[1]])
    torch.testing.assert_close(bias_terms["linear"], expected.expand(2, 2))  # nothing of class 0


def test_the_terms_of_a_small_network_are_those_told_by_hand():
    """Score = 5 relu6(2 x₁ + 1) + 5 relu6(2 x₂ + 1): off at −3, linear at 1, at its ceiling at 9."""
    linear = nn.Linear(2, 1, bias=False)
    network = nn.Sequential(
        OrderedDict(conv=nn.Conv2d(1, 1, 1), relu=nn.ReLU6(), flatten=nn.Flatten(), linear=linear)
    )
    network.conv.weight.data.fill_(2)
    network.conv.bias.data.fill_(1)
    linear.weight.data.fill_(5)
    images = torch.tensor([[-3.0, 1], [9, 1]]).view(2, 1, 1, 2)
    input_term, bias_terms = full_gradient(network, images, 0)
    assert input_term.flatten(1).tolist() == [[0, 10], [0, 10]]
    assert bias_terms["conv"].flatten(1).tolist() == [[0, 5], [0, 5]]
    assert bias_terms["relu"].flatten(1).tolist() == [[0, 0], [30, 0]]
    assert network(images).tolist() == total(input_term, bias_terms)[:, None].tolist() == [[15], [45]]


def test_batch_norms_effective_bias_counts_its_mean_and_its_eps():
    """γ (x − μ) / √(σ² + ε) + β with γ = 6, μ = 2, σ² + ε = 4, β = 1: slope 3, bias 1 − 2 · 3."""
    norm = nn.BatchNorm2d(1, eps=1.0).eval()
    norm.weight.data.fill_(6), norm.bias.data.fill_(1)
    norm.running_mean.fill_(2), norm.running_var.fill_(3)
    network = nn.Sequential(OrderedDict(norm=norm, flatten=nn.Flatten()))
    input_term, bias_terms = full_gradient(network, torch.tensor([[[[0.5]]]]), 0)
    assert input_term.item() == 1.5 and bias_terms["norm"].item() == -5


def test_normalization_has_a_term_of_its_own():
    normalize = Normalize((0.5, 0.25, 0), (0.25, 0.5, 1))
    network = nn.Sequential(OrderedDict(normalize=normalize, flatten=nn.Flatten()))
    images = torch.ones(1, 3, 1, 1)
    terms = [full_gradient(network, images, channel) for channel in range(3)]
    assert [term.sum().item() for term, _ in terms] == [4, 2, 1]
    assert [term["normalize"].sum().item() for _, term in terms] == [-2, -0.5, 0]


@settings(max_examples=30)
@given(
    st.integers(0, 10**6),
    st.sampled_from([nn.ReLU, nn.ReLU6]),
    st.sampled_from([nn.MaxPool2d, nn.AvgPool2d]),
    st.integers(7, 12),
    st.integers(7, 12),
)
def test_the_terms_add_up_to_the_score(seed, relu, pool, height, width):
    network = random_network(seed, relu, pool).double()
    images = 3 * torch.rand(2, 3, height, width, dtype=torch.double)
    with torch.no_grad():
        scores = network(images)
    for index in range(3):
        found = total(*full_gradient(network, images, index))
        torch.testing.assert_close(found, scores[:, index], rtol=1e-9, atol=1e-9)


def test_on_efficientnet_nothing_is_left_over(efficientnet, cat):
    network = efficientnet.double()
    try:
        batch = torch.cat([cat, 1 - cat]).double()
        with torch.no_grad():
            scores = network(batch)[:, 285]
        input_term, bias_terms = full_gradient(network, batch, 285)
    finally:
        efficientnet.float()
    torch.testing.assert_close(total(input_term, bias_terms), scores, rtol=1e-9, atol=1e-9)
    assert input_term.shape == batch.shape
    assert {"normalize", "stem.norm", "blocks.15.project.norm", "classifier"} <= bias_terms.keys()
    assert any(bias_terms[name].any() for name in bias_terms if name.endswith("relu"))  # ceilings are reached


@pytest.mark.parametrize("name", ["googlenet", "resnet50", "squeezenet1_1"])
def test_on_torchvisions_networks_nothing_is_left_over(untrained, name):
    network = untrained(name)[1].double()
    images = torch.rand(1, 3, 64, 64, dtype=torch.double)
    with torch.no_grad():
        score = network(images)[:, 7]
    torch.testing.assert_close(total(*full_gradient(network, images, 7)), score, rtol=1e-9, atol=1e-9)


def test_each_image_of_a_batch_is_explained_by_itself():
    network = random_network().double()
    images = torch.rand(3, 3, 9, 8, dtype=torch.double)
    input_terms, bias_terms = full_gradient(network, images, 2)
    maps = full_grad(network, images, 2)
    for number in range(3):
        alone = images[number, None]
        input_term, others = full_gradient(network, alone, 2)
        torch.testing.assert_close(input_terms[number, None], input_term)
        for name in bias_terms:
            torch.testing.assert_close(bias_terms[name][number, None], others[name])
        torch.testing.assert_close(maps[number, None], full_grad(network, alone, 2))
    assert not torch.allclose(maps[0], maps[1])


def test_the_map_adds_up_every_channel_of_every_layer_scaled_to_one():
    """Score = Σ over three columns of weight · (1 x₁ + 2 x₂ + 1), for two channels x₁ and x₂, plus a bias."""
    convolution, linear = nn.Conv2d(2, 1, 1), nn.Linear(3, 1)
    convolution.weight.data = torch.tensor([1.0, 2]).view(1, 2, 1, 1)
    convolution.bias.data.fill_(1)
    linear.weight.data = torch.tensor([[1.0, -2, 5]])
    network = nn.Sequential(convolution, nn.Flatten(), linear)
    images = torch.tensor([[1.0, 3, 1], [2, 0, 0]]).view(1, 2, 1, 3)
    # Input terms |1 −6 5| and |4 0 0|, bias term |1 −2 5|, each from min to max; the last bias has no place.
    expected = torch.tensor([0.0, 1, 0.8]) + torch.tensor([1, 0, 0]) + torch.tensor([0, 0.25, 1])
    torch.testing.assert_close(full_grad(network, images, 0), expected.view(1, 1, 3))


def test_the_map_equals_pytorch_grad_cams():
    """That package has no terms for normalization and for ReLU6, and scales its final map from min to max.

    It adds 1e-7 to every maximum, which must be little: so the scores here are large.
    """
    network = random_network()[1:]
    network.linear.weight.data *= 1e4
    images = torch.rand(1, 3, 13, 11)
    found = full_grad(network, images, 1)[0]
    found = (found - found.min()) / (found.max() - found.min())
    with FullGrad(network, []) as oracle:
        expected = oracle(images, targets=[ClassifierOutputTarget(1)])[0]
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=0, atol=1e-4)


def test_the_map_of_an_odd_size_has_the_size_of_the_image(efficientnet, cat):
    saliency = full_grad(efficientnet, cat, 285)
    assert saliency.shape == (1, 131, 97)
    assert saliency.min() >= 0 and saliency.isfinite().all() and saliency.max() > saliency.min()


def test_full_gradient_leaves_no_trace():
    network = random_network()
    images = torch.rand(1, 3, 9, 9, requires_grad=True)
    for switch in (torch.no_grad, torch.enable_grad):  # whichever a notebook has on
        with switch():
            input_term, bias_terms = full_gradient(network, images, 0)
        assert not any(term.requires_grad for term in [input_term, *bias_terms.values()])
    assert images.grad is None and all(parameter.grad is None for parameter in network.parameters())
    assert count_hooks(network) == 0


def test_hooks_are_gone_after_an_exception():
    network = random_network()
    with pytest.raises(IndexError):
        full_gradient(network, torch.rand(1, 3, 9, 9), class_index=3)
    with pytest.raises(RuntimeError):
        full_gradient(network, torch.rand(1, 4, 9, 9), class_index=0)
    assert count_hooks(network) == 0
