import pytest
import torch

from lib.grand_tour import random_view, tour, way_between


def orthonormal(views):
    return torch.allclose(views.mT @ views, torch.eye(2), atol=1e-4)


def plane(view):
    return view @ view.T


def test_every_view_is_two_orthonormal_directions():
    views = tour(7, 3, 5, torch.Generator().manual_seed(0))
    assert views.shape == (15, 7, 2) and orthonormal(views)


def test_a_way_starts_at_its_start_and_leads_to_the_plane_of_its_end():
    first, second = random_view(6), random_view(6)
    way = way_between(first, second, 1000)
    torch.testing.assert_close(way[0], first, atol=1e-5, rtol=0)
    torch.testing.assert_close(plane(way[-1]), plane(second), atol=5e-3, rtol=0)


def test_speed_is_constant_also_from_one_way_to_the_next():
    views = tour(5, 3, 40, torch.Generator().manual_seed(1))
    steps = (views[1:] - views[:-1]).norm(dim=(1, 2))
    for way in steps.split(40):
        assert (way - way[:1]).abs().max() < 0.02
    assert steps.max() < 3.2 / 40 * 2**0.5


def test_a_way_within_one_plane_stays_there():
    view = random_view(4)
    way = way_between(view, view.flip(1), 5)
    assert orthonormal(way)
    torch.testing.assert_close(plane(way[3]), plane(view), atol=1e-4, rtol=0)


def test_a_line_has_no_planes():
    with pytest.raises(ValueError, match="at least 2"):
        random_view(1)
