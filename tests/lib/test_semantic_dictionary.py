import pytest
import torch

from lib import semantic_dictionary


def test_the_strongest_channels_come_first():
    maps = torch.tensor([1.0, 5, 3]).view(1, 3, 1, 1) * torch.tensor([[1.0, -1]])
    channels, values = semantic_dictionary.strongest_channels(maps, 2)
    assert channels[:, 0].tolist() == [[1, 0], [2, 2]]
    assert values[:, 0].tolist() == [[5, -1], [3, -3]]


def test_each_drawing_stands_in_its_cell_as_large_as_its_activation(device):
    image = torch.ones(1, 3, 40, 80, device=device)
    icons = {0: torch.zeros(3, 16, 16, device=device), 1: torch.full((3, 16, 16), 0.25, device=device)}
    channels = torch.tensor([[0, 1, 0, 1], [1, 1, 1, 1]], device=device)
    values = torch.tensor([[4.0, 1, -1, 0], [0, 0, 0, 0]], device=device)
    found = semantic_dictionary.draw_over(image, icons, channels, values, 0.5)
    assert found.shape == image.shape and found.device == image.device
    first, second = found[0, 0, :20, :20], found[0, 0, :20, 20:40]
    assert (first == 0).all()  # the strongest fills its cell
    assert ((second - 0.25).abs() < 1e-6).sum() == 100  # a quarter of the activation, a quarter of the area
    assert (second[5:15, 5:15] - 0.25).abs().max() < 1e-6
    assert (found[0, 0, :20, 40:] == 0.5).all() and (found[0, 0, 20:] == 0.5).all()


@pytest.mark.parametrize("size", [(37, 53), (224, 224), (20, 21)])
def test_any_size_of_image_and_grid_works(size):
    channels = torch.zeros(7, 6, dtype=torch.long)
    found = semantic_dictionary.draw_over(
        torch.rand(1, 3, *size), {0: torch.rand(3, 8, 8)}, channels, torch.rand(7, 6), 0.3
    )
    assert found.shape == (1, 3, *size) and found.min() >= 0 and found.max() <= 1


def test_without_a_positive_activation_only_the_shade_is_drawn():
    image = torch.rand(1, 3, 10, 10)
    found = semantic_dictionary.draw_over(image, {}, torch.zeros(2, 2).long(), -torch.ones(2, 2), 0.25)
    torch.testing.assert_close(found, 0.75 * image)
