import socket
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from skimage import data
from sklearn.datasets import load_sample_image

from lib import images

BYTES = arrays(np.uint8, st.tuples(st.integers(1, 7), st.integers(1, 7), st.just(3)))


@pytest.fixture
def photograph():
    """An odd-sized (5, 7, 3) array of bytes."""
    return np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", sorted(images.SAMPLES))
def test_every_sample_is_an_image_and_needs_no_network(monkeypatch, name):
    def refuse(*args):
        raise AssertionError("a sample picture asked for a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    picture = images.sample(name)
    assert picture.dtype == torch.float32 and picture.shape[:2] == (1, 3)
    assert min(picture.shape[2:]) >= 224
    assert 0 <= picture.min() < 0.3 and 0.7 < picture.max() <= 1  # not left in bytes, not scaled twice
    assert images.sample(name, 33).shape == (1, 3, 33, 33)


@pytest.mark.parametrize("name, picture", [
    ("cat", data.chelsea), ("coffee", data.coffee), ("astronaut", data.astronaut), ("rocket", data.rocket),
    ("brick", data.brick), ("grass", data.grass), ("gravel", data.gravel), ("ihc", data.immunohistochemistry),
    ("hubble", data.hubble_deep_field), ("motorcycle", lambda: data.stereo_motorcycle()[0]),
    ("motorcycle-right", lambda: data.stereo_motorcycle()[1]), ("china", lambda: load_sample_image("china.jpg")),
    ("flower", lambda: load_sample_image("flower.jpg")),
])  # fmt: skip
def test_samples_are_what_the_packages_that_they_come_with_say(name, picture):
    assert torch.equal(images.sample(name), images.from_array(picture()))


def test_for_a_sample_nothing_large_is_imported():
    code = "import sys; from lib import images; images.sample('cat'); images.sample('china'); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sklearn", "skimage", "scipy"} & set(done.stdout.split())


def test_the_two_motorcycles_are_one_scene_seen_from_two_places():
    left, right = images.sample("motorcycle"), images.sample("motorcycle-right")
    assert left.shape == right.shape and not torch.equal(left, right)
    # What the left eye sees lies further right: moving the right picture that way makes it more alike.
    still = (left - right).abs().mean()
    moved = (left[..., 40:] - right[..., :-40]).abs().mean()
    other_way = (left[..., :-40] - right[..., 40:]).abs().mean()
    assert moved < still < other_way


def test_an_unknown_sample_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="'dog'.*cat, coffee"):
        images.sample("dog")


@given(BYTES)
def test_bytes_survive_the_way_to_a_tensor_and_back(array):
    image = images.from_array(array)
    assert image.shape == (1, 3, *array.shape[:2]) and image.dtype == torch.float32
    assert np.array_equal(images.to_array(image), array)
    assert np.array_equal(images.to_array(image[0]), array)


def test_all_256_levels_lie_evenly_between_0_and_1():
    image = images.from_array(np.arange(256, dtype=np.uint8).reshape(1, 256))
    torch.testing.assert_close(image[0, 0, 0], torch.linspace(0, 1, 256))


@given(arrays(np.float32, (2, 3, 3), elements=st.floats(-1, 2, width=32)))
def test_values_go_to_the_nearest_byte_and_never_around_the_ends(array):
    found = images.to_array(images.from_array(array)) / 255
    assert np.abs(found - np.clip(array, 0, 1)).max() <= 0.5 / 255 + 1e-6


def test_arrays_become_rgb_channels_first():
    array = np.zeros((2, 3, 3))
    array[0, 2] = 0.25, 0.5, 0.75
    image = images.from_array(array)
    assert image[0, :, 0, 2].tolist() == [0.25, 0.5, 0.75] and image.sum() == 1.5


def test_gray_arrays_become_three_equal_channels():
    image = images.from_array(np.array([[0, 51, 255]], dtype=np.uint8))
    torch.testing.assert_close(image, torch.tensor([0, 0.2, 1]).expand(1, 3, 1, 3))


def test_a_fourth_channel_is_left_out_of_arrays():
    image = images.from_array(np.dstack([np.zeros((2, 2, 3)), np.ones((2, 2, 1))]))
    assert image.shape == (1, 3, 2, 2) and image.max() == 0


@pytest.mark.parametrize("shape", [(4,), (4, 4, 2), (1, 4, 4, 3)])
def test_an_array_of_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"\(H, W\) or \(H, W, 3\), this one is .*4"):
        images.from_array(np.zeros(shape))


def test_a_png_comes_back_as_it_was_saved(tmp_path, photograph):
    image = images.from_array(photograph)
    images.save(torch.cat([image, 1 - image]), tmp_path / "first.png")  # the first of two
    assert np.array_equal(np.asarray(Image.open(tmp_path / "first.png")), photograph)
    assert torch.equal(images.load(tmp_path / "first.png"), image)


def test_the_ending_of_the_name_says_the_format(tmp_path):
    gray, path = torch.full((1, 3, 8, 8), 0.5), tmp_path / "gray.jpg"
    images.save(gray, path)
    assert Image.open(path).format == "JPEG"
    torch.testing.assert_close(images.load(path), gray, rtol=0, atol=0.02)


def test_loading_with_a_size_gives_the_middle_square(tmp_path, photograph):
    Image.fromarray(photograph).save(tmp_path / "wide.png")
    assert torch.equal(images.load(tmp_path / "wide.png", 5), images.from_array(photograph[:, 1:6]))


def test_transparent_parts_become_white(tmp_path):
    red = np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [255, 0, 0, 102]]], dtype=np.uint8)  # 102 / 255 = 0.4
    Image.fromarray(red).save(tmp_path / "red.png")
    image = images.load(tmp_path / "red.png")
    expected = torch.tensor([[1, 1, 1], [0, 1, 0.6], [0, 1, 0.6]])
    torch.testing.assert_close(image[0, :, 0], expected, rtol=0, atol=0.51 / 255)


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_gray_and_palette_files_become_rgb(tmp_path, mode):
    picture = Image.fromarray(np.array([[0, 255, 255], [255, 0, 0]], dtype=np.uint8)).convert(mode)
    picture.save(tmp_path / "small.png")
    expected = torch.tensor([[0.0, 1, 1], [1, 0, 0]]).expand(1, 3, 2, 3)
    assert torch.equal(images.load(tmp_path / "small.png"), expected)


def test_a_photograph_stands_as_the_camera_was_held(tmp_path, photograph):
    turned = Image.fromarray(np.rot90(photograph))  # a quarter turn to the left, and the note to undo it
    note = Image.Exif()
    note[0x0112] = 6
    turned.save(tmp_path / "phone.png", exif=note)
    assert torch.equal(images.load(tmp_path / "phone.png"), images.from_array(photograph))


def test_a_bad_file_is_one_sentence_with_its_name(tmp_path, photograph):
    Image.fromarray(photograph).save(tmp_path / "good.png")
    good = (tmp_path / "good.png").read_bytes()
    bad = {
        "text.png": b"not a picture",
        "empty.jpg": b"",
        "cut.png": good[:70],
        "header.png": good[:11] + b"\x01" + good[12:],  # its first chunk claims a length of one
        "broken.png": good[:37] + bytes([200, 201, 202, 203]) + good[41:],  # a chunk without a proper name
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    for name in [*bad, "missing.png", "."]:
        with pytest.raises(ValueError, match="cannot be read as an image.*give a JPEG or PNG") as error:
            images.load(tmp_path / name)
        assert str(error.value).startswith((tmp_path / name).name) and "\n" not in str(error.value)


@pytest.mark.parametrize("size", [(9, 4), (3, 11), (13, 17), (20, 30)])
def test_resizing_agrees_with_pillow(size):
    """Pillow's bilinear filter, too, widens as the image shrinks; channel by channel it works in floats."""
    image = torch.rand(2, 3, 13, 17, generator=torch.Generator().manual_seed(0))
    found = images.resize(image, size)
    assert found.shape == (2, 3, *size)
    for number in range(2):
        for channel in range(3):
            picture = Image.fromarray(image[number, channel].numpy())
            oracle = torch.from_numpy(np.array(picture.resize(size[::-1], Image.Resampling.BILINEAR)))
            torch.testing.assert_close(found[number, channel], oracle, rtol=0, atol=1e-5)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 25))
def test_one_number_is_the_shorter_side_and_proportions_stay(height, width, size):
    found = images.resize(torch.full((1, 3, height, width), 0.25), size)
    assert min(found.shape[2:]) == size
    assert abs(max(found.shape[2:]) - size * max(height, width) / min(height, width)) <= 0.5
    torch.testing.assert_close(found, torch.full_like(found, 0.25))


def test_a_square_is_cut_from_the_middle_of_the_longer_side():
    wide = torch.arange(7.0).expand(2, 3, 3, 7)
    assert images.square(wide, 3)[1, 2].tolist() == [[2, 3, 4]] * 3
    tall = wide.transpose(2, 3)
    assert images.square(tall, 3)[0, 0].tolist() == [[2] * 3, [3] * 3, [4] * 3]


def test_a_square_fits_the_shorter_side():
    ramp = torch.linspace(0, 1, 60).expand(1, 3, 20, 60)
    found = images.square(ramp, 10)[0, 0]  # half as large: the middle third of the ramp
    torch.testing.assert_close(found[0], torch.linspace(20.5, 38.5, 10) / 59, rtol=0, atol=1e-3)


@given(st.integers(1, 7), st.integers(1, 4))
def test_a_collage_places_images_row_by_row_and_leaves_the_rest_white(count, columns):
    pictures = torch.rand(count, 3, 2, 5, generator=torch.Generator().manual_seed(count)) / 2
    found = images.collage(pictures, columns)
    rows = (count + columns - 1) // columns
    assert found.shape == (1, 3, 2 * rows, 5 * columns)
    for place in range(rows * columns):
        top, left = 2 * (place // columns), 5 * (place % columns)
        tile = found[0, :, top : top + 2, left : left + 5]
        assert torch.equal(tile, pictures[place]) if place < count else (tile == 1).all()


def test_a_collage_has_two_columns_unless_told_otherwise():
    assert images.collage(torch.zeros(3, 3, 2, 5)).shape == (1, 3, 4, 10)
