import numpy as np
import pytest
import torch
from PIL import Image

from autograder import side_by_side
from autograder.side_by_side import GAP, TABLES, WIDTH, columns, html

WHITE = [255, 255, 255]


def shade(name, share):
    """The color of a share of a color map's range."""
    return TABLES[name][round(share * 255)].tolist()


def test_both_are_on_the_scale_of_the_expected_one():
    expected = torch.tensor([[[1.0, 2], [3, 5]]])
    (yours, theirs, difference), reach = columns(10 * expected, expected)
    assert theirs[0][0, 0].tolist() == shade("inferno", 0) and theirs[0][0, 1].tolist() == shade("inferno", 0.25)
    assert yours[0].reshape(4, 3).tolist() == [shade("inferno", 1)] * 4  # all of 10 and more
    assert reach == 45 and difference[0][1, 1].tolist() == shade("RdBu_r", 1)


def test_too_low_is_blue_and_too_high_is_red():
    (_, _, difference), _ = columns(torch.tensor([[0.0, 2]]), torch.tensor([[1.0, 1]]))
    (low,), (high,) = difference[0][:, :1, [0, 2]].tolist(), difference[0][:, 1:, [0, 2]].tolist()
    assert low[0][0] < low[0][1] and high[0][0] > high[0][1]


def test_images_in_color_have_a_common_scale_and_differ_by_their_most_different_color():
    expected = torch.tensor([0.0, 2, 4]).view(1, 3, 1, 1)
    (yours, theirs, difference), reach = columns(expected / 2, expected)
    assert yours[0].tolist() == [[[0, 64, 128]]] and theirs[0].tolist() == [[[0, 128, 255]]]
    assert reach == 2 and difference[0].tolist() == [[shade("RdBu_r", 0)]]


def test_colors_that_differ_in_opposite_ways_do_not_cancel():
    expected = torch.zeros(1, 3, 1, 1)
    (_, _, difference), reach = columns(torch.tensor([-1.0, 3, -2]).view(1, 3, 1, 1), expected)
    assert reach == 3 and difference[0].tolist() == [[shade("RdBu_r", 1)]]


def test_the_first_few_of_a_batch_are_shown_or_a_single_one():
    values = torch.rand(5, 2, 2)
    assert [len(shown) for shown in columns(values, values)[0]] == [3] * 3
    assert [len(shown) for shown in columns(values, values, limit=2)[0]] == [2] * 3
    assert [len(shown) for shown in columns(values[0], values[0])[0]] == [1] * 3


def test_only_what_is_shown_sets_the_reach_of_the_difference():
    yours, expected = torch.zeros(5, 2, 2), torch.ones(5, 2, 2)
    yours[4] = 100
    assert columns(yours, expected)[1] == 1


def test_a_difference_is_that_of_numbers_also_for_bytes_and_booleans():
    byte, boolean = torch.tensor([[3]], dtype=torch.uint8), torch.tensor([[True]])
    for yours, expected, reach, share in ((byte, 2 * byte, 3, 0), (boolean, ~boolean, 1, 1)):
        (_, _, difference), found = columns(yours, expected)
        assert found == reach and difference[0].tolist() == [[shade("RdBu_r", share)]]


def test_an_equal_answer_differs_by_nothing_and_is_drawn_white():
    expected = torch.tensor([[1.0, 2]])
    (_, _, difference), reach = columns(expected, expected)
    assert reach == 1 and np.abs(difference[0].astype(int) - 255).max() < 12


def test_an_expected_image_of_one_color_is_drawn_on_a_scale_of_one():
    expected = torch.full((1, 3, 1, 1), 2.0)
    (yours, theirs, _), _ = columns(expected + 0.25, expected)
    assert yours[0].tolist() == [[[64] * 3]] and theirs[0].tolist() == [[[0] * 3]]


def test_what_is_not_finite_hides_no_finite_difference_and_what_is_no_number_is_white():
    (yours, _, difference), reach = columns(torch.tensor([[0.0, 3, float("inf"), float("nan")]]), torch.ones(1, 4))
    assert reach == 2
    assert yours[0][0, 3].tolist() == WHITE and difference[0][0, 3].tolist() == WHITE
    assert difference[0][0, 2].tolist() == shade("RdBu_r", 1)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), 1.0], ids=str)
@pytest.mark.parametrize("shape", [(1, 2, 2), (1, 3, 2, 2)])
@pytest.mark.filterwarnings("error")
def test_it_survives_whatever_the_answer_is(wrong, shape):
    """Here the expected value has no range of its own."""
    expected = torch.ones(shape)
    yours = expected.clone()
    yours.view(-1)[0] = wrong
    assert html(yours, expected).count("data:image/png;base64,iVBOR") == 1


@pytest.mark.parametrize("height, width, size", [
    (2, 5, (84, 210)), (300, 420, (150, 210)), (3, 100, (6, 200)), (9, 2, (279, 62)), (700, 7, (280, 3)),
])  # fmt: skip
def test_small_pictures_are_enlarged_by_whole_pixels_and_large_ones_made_smaller(height, width, size):
    values = torch.rand(2, height, width)
    sheet = np.asarray(side_by_side._sheet(columns(values, values)[0]))
    assert sheet.shape == (2 * size[0] + GAP, 3 * WIDTH + 2 * GAP, 3)
    assert (sheet[size[0] : size[0] + GAP] == 255).all() and (sheet[:, WIDTH : WIDTH + GAP] == 255).all()
    left = (WIDTH - size[1]) // 2
    own = Image.fromarray(columns(values, values)[0][0][1]).resize(size[::-1], Image.Resampling.BOX)
    np.testing.assert_allclose(sheet[size[0] + GAP :, left : left + size[1]], np.asarray(own), atol=1)
