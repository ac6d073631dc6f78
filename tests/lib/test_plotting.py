from base64 import b64decode
from io import BytesIO

import matplotlib
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.figure import Figure
from PIL import Image

from lib import plotting

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
MAPS = arrays(np.float32, (2, 3, 4), elements=st.floats(-100, 100, width=32))


def drawn(picture):
    """What each axes of a picture shows: the values and the limits of their colors."""
    shown = [axes.images[0] for axes in picture.figure.axes]
    return [(np.asarray(image.get_array()), image.get_clim()) for image in shown]


# Pictures


@pytest.mark.parametrize("photograph, start, kind", [(True, JPEG, "image/jpeg"), (False, PNG, "image/png")])
def test_a_photograph_is_a_jpeg_and_a_plot_is_a_png(photograph, start, kind):
    picture = plotting.Picture(Figure(figsize=(1, 1)), "a white square", photograph)
    assert picture.bytes().startswith(start)
    data, metadata = picture._repr_mimebundle_()
    assert data.keys() == {kind, "text/plain"}
    assert b64decode(data[kind]).startswith(start)
    assert "a white square" in data["text/plain"] and metadata[kind]["alt"] == "a white square"


@pytest.mark.parametrize("ending, start", [("jpg", JPEG), ("png", PNG)])
def test_the_ending_of_the_name_says_the_format(tmp_path, ending, start):
    plotting.grid(torch.rand(1, 3, 8, 8)).save(tmp_path / f"picture.{ending}")
    assert (tmp_path / f"picture.{ending}").read_bytes().startswith(start)


def test_a_picture_shows_what_was_drawn():
    """A red and a blue image: the left half of the file is mostly red, the right half mostly blue."""
    red, blue = torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 0, 1])
    images = torch.stack([red, blue])[..., None, None].expand(2, 3, 8, 8)
    pixels = np.asarray(Image.open(BytesIO(plotting.grid(images).bytes())).convert("RGB")).astype(int)
    middle = pixels[pixels.shape[0] // 2]
    quarter = len(middle) // 4
    assert np.abs(middle[quarter] - [255, 0, 0]).max() < 12
    assert np.abs(middle[-quarter] - [0, 0, 255]).max() < 12


# Colors


def test_colors_are_those_of_the_color_map():
    maps = torch.linspace(0, 1, 256).view(2, 8, 16)
    found = plotting.colors(maps, "viridis")
    expected = matplotlib.colormaps["viridis"](np.arange(256))[:, :3].reshape(2, 8, 16, 3)
    assert found.shape == (2, 3, 8, 16) and found.dtype == torch.float32
    np.testing.assert_allclose(found.permute(0, 2, 3, 1), expected, atol=1e-6)


def test_colors_stay_at_the_ends_beyond_them():
    found = plotting.colors(torch.tensor([[[-5.0, 0, 1, 7]]]), "gray")
    assert found.tolist() == [[[[0, 0, 1, 1]]] * 3]


@pytest.mark.parametrize("place", ["cpu", "meta"])  # meta is a device that every machine has
def test_colors_are_made_on_the_device_of_the_maps(place):
    assert plotting.colors(torch.rand(1, 2, 2, device=place)).device.type == place


def test_signed_puts_zero_in_the_middle_and_each_images_largest_at_an_end():
    values = torch.tensor([[[0.0, 1, -4]], [[0, 20, -10]], [[0, 0, 0]]])
    assert plotting.signed(values).tolist() == [[[0.5, 0.625, 0]], [[0.5, 1, 0.25]], [[0.5, 0.5, 0.5]]]


def test_signed_scales_the_three_colors_of_an_image_together():
    values = torch.tensor([[-2.0, 1, 0], [8, 4, 0]]).view(2, 3, 1, 1)
    assert plotting.signed(values).flatten(1).tolist() == [[0, 0.75, 0.5], [1, 0.75, 0.5]]


@given(MAPS, st.floats(0.01, 100))
def test_signed_stays_in_range_and_sees_signs_but_no_scale(values, factor):
    values = torch.from_numpy(values)
    found = plotting.signed(values)
    assert 0 <= found.min() and found.max() <= 1
    torch.testing.assert_close(plotting.signed(-values), 1 - found)
    if (values.abs().amax(dim=(1, 2)) > 1e-6).all():
        torch.testing.assert_close(plotting.signed(values * factor), found)


def test_signed_cuts_off_no_more_than_the_share_of_outliers():
    values = torch.arange(1.0, 1001) * torch.tensor([1, -1]).repeat(500)
    found = plotting.signed(values[None], outliers=0.1)[0]
    inside = (0 < found) & (found < 1)
    assert 890 <= inside.sum() <= 910
    slopes = (found - 0.5)[inside] / values[inside]
    torch.testing.assert_close(slopes, slopes[:1].expand_as(slopes), rtol=1e-3, atol=0)
    assert torch.equal(found[~inside], (values[~inside] > 0).float())  # the largest, at their own ends


# Grids


def test_a_grid_draws_images_as_they_are_and_maps_from_zero_to_their_largest():
    image = torch.tensor([0.2, 0.4, 0.6]).view(3, 1, 1).expand(3, 2, 4)
    (colored, _), (gray, limits) = drawn(plotting.grid([image, torch.tensor([[1.0, 5], [2, 3]])]))
    np.testing.assert_allclose(colored[0, 0], [0.2, 0.4, 0.6], rtol=1e-6)
    assert colored.shape == (2, 4, 3)
    assert gray.tolist() == [[1, 5], [2, 3]] and limits == (0, 5)


def test_a_grid_cuts_images_off_where_they_leave_the_range_and_shows_nan_as_black(caplog):
    image = torch.tensor([[-1.0, 0.5, 2], [float("nan"), 0.5, 1]]).view(2, 3, 1, 1)
    (first, _), (second, _) = drawn(plotting.grid(image))
    assert first.tolist() == [[[0, 0.5, 1]]] and second.tolist() == [[[0, 0.5, 1]]]
    assert not caplog.records  # matplotlib would cut them off as well, with a complaint


@pytest.mark.parametrize("count, columns, shape", [(3, None, (1, 3)), (7, None, (2, 5)), (7, 3, (3, 3))])
def test_a_grid_has_five_columns_unless_told_otherwise(count, columns, shape):
    picture = plotting.grid(torch.rand(count, 2, 2), columns=columns)
    places = [axes.get_subplotspec() for axes in picture.figure.axes]
    assert [place.get_gridspec().get_geometry() for place in places] == [shape] * count
    assert [place.num1 for place in places] == list(range(count))  # row by row


def test_titles_stand_over_their_images_and_for_them():
    picture = plotting.grid(torch.rand(3, 2, 2), titles=["cat", "dog"])
    assert [axes.get_title() for axes in picture.figure.axes] == ["cat", "dog", ""]
    assert picture.alt == "cat; dog" and picture.photograph
    assert plotting.grid(torch.rand(3, 2, 2), titles=["cat"], alt="three maps").alt == "three maps"
    assert "3" in plotting.grid(torch.rand(3, 2, 2)).alt


def test_a_grid_takes_tensors_from_any_device_and_in_the_midst_of_a_graph(device):
    images = torch.rand(1, 3, 4, 4, device=device, requires_grad=True)
    assert plotting.grid(2 * images).bytes().startswith(JPEG)


# Flows


def test_the_hue_of_a_flow_is_its_direction_and_rest_is_white():
    flow = torch.zeros(1, 2, 1, 5)
    flow[0, :, 0] = torch.tensor([[2.0, -2, 0, 0, 0], [0.0, 0, 2, -2, 0]])
    right, left, down, up, rest = plotting.flow_colors(flow)[0, :, 0].T
    assert rest.tolist() == [1, 1, 1] and right[0] == 1 and right[1:].max() < 0.05  # red
    assert left[0] < 0.05 and left[1:].min() > 0.9  # cyan is opposite
    assert down[1] > 0.9 and down[2] < 0.05 and up[2] > 0.9 and up[1] < 0.05


def test_half_as_long_is_half_as_pale_and_each_flow_has_its_own_scale():
    flow = torch.zeros(2, 2, 1, 2)
    flow[:, 0, 0] = torch.tensor([[4.0, 2.0], [40.0, 20.0]])
    colors = plotting.flow_colors(flow)
    assert torch.allclose(colors[0], colors[1])
    assert torch.allclose(1 - colors[0, :, 0, 1], (1 - colors[0, :, 0, 0]) / 2)
