from collections import OrderedDict

import numpy as np
import pytest
import scipy.ndimage
import torch
from captum.attr import LayerGradCam
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pytorch_grad_cam import GradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from lib import grad_cam

NUMBERS = st.floats(-4, 4, width=32)
SIDES = st.integers(1, 9)


def rectified_head(weight):
    """Images are the features; then ReLU, global average pooling, one linear layer of this weight.

    So d score_c / d A_k is weight[c, k] / (H W) where A is positive, and 0 elsewhere.
    """
    classes, channels = len(weight), len(weight[0])
    network = nn.Sequential(
        OrderedDict(
            features=nn.Identity(),
            relu=nn.ReLU(),
            pool=nn.AdaptiveAvgPool2d(1),
            flatten=nn.Flatten(),
            linear=nn.Linear(channels, classes),
        )
    )
    network.linear.weight.data = torch.tensor(weight)
    return network


def count_hooks(network):
    return sum(len(module._forward_hooks) for module in network.modules())


# Class activation maps


def test_class_activation_map_adds_up_channels_by_the_weights_of_one_class():
    features = torch.tensor([[[[1.0, 2], [3, 4]], [[1, 0], [0, 10]]], [[[0, 0], [0, 0]], [[1, 2], [3, 4]]]])
    weight = torch.tensor([[7.0, 7], [2, -1]])
    expected = [[[1, 4], [6, -2]], [[-1, -2], [-3, -4]]]
    assert grad_cam.class_activation_map(features, weight, 1).tolist() == expected


def test_class_activation_map_averages_to_the_score_without_its_bias(efficientnet, cat):
    with torch.no_grad():
        features = efficientnet.head(efficientnet.blocks(efficientnet.stem(efficientnet.normalize(cat))))
        scores = efficientnet(cat)
    classifier = efficientnet.classifier
    for index in (0, 285, 999):
        means = grad_cam.class_activation_map(features, classifier.weight, index).mean(dim=(1, 2))
        torch.testing.assert_close(means, scores[:, index] - classifier.bias[index], rtol=1e-4, atol=1e-4)


def test_class_activation_map_is_the_area_times_grad_cam(efficientnet, cat):
    """Where pooling and a linear layer follow, the weights of eq. 1 are that layer's over H W."""
    weight, espresso = efficientnet.classifier.weight, 967
    features, gradients = grad_cam.score_gradients(efficientnet, "head.relu", cat, espresso)
    area = features.shape[2] * features.shape[3]
    torch.testing.assert_close(grad_cam.channel_weights(gradients)[0] * area, weight[espresso])

    cam = grad_cam.class_activation_map(features, weight, espresso)
    maps = grad_cam.grad_cam(efficientnet, "head.relu", cat, espresso)
    assert cam.min() < 0 < cam.max()  # Zhou has no ReLU, and here it matters
    torch.testing.assert_close(maps * area, cam.relu(), rtol=1e-4, atol=1e-4 * cam.max().item())


# The gradient of a score by a layer


def test_score_gradients_are_those_told_by_hand(device):
    network = rectified_head([[0.0, 0, 0], [8, -4, 2]]).to(device)
    images = torch.tensor([[[[1.0, -1]], [[2, 3]], [[0, 5]]]], device=device)
    activations, gradients = grad_cam.score_gradients(network, "features", images, 1)
    assert torch.equal(activations, images)
    assert gradients.tolist() == [[[[4, 0]], [[-2, -2]], [[0, 1]]]]  # weight / 2 positions, where positive
    assert gradients.device == images.device


def test_score_gradients_are_slopes_of_the_score():
    """Central differences in float64 through a smooth network, along random directions."""
    torch.manual_seed(0)
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 5, 3), nn.Tanh(), nn.Flatten(), nn.Linear(30, 3)
    ).double()
    images = torch.rand(2, 3, 6, 7, dtype=torch.double)
    activations, gradients = grad_cam.score_gradients(network, "1", images, 2)
    for _ in range(3):
        step = 1e-5 * torch.randn_like(activations)
        rise = (network[2:](activations + step) - network[2:](activations - step))[:, 2] / 2
        torch.testing.assert_close(rise, (gradients * step).sum(dim=(1, 2, 3)), rtol=1e-6, atol=0)


def test_each_image_of_a_batch_has_the_gradient_of_its_own_score(efficientnet, cat):
    batch = torch.cat([cat, 1 - cat, cat.flip(3)])
    activations, gradients = grad_cam.score_gradients(efficientnet, "blocks.10.expand.relu", batch, 285)
    for number in range(3):
        alone = grad_cam.score_gradients(efficientnet, "blocks.10.expand.relu", batch[number, None], 285)
        scale = gradients[number].abs().max().item()
        torch.testing.assert_close(gradients[number, None], alone[1], rtol=1e-3, atol=1e-3 * scale)
        torch.testing.assert_close(activations[number, None], alone[0], rtol=1e-3, atol=1e-3)
    assert not torch.allclose(gradients[0], gradients[1], atol=1e-2 * scale)


def test_score_gradients_leave_no_trace():
    network = rectified_head([[1.0, 2, 3]])
    images = torch.rand(1, 3, 2, 2, requires_grad=True)
    with torch.no_grad():  # as in a notebook that switches gradients off
        results = grad_cam.score_gradients(network, "features", images, 0)
    assert not any(result.requires_grad for result in results)
    assert images.grad is None and all(parameter.grad is None for parameter in network.parameters())
    assert count_hooks(network) == 0


def test_hooks_are_gone_after_an_exception():
    network = rectified_head([[1.0, 2, 3]])
    with pytest.raises(IndexError):
        grad_cam.score_gradients(network, "features", torch.rand(1, 3, 2, 2), class_index=5)
    with pytest.raises(RuntimeError):
        grad_cam.score_gradients(network, "features", torch.rand(1, 4, 2, 2), class_index=0)
    assert count_hooks(network) == 0


# Weights and maps


def test_channel_weights_are_means_over_positions():
    gradients = torch.tensor([[[[1.0, 2, 3], [4, 5, 9]], [[0, 0, 0], [0, 0, -6]]]])
    assert grad_cam.channel_weights(gradients).tolist() == [[4, -1]]


def test_weighted_map_keeps_what_speaks_for_the_class_after_adding_up():
    activations = torch.tensor([[[[1.0, 2, 0]], [[1, 0, 3]]], [[[1, 1, 1]], [[0, 1, 2]]]])
    weights = torch.tensor([[3.0, -2], [-1, 1]])
    assert grad_cam.weighted_map(activations, weights).tolist() == [[[1, 6, 0]], [[0, 0, 1]]]


@given(arrays(np.float32, (2, 4, 7), elements=NUMBERS), st.permutations(range(4)))
def test_weighted_map_does_not_depend_on_the_order_of_channels(values, order):
    values = torch.from_numpy(values)
    activations, weights = values[..., :6].reshape(2, 4, 2, 3), values[..., 6]
    found = grad_cam.weighted_map(activations[:, order], weights[:, order])
    torch.testing.assert_close(found, grad_cam.weighted_map(activations, weights), rtol=1e-5, atol=1e-4)


@given(arrays(np.float32, (1, 3, 2, 2), elements=NUMBERS), st.floats(0.01, 100))
def test_a_positive_factor_goes_through_weights_and_map(gradients, factor):
    gradients = torch.from_numpy(gradients)
    activations = torch.linspace(-1, 1, 12).view(1, 3, 2, 2)
    one = grad_cam.weighted_map(activations, grad_cam.channel_weights(gradients))
    many = grad_cam.weighted_map(activations, grad_cam.channel_weights(gradients * factor))
    torch.testing.assert_close(many, one * factor, rtol=1e-4, atol=1e-4 * factor)


def test_a_map_without_evidence_is_zero_and_stays_zero():
    network = rectified_head([[-1.0, -2, -3]])
    maps = grad_cam.grad_cam(network, "features", torch.rand(2, 3, 5, 3), 0)
    assert torch.equal(maps, torch.zeros(2, 5, 3))
    assert torch.equal(grad_cam.heat_map(maps, (11, 7)), torch.zeros(2, 11, 7))


@pytest.mark.parametrize("layer", ["blocks.5.project.norm", "blocks.10.expand.relu", "head.relu"])
def test_grad_cam_equals_captums(efficientnet, cat, layer):
    """Captum applies the last ReLU only when it is asked to, and keeps an axis of one channel."""
    batch = torch.cat([cat, 1 - cat])
    found = grad_cam.grad_cam(efficientnet, layer, batch, 285)
    oracle = LayerGradCam(efficientnet, efficientnet.get_submodule(layer))
    expected = oracle.attribute(batch, target=285, relu_attributions=True)[:, 0]
    assert expected.max() > 0
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5 * expected.max().item())


@pytest.mark.parametrize("layer", ["blocks.10.expand.relu", "head.relu"])
def test_heat_map_of_grad_cam_equals_pytorch_grad_cams(efficientnet, cat, layer):
    """That package brings 0 to the lowest value too, so both are compared after min and max."""
    size = cat.shape[2:]
    found = grad_cam.heat_map(grad_cam.grad_cam(efficientnet, layer, cat, 285), size).cpu()
    found = (found - found.min()) / (found.max() - found.min())
    with GradCAM(efficientnet, [efficientnet.get_submodule(layer)]) as oracle:
        expected = oracle(cat.clone().requires_grad_(), targets=[ClassifierOutputTarget(285)])
    torch.testing.assert_close(found, torch.from_numpy(expected), rtol=0, atol=1e-4)


def test_grad_cam_of_an_odd_size_has_the_size_of_the_layer(efficientnet, cat):
    maps = grad_cam.grad_cam(efficientnet, "head.relu", cat, 285)
    assert maps.shape == (1, 5, 4)  # 131 × 97 pixels, halved five times and rounded up
    heat = grad_cam.heat_map(maps, cat.shape[2:])
    assert heat.shape == (1, 131, 97) and heat.max() == 1


# Heat maps over images


def test_heat_map_interpolates_between_centers_of_positions():
    """Four pixels for two positions: centers at a quarter and three quarters; flat beyond the outermost."""
    maps = torch.tensor([[[0.0, 2]], [[4, 4]], [[0, 0]]])
    expected = [[[0, 0.25, 0.75, 1]], [[1, 1, 1, 1]], [[0, 0, 0, 0]]]  # each by its own maximum
    assert grad_cam.heat_map(maps, (1, 4)).tolist() == expected


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 99))
def test_heat_map_agrees_with_scipys_zoom(height, width, tall, wide, seed):
    """grid_mode is align_corners=False: it is whole pixels, not their centers, that are stretched."""
    values = np.random.default_rng(seed).uniform(0.1, 1, (height, width))
    zoom = (tall / height, wide / width)
    expected = scipy.ndimage.zoom(values, zoom, order=1, mode="nearest", grid_mode=True)
    found = grad_cam.heat_map(torch.from_numpy(values)[None], (tall, wide))[0]
    torch.testing.assert_close(found, torch.from_numpy(expected / expected.max()))


@given(st.floats(1e-3, 1e3))
def test_heat_map_does_not_see_the_scale_of_a_map_nor_the_rest_of_the_batch(factor):
    maps = torch.rand(3, 4, 5, generator=torch.Generator().manual_seed(0))
    found = grad_cam.heat_map(torch.stack([maps[0] * factor, maps[1], maps[2] / factor]), (9, 7))
    for number in range(3):
        torch.testing.assert_close(found[number], grad_cam.heat_map(maps[number, None], (9, 7))[0])


def test_overlay_is_the_image_where_cold_and_half_the_color_where_hot():
    images = torch.tensor([0.2, 0.4, 0.8]).view(1, 3, 1, 1).expand(1, 3, 1, 3)
    heat = torch.tensor([[[0.0, 0.5, 1]]])
    found = grad_cam.overlay(images, heat, torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1).expand(1, 3, 1, 3))
    expected = torch.tensor([[0.2, 0.4, 0.6], [0.4, 0.3, 0.2], [0.8, 0.6, 0.4]])
    torch.testing.assert_close(found[0, :, 0], expected)


@given(arrays(np.float32, (7, 2, 1, 2), elements=st.floats(0, 1, width=32)))
def test_overlay_lies_between_image_and_color(values):
    values = torch.from_numpy(values)
    images, colors, heat = values[None, :3, 0], values[None, 3:6, 0], values[None, 6, 0]
    found = grad_cam.overlay(images, heat, colors)
    assert (found >= torch.minimum(images, colors) - 1e-6).all()
    assert (found <= torch.maximum(images, colors) + 1e-6).all()
    assert ((found - images).abs() <= (colors - images).abs() / 2 + 1e-6).all()


def test_guided_grad_cam_is_the_product_with_the_interpolated_map():
    guided = torch.tensor([[[[1.0, 1, -1, 2]], [[0, 4, 4, 0]], [[8, 0, 0, 8]]]])
    maps = torch.tensor([[[0.0, 2]]])  # 0, 0.5, 1.5, 2 at the four pixels, not scaled to its maximum
    expected = [[[[0, 0.5, -1.5, 4]], [[0, 2, 6, 0]], [[0, 0, 0, 16]]]]
    assert grad_cam.guided_grad_cam(guided, maps).tolist() == expected


def test_guided_grad_cam_pairs_each_image_with_its_own_map():
    guided = torch.ones(2, 3, 5, 7)
    found = grad_cam.guided_grad_cam(guided, torch.tensor([1.0, 3]).view(2, 1, 1))
    torch.testing.assert_close(found, torch.stack([guided[0], 3 * guided[1]]))


# Channels and points


def test_important_channels_name_the_strongest_first_on_either_side():
    weights = torch.tensor([0.1, -3, 2, 0, -0.5, 7])
    for_class, against_class = grad_cam.important_channels(weights, 2)
    assert for_class.tolist() == [5, 2] and against_class.tolist() == [1, 4]
    everything = grad_cam.important_channels(weights, 6)
    assert everything[0].tolist() == [5, 2, 0, 3, 4, 1] and everything[1].tolist() == [1, 4, 3, 0, 2, 5]


@given(st.permutations([-3.0, -1, -0.5, 0, 0.25, 2, 4]), st.integers(1, 7))
def test_what_speaks_against_a_class_speaks_for_its_opposite(weights, k):
    weights = torch.tensor(weights)
    for_class, against_class = grad_cam.important_channels(weights, k)
    assert torch.equal(against_class, grad_cam.important_channels(-weights, k)[0])
    assert len(for_class) == len(against_class) == k


def test_the_pointing_game_counts_x_before_y_and_leaves_right_and_bottom_outside():
    maps = torch.full((1, 4, 6), -2.0)
    maps[0, 1, 3] = 1  # row 1, column 3: x = 3, y = 1
    boxes = {
        (3, 1, 4, 2): True,  # this very pixel: left and top are inside
        (0, 0, 6, 4): True,
        (1, 3, 2, 4): False,  # x and y confused
        (0, 0, 3, 4): False,  # right is outside
        (4, 0, 6, 4): False,
        (0, 0, 6, 1): False,  # bottom is outside
        (0, 2, 6, 4): False,
    }
    found = grad_cam.pointing_game(maps.expand(len(boxes), 4, 6), torch.tensor(list(boxes)))
    assert found.dtype == torch.bool
    assert found.tolist() == list(boxes.values())


def test_the_pointing_game_holds_each_map_against_its_own_box():
    maps = torch.zeros(2, 3, 5)
    maps[0, 0, 0], maps[1, 2, 4] = 1, 1
    boxes = torch.tensor([[0, 0, 1, 1], [4, 2, 5, 3]])
    assert grad_cam.pointing_game(maps, boxes).tolist() == [True, True]
    assert grad_cam.pointing_game(maps, boxes.flip(0)).tolist() == [False, False]


@given(st.permutations(range(15)), st.tuples(*[st.integers(0, 5)] * 4))
def test_the_pointing_game_turns_with_its_map(values, box):
    maps, (left, top, right, bottom) = torch.tensor(values).view(1, 3, 5), box
    found = grad_cam.pointing_game(maps, torch.tensor([box]))
    turned = grad_cam.pointing_game(maps.transpose(1, 2), torch.tensor([[top, left, bottom, right]]))
    assert found == turned
