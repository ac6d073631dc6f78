"""Measures of localization: by hand, against SciPy, and what must not change them."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist

from lib.part_localization import location_instability, part_localization, peak_points


def test_peaks_in_pixels():
    maps = torch.zeros(1, 2, 3, 5)
    maps[0, 0, 2, 1] = maps[0, 1, 0, 4] = 1.0
    assert peak_points(maps, 4, 1).tolist() == [[[5.0, 9.0], [17.0, 1.0]]]


def test_of_equal_peaks_the_first_counts():
    assert peak_points(torch.ones(1, 1, 4, 4), 2, 3).tolist() == [[[3.0, 3.0]]]


def test_instability_against_numpy_and_scipy():
    points, centers = 50 * torch.rand(7, 3, 2).double(), 50 * torch.rand(7, 4, 2).double()
    away = np.stack([cdist(p, c) for p, c in zip(points.numpy(), centers.numpy())]) / 80
    torch.testing.assert_close(location_instability(points, centers, 80.0), torch.from_numpy(away.std(0).mean(1)))


def test_a_filter_that_keeps_its_distance_is_steady_wherever_the_thing_goes(device):
    centers = (50 * torch.rand(9, 2, 2)).to(device)
    centers[:, 1] = centers[:, 0] + torch.tensor([6.0, 0.0], device=device)
    steady, wandering = centers[:, 0] + 5.0, 50 * torch.rand(9, 2).to(device)
    found = location_instability(torch.stack([steady, wandering], dim=1), centers, 100.0)
    assert found[0] < 1e-5 and found[1] > 0.05
    moved = location_instability(torch.stack([steady, wandering], dim=1) + 13, centers + 13, 200.0)
    torch.testing.assert_close(moved[1], found[1] / 2)


def test_hits_by_hand():
    points = torch.tensor([[[0.0, 0.0]], [[10.0, 10.0]]])
    centers = torch.tensor([[[3.0, 4.0], [torch.nan, torch.nan]], [[10.0, 16.0], [10.0, 10.0]]])
    assert part_localization(points, centers, 5.0).tolist() == [[0.5, 1.0]]
    assert part_localization(points, centers, 4.9).tolist() == [[0.0, 1.0]]
    assert part_localization(points, centers.fill_(torch.nan), 5.0).tolist() == [[0.0, 0.0]]


def test_hits_at_random_are_the_share_of_the_disc():
    generator = torch.Generator().manual_seed(0)
    points, centers = 60 * torch.rand(20000, 1, 2, generator=generator), torch.full((20000, 1, 2), 30.0)
    assert part_localization(points, centers, 12.0).item() == pytest.approx(torch.pi * 144 / 3600, abs=0.01)


def test_more_reach_is_never_fewer_hits():
    points, centers = 20 * torch.rand(30, 4, 2), 20 * torch.rand(30, 3, 2)
    found = [part_localization(points, centers, reach) for reach in (0.0, 3.0, 9.0, 40.0)]
    assert all((a <= b).all() for a, b in zip(found, found[1:])) and (found[-1] == 1).all()
