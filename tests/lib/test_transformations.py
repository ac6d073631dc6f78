import math

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from torchvision.transforms import InterpolationMode
from torchvision.transforms.functional import rotate

from lib import transformations


def by_scipy(image, degrees, scale):
    """The same by scipy: rows and columns, pixels at whole numbers, mirrored at the outer edge ("reflect")."""
    angle, (height, width) = math.radians(degrees), image.shape
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]]) / scale
    center = np.array([(height - 1) / 2, (width - 1) / 2])
    return affine_transform(image, matrix, center - matrix @ center, order=1, mode="reflect")


@pytest.mark.parametrize("degrees, scale", [(30.0, 1.0), (-75.0, 1.3), (10.0, 0.6)])
@pytest.mark.parametrize("height, width", [(9, 9), (6, 11), (12, 7)])
def test_it_equals_scipys(height, width, degrees, scale):
    images = torch.randn(2, 2, height, width, dtype=torch.double)
    found = transformations.transform(images, 0, 0, degrees, scale)
    for image, own in zip(images.flatten(0, 1), found.flatten(0, 1)):
        expected = torch.from_numpy(by_scipy(image.numpy(), degrees, scale))
        torch.testing.assert_close(own, expected)


def test_which_way_round():
    """What is on the right goes to the top: counterclockwise."""
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 4] = 1
    turned = transformations.transform(image, 0, 0, 90.0, 1.0)
    assert turned[0, 0].round().nonzero().tolist() == [[0, 2]]
    torch.testing.assert_close(turned, torch.rot90(image, 1, (2, 3)), atol=1e-5, rtol=0)


def test_inside_it_equals_torchvisions_rotation():
    image = torch.rand(1, 3, 21, 21)
    found = transformations.transform(image, 0, 0, 20.0, 1.0)
    expected = rotate(image, 20.0, InterpolationMode.BILINEAR)
    inside = (..., slice(6, -6), slice(6, -6))
    torch.testing.assert_close(found[inside], expected[inside], atol=1e-4, rtol=0)


def test_moves_come_first_and_wrap_around(device):
    images = torch.randn(2, 3, 6, 8, device=device)
    torch.testing.assert_close(transformations.transform(images, 2, -3, 0.0, 1.0), images.roll((2, -3), (2, 3)))
    one = transformations.transform(images, 2, -3, 25.0, 1.2)
    other = transformations.transform(images.roll((2, -3), (2, 3)), 0, 0, 25.0, 1.2)
    torch.testing.assert_close(one, other)
    assert one.device == images.device


def test_twice_as_large_means_twice_as_large():
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    found = transformations.transform(ramp, 0, 0, 0.0, 2.0)[0, 0, 3]
    torch.testing.assert_close(found, 3.5 + (torch.arange(8.0) - 3.5) / 2)


def test_its_gradient_is_right():
    images = torch.randn(1, 1, 5, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: transformations.transform(x, 1, -1, 20.0, 0.8), images)


def test_a_wall_stays_a_wall():
    wall = torch.full((1, 3, 7, 9), 0.3)
    torch.testing.assert_close(transformations.transform(wall, 3, 2, 40.0, 0.5), wall)


def test_amounts_stay_within_their_bounds_and_come_from_the_generator():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    drawn = [transformations.random_amounts(4, 10, 1.5, torch.Generator().manual_seed(seed)) for seed in range(300)]
    assert torch.equal(torch.get_rng_state(), state)
    assert drawn[:3] == [
        transformations.random_amounts(4, 10, 1.5, torch.Generator().manual_seed(seed)) for seed in range(3)
    ]
    down, right, degrees, scale = map(torch.tensor, zip(*drawn))
    assert set(down.tolist()) == set(right.tolist()) == set(range(-4, 5))
    assert degrees.abs().max() <= 10 and degrees.min() < -8 and degrees.max() > 8
    assert scale.min() >= 1 / 1.5 and scale.max() <= 1.5
    assert abs((scale > 1).float().mean() - 0.5) < 0.1
