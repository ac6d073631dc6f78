from collections import OrderedDict

import pytest
import torch
from captum.attr import FeatureAblation, Occlusion
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lib import occlusion

SIDES = st.integers(1, 12)


def gray_counts(height, width, positions, size):
    """How many squares cover each pixel."""
    count = torch.zeros(height, width, dtype=torch.long)
    for top, left in positions.tolist():
        count[top : top + size, left : left + size] += 1
    return count


def bright_or_dark():
    """Two scores for an image: the mean of its first color, and zero."""
    network = nn.Sequential(OrderedDict(maps=nn.Conv2d(3, 2, 1), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten()))
    network.maps.weight.data = torch.tensor([[4.0, 0, 0], [0, 0, 0]]).view(2, 3, 1, 1)
    network.maps.bias.data.zero_()
    return network.eval().requires_grad_(False)


# Places


def test_positions_told_by_hand():
    found = occlusion.occluder_positions(torch.zeros(1, 3, 5, 8), 3, 2)
    assert found.tolist() == [[top, left] for top in (0, 2) for left in (0, 2, 4, 5)]


@given(SIDES, SIDES, st.data())
def test_positions_cover_every_pixel_stay_inside_and_never_come_twice(height, width, data):
    size = data.draw(st.integers(1, min(height, width)))
    stride = data.draw(st.integers(1, size))
    positions = occlusion.occluder_positions(torch.zeros(1, 3, height, width), size, stride)
    assert (gray_counts(height, width, positions, size) > 0).all()
    assert (positions >= 0).all()
    assert (positions + size <= torch.tensor([height, width])).all()
    assert len(positions.unique(dim=0)) == len(positions)
    assert positions.tolist() == sorted(positions.tolist())  # row by row
    rows, columns = (-(-(length - size) // stride) + 1 for length in (height, width))
    assert len(positions) == rows * columns  # no more than are needed at this stride


def test_a_square_larger_than_the_image_covers_all_of_it():
    image = torch.rand(1, 3, 4, 9)
    positions = occlusion.occluder_positions(image, 6, 3)
    assert positions.tolist() == [[0, 0], [0, 3]]
    assert (gray_counts(4, 9, positions, 6) > 0).all()
    assert (occlusion.occlude(image, positions, 6)[1, :, :, 3:] == 0.5).all()


# Copies


@given(SIDES, SIDES, st.data())
def test_each_copy_is_gray_in_its_square_and_the_image_elsewhere(height, width, data):
    size = data.draw(st.integers(1, min(height, width)))
    image = torch.rand(1, 3, height, width)
    before = image.clone()
    positions = occlusion.occluder_positions(image, size, size)
    copies = occlusion.occlude(image, positions, size)
    assert copies.shape == (len(positions), 3, height, width)
    for copy, place in zip(copies, positions):
        covered = gray_counts(height, width, place[None], size) > 0
        assert (copy[:, covered] == 0.5).all()
        assert torch.equal(copy[:, ~covered], image[0][:, ~covered])
    assert torch.equal(image, before)


def test_copies_keep_type_and_device(device):
    image = torch.rand(1, 3, 5, 6, dtype=torch.double, device=device)
    copies = occlusion.occlude(image, torch.tensor([[0, 0], [1, 2]]), 3)
    assert copies.dtype == image.dtype and copies.device == image.device


# Probabilities


@pytest.mark.parametrize("batch_size, passes", [(1, 7), (3, 3), (7, 1), (100, 1)])
def test_probabilities_do_not_depend_on_the_batches_and_no_pass_is_made_in_vain(batch_size, passes):
    torch.manual_seed(1)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5))
    image, positions = torch.rand(1, 3, 8, 9), torch.randint(0, 5, (7, 2))
    seen = []
    network.register_forward_pre_hook(lambda module, inputs: seen.append(len(inputs[0])))
    found = occlusion.occluded_probabilities(network, image, positions, 4, batch_size)
    assert len(seen) == passes and sum(seen) == 7 and max(seen) <= batch_size
    torch.testing.assert_close(found.sum(dim=1), torch.ones(7))
    expected = torch.cat([network(copy[None]) for copy in occlusion.occlude(image, positions, 4)]).softmax(dim=1)
    torch.testing.assert_close(found, expected)
    assert not found.requires_grad and not found.is_inference()  # so that it can be worked with


def test_a_drop_told_by_hand():
    """A white image of 2 × 2 pixels has scores 4 and 0; one pixel of gray takes a half of its quarter."""
    found = occlusion.sensitivity_map(bright_or_dark(), torch.ones(1, 3, 2, 2), 0, 1, 1, 4)
    drop = torch.tensor(4.0).sigmoid() - torch.tensor(3.5).sigmoid()
    torch.testing.assert_close(found, drop.expand(2, 2))


# Maps


def test_overlaps_are_averaged_and_what_was_never_covered_is_zero():
    found = occlusion.average_overlaps(torch.tensor([2.0, 6]), torch.tensor([[0, 0], [0, 1]]), 2, 3, 4)
    assert found.tolist() == [[2, 4, 6, 0], [2, 4, 6, 0], [0, 0, 0, 0]]


@given(SIDES, SIDES, st.floats(-5, 5, width=32), st.data())
def test_a_value_that_is_the_same_everywhere_makes_a_flat_map(height, width, value, data):
    size = data.draw(st.integers(1, min(height, width)))
    stride = data.draw(st.integers(1, size))
    positions = occlusion.occluder_positions(torch.zeros(1, 3, height, width), size, stride)
    found = occlusion.average_overlaps(torch.full((len(positions),), value), positions, size, height, width)
    torch.testing.assert_close(found, torch.full((height, width), value))


@given(st.permutations(range(12)))
def test_a_map_does_not_depend_on_the_order_of_the_places(order):
    positions = occlusion.occluder_positions(torch.zeros(1, 3, 8, 10), 4, 2)
    values = torch.linspace(-1, 2, 12)
    expected = occlusion.average_overlaps(values, positions, 4, 8, 10)
    found = occlusion.average_overlaps(values[order], positions[list(order)], 4, 8, 10)
    torch.testing.assert_close(found, expected)


def test_labels_are_laid_out_as_the_places_are():
    positions = occlusion.occluder_positions(torch.zeros(1, 3, 4, 8), 2, 2)
    labels = torch.tensor([3, 0, 0, 1, 2, 2, 1, 0])
    probabilities = nn.functional.one_hot(labels, 4) * 0.6 + 0.1
    assert occlusion.label_map(probabilities, positions).tolist() == [[3, 0, 0, 1], [2, 2, 1, 0]]


# Against Captum


@pytest.mark.parametrize("size, stride", [(32, 16), (24, 24), (48, 8)])
def test_the_map_equals_captums_where_the_stride_leads_to_the_border(efficientnet, device, size, stride):
    """Captum averages overlaps too, and keeps an axis of colors, which are covered together here."""
    from lib import images

    image = images.sample("coffee", 96).to(device)
    found = occlusion.sensitivity_map(efficientnet, image, 967, size, stride, 8)
    oracle = Occlusion(lambda batch: efficientnet(batch).softmax(dim=1))
    with torch.no_grad():
        expected = oracle.attribute(
            image, (3, size, size), strides=(3, stride, stride), baselines=0.5, target=967, perturbations_per_eval=8
        )
    assert expected.abs().max() > 0.01
    torch.testing.assert_close(found, expected[0, 0], rtol=1e-3, atol=1e-5)
    assert torch.equal(expected[0, 0], expected[0, 1])


def test_where_it_does_not_captum_cuts_the_last_square_and_this_one_moves_it_back(efficientnet, cat):
    """Away from the last row and column of squares both agree; there Captum's are smaller than asked."""
    size, stride = 32, 24
    found = occlusion.sensitivity_map(efficientnet, cat, 285, size, stride, 8)
    oracle = Occlusion(lambda batch: efficientnet(batch).softmax(dim=1))
    with torch.no_grad():
        expected = oracle.attribute(cat, (3, size, size), strides=(3, stride, stride), baselines=0.5, target=285)[0, 0]
    height, width = cat.shape[2:]
    last_top = (height - size) // stride * stride + stride  # where Captum's last row begins
    last_left = (width - size) // stride * stride + stride
    inside = slice(0, min(last_top, height - size)), slice(0, min(last_left, width - size))
    torch.testing.assert_close(found[inside], expected[inside], rtol=1e-3, atol=1e-5)
    assert not torch.allclose(found, expected, atol=1e-3)


def test_squares_side_by_side_equal_captums_feature_ablation(efficientnet, cat):
    image = cat[..., :96, :96]
    cells = torch.arange(9).view(3, 3).repeat_interleave(32, 0).repeat_interleave(32, 1)
    found = occlusion.sensitivity_map(efficientnet, image, 285, 32, 32, 4)
    oracle = FeatureAblation(lambda batch: efficientnet(batch).softmax(dim=1))
    with torch.no_grad():
        expected = oracle.attribute(image, baselines=0.5, target=285, feature_mask=cells.to(image.device)[None, None])
    torch.testing.assert_close(found, expected[0, 0], rtol=1e-3, atol=1e-5)


# A channel


def test_the_strongest_channel_is_chosen_once_and_its_total_followed(device):
    network = bright_or_dark().to(device)
    image = torch.ones(1, 3, 2, 4, device=device)
    positions = torch.tensor([[0, 0], [0, 2]])
    channel, totals = occlusion.strongest_channel(network, "maps", image, positions, 2, 1)
    assert channel == 0
    assert totals.tolist() == [24, 24]  # 8 pixels of 4, four of them halved


def test_following_a_channel_leaves_no_hook(efficientnet, cat):
    positions = occlusion.occluder_positions(cat, 64, 64)
    channel, totals = occlusion.strongest_channel(efficientnet, "head.relu", cat, positions, 64, 4)
    assert totals.shape == (len(positions),) and 0 <= channel < 1280 and not totals.requires_grad
    assert not any(module._forward_hooks for module in efficientnet.modules())
    with pytest.raises(ValueError, match="head.relu"):
        occlusion.strongest_channel(efficientnet, "head.rel", cat, positions, 64, 4)
