"""Oracle: SciPy's tree of nearest neighbors."""

import pytest
import torch
from scipy.spatial import cKDTree
from torch.nn import functional as F

from lib.patch_distance import nearest_patch_distance


def patches(image, size, stride):
    return F.unfold(image, size, stride=stride)[0].T.double().cpu().numpy()


@pytest.mark.parametrize("size, stride", [(1, 1), (3, 2), (5, 3), (2, 4)])
def test_distances_are_those_of_a_search_tree(size, stride, device):
    image, sample = torch.rand(1, 3, 9, 11, device=device), torch.rand(1, 3, 12, 8, device=device)
    found = nearest_patch_distance(image, sample, size, stride)
    expected, _ = cKDTree(patches(sample, size, 1)).query(patches(image, size, stride))
    torch.testing.assert_close(found.cpu(), torch.from_numpy(expected / (3 * size**2) ** 0.5).float())
    assert found.device.type == device.type and found.dtype == image.dtype


def test_a_copy_from_anywhere_is_found():
    sample = torch.rand(1, 3, 40, 40)
    assert nearest_patch_distance(sample[..., 7:31, 11:35], sample, 8, 4).max() < 1e-6


def test_a_patch_of_another_brightness_is_that_far_away():
    sample = torch.full((1, 3, 10, 10), 0.5)
    found = nearest_patch_distance(sample + 0.2, sample, 4, 2)
    torch.testing.assert_close(found, torch.full((16,), 0.2))
