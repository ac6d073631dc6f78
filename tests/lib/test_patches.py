import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib import networks
from lib.activations import activations
from lib.patches import cut_patches, strongest_places
from lib.receptive_field import receptive_fields
from lib.top_patches import top_patches


def test_strongest_places_name_image_row_and_column_the_strongest_first(device):
    maps = torch.zeros(4, 2, 3, device=device)
    maps[0, 0, 2], maps[1, 1, 0], maps[3, 1, 2], maps[3, 0, 0] = 2, 3, 5, 4
    assert strongest_places(maps, 3).tolist() == [[3, 1, 2], [1, 1, 0], [0, 0, 2]]


@given(st.permutations(range(24)), st.integers(1, 4))
def test_one_place_an_image_each_at_its_maximum(values, k):
    maps = torch.tensor(values).view(4, 2, 3).float()
    places = strongest_places(maps, k)
    image, row, column = places.T
    found = maps[image, row, column]
    assert len(set(image.tolist())) == k
    assert torch.equal(found, maps.flatten(1).amax(dim=1).sort(descending=True).values[:k])


def test_cut_patches_are_the_pixels_told_by_hand():
    image = torch.arange(12.0).view(1, 1, 3, 4).expand(2, 3, 3, 4) / 12
    found = cut_patches(image, torch.tensor([[1, 0, 0], [0, 1, 1]]), (2, 2, -1))
    half = 0.5
    assert found[0, 0].tolist() == [[half, half], [half, 0]]
    assert torch.equal(found[1, 2] * 12, torch.tensor([[5.0, 6], [9, 10]]))


def test_a_field_larger_than_the_image_shows_all_of_it():
    image = torch.rand(1, 3, 4, 5)
    (patch,) = cut_patches(image, torch.tensor([[0, 1, 0]]), (20, 4, -8))
    assert torch.equal(patch[:, 4:8, 8:13], image[0])
    assert (patch == 0.5).sum() == 3 * (400 - 20)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5"])
def test_a_patch_alone_makes_the_unit_as_strong_as_the_whole_image_did(layer):
    """Put the patch at the same place of a random picture: the unit does not notice the difference."""
    network = networks.load("zfnet")
    images = torch.rand(5, 3, 224, 224)
    field = receptive_fields(network, 224)[layer]
    size, stride, offset = field
    maps = activations(network, images, [layer])[layer][:, 7]
    inside = torch.full_like(maps, -torch.inf)
    inside[:, 4:-4, 4:-4] = maps[:, 4:-4, 4:-4]  # no field reaches beyond the image
    places = strongest_places(inside, 3)
    patches = cut_patches(images, places, field)
    for patch, (image, row, column) in zip(patches, places.tolist()):
        elsewhere = torch.rand(1, 3, 224, 224)
        top, left = offset + row * stride, offset + column * stride
        assert torch.equal(patch, images[image, :, top : top + size, left : left + size])
        elsewhere[0, :, top : top + size, left : left + size] = patch
        again = activations(network, elsewhere, [layer])[layer][0, 7, row, column]
        torch.testing.assert_close(again, maps[image, row, column], rtol=1e-4, atol=1e-5)


def test_top_patches_are_squares_around_the_strongest_places(efficientnet, device):
    images = torch.rand(4, 3, 64, 96, device=device)
    patches, values, places = top_patches(efficientnet, "blocks.1.expand.relu", images, [3, 40], k=2, size=20)
    assert patches.shape == (2, 2, 3, 20, 20) and values.shape == (2, 2) and places.shape == (2, 2, 3)
    maps = activations(efficientnet, images, ["blocks.1.expand.relu"])["blocks.1.expand.relu"]
    for index, channel in enumerate((3, 40)):
        assert torch.equal(places[index], strongest_places(maps[:, channel], 2))
        for patch, value, (image, row, column) in zip(patches[index], values[index], places[index].tolist()):
            assert value == maps[image, channel, row, column]
            top, left = (min(max(round((p + 0.5) * 2 - 10), 0), side - 20) for p, side in ((row, 64), (column, 96)))
            assert torch.equal(patch, images[image, :, top : top + 20, left : left + 20])


def test_top_patches_say_what_they_cannot_do(efficientnet, device):
    images = torch.rand(2, 3, 32, 48, device=device)
    for k, size in ((3, 16), (1, 40)):
        with pytest.raises(ValueError, match="ask for fewer or smaller"):
            top_patches(efficientnet, "head.relu", images, [0], k, size)
