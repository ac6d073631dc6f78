import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import minmax_scale

from lib.filters import filters_as_images

WEIGHTS = arrays(np.float32, (3, 3, 2, 4), elements=st.floats(-4, 4, width=32))


def test_each_filter_goes_from_its_own_lowest_to_its_own_highest_weight(device):
    weight = torch.tensor([[[[0.0, 2]], [[-2, 0]], [[1, 1]]], [[[10, 20]], [[30, 40]], [[50, 60]]]], device=device)
    expected = torch.tensor([[[[0.5, 1]], [[0, 0.5]], [[0.75, 0.75]]], [[[0, 0.2]], [[0.4, 0.6]], [[0.8, 1]]]])
    torch.testing.assert_close(filters_as_images(weight).cpu(), expected)


def test_agrees_with_scikit_learns_scaling(efficientnet):
    for layer in ("stem.conv", "blocks.3.depthwise.conv", "blocks.2.project.conv"):
        weight = efficientnet.get_submodule(layer).weight[:20]
        rows = weight.flatten(1).cpu().double().numpy()
        expected = torch.from_numpy(minmax_scale(rows, axis=1)).view(weight.shape)
        found = filters_as_images(weight).cpu().double()
        if weight.shape[1] != 3:
            assert torch.equal(found[:, 0], found[:, 2])
            found = found[:, 0].view(weight.shape)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_slices_that_are_no_colors_become_gray_images_in_their_order():
    weight = torch.tensor([[[[0.0]], [[1]]], [[[5]], [[3]]]])
    found = filters_as_images(weight)
    assert found.shape == (4, 3, 1, 1)
    assert found[:, 0, 0, 0].tolist() == [0, 1, 1, 0]


def test_a_constant_filter_is_black_and_nothing_is_nan():
    weight = torch.full((2, 3, 2, 2), 0.7)
    weight[1, 0, 0, 0] = 1e-30  # a very small span is still a span
    weight[1, 0, 0, 1] = 0.7
    found = filters_as_images(weight)
    assert torch.equal(found[0], torch.zeros(3, 2, 2))
    assert found[1].min() == 0 and found[1].max() == 1
    tiny = filters_as_images(torch.tensor([[[[0.0, 1e-30]]]]))
    assert tiny.amax() == 1


@given(WEIGHTS, st.floats(0.25, 8), st.floats(-2, 2))
def test_neither_scale_nor_offset_of_a_filter_changes_its_picture(values, factor, offset):
    weight = torch.from_numpy(values).double()
    assume((weight.amax((1, 2, 3)) - weight.amin((1, 2, 3))).min() > 1e-3)
    found = filters_as_images(weight * factor + offset)
    torch.testing.assert_close(found, filters_as_images(weight), rtol=0, atol=1e-4)


def test_the_weight_that_is_given_stays_as_it_is():
    weight = torch.randn(2, 3, 3, 3)
    before = weight.clone()
    filters_as_images(weight)
    assert torch.equal(weight, before)
