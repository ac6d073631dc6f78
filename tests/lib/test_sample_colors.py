"""The box holds every color of the sample, touches some, and is flat where the sample is."""

import torch

from lib import images
from lib.sample_colors import color_box, to_colors, to_coordinates


def test_there_and_back_is_the_same_picture(device):
    pictures = torch.cat([images.sample(name, 40) for name in ("ihc", "flower")]).to(device)
    box = color_box(pictures)
    coordinates = to_coordinates(pictures, box)
    torch.testing.assert_close(to_colors(coordinates, box), pictures, atol=1e-4, rtol=0)
    assert coordinates.min() > -1e-4 and coordinates.max() < 1 + 1e-4
    assert (coordinates.amax(dim=(2, 3)) - coordinates.amin(dim=(2, 3)) > 0.99).all()


def test_coordinates_do_not_vary_together():
    picture = images.sample("flower", 40).double()
    coordinates = to_coordinates(picture, color_box(picture)).flatten(2)[0]
    together = torch.corrcoef(coordinates)
    torch.testing.assert_close(together, torch.eye(3).double(), atol=1e-6, rtol=0)


def test_what_is_made_from_a_gray_sample_is_gray():
    box = color_box(images.sample("gravel", 40))
    made = to_colors(torch.rand(1, 3, 16, 16), box)
    assert (made.amax(dim=1) - made.amin(dim=1)).max() < 1e-5
    assert made.std() > 0.05
