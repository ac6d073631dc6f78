import pytest
import torch
from sklearn.metrics import adjusted_rand_score

from lib.divide_and_conquer import k_means, matched, slice_of


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_clear_groups_are_found(device):
    labels = torch.arange(3).repeat_interleave(20)
    points = 10 * torch.eye(3)[labels] + 0.1 * torch.randn(60, 3)
    found = max(adjusted_rand_score(labels, k_means(points.to(device), 3, generator(seed)).cpu()) for seed in range(5))
    assert found == 1


def test_every_point_is_nearest_to_the_mean_of_its_own_cluster():
    points = torch.randn(50, 2)
    found = k_means(points, 4, generator(), rounds=100)
    means = torch.stack([points[found == k].mean(dim=0) for k in range(4)])
    assert torch.equal(torch.cdist(points, means).argmin(dim=1), found)


def test_more_clusters_than_points_are_refused():
    with pytest.raises(ValueError, match="ask for fewer"):
        k_means(torch.zeros(2, 3), 4)


def test_renamed_clusters_keep_most_samples(device):
    earlier = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2], device=device)
    clusters = torch.tensor([2, 2, 0, 0, 0, 0, 1, 1, 2], device=device)
    assert matched(clusters, earlier, 3).tolist() == [0, 0, 1, 1, 1, 1, 2, 2, 0]


def test_slices_are_the_whole():
    x = torch.randn(3, 8)
    assert torch.equal(torch.cat([slice_of(x, n, 4) for n in range(4)], dim=1), x)


@pytest.mark.parametrize("seed", range(4))
def test_a_cluster_that_is_empty_disturbs_no_other(seed):
    """Three centers for two places: two of them are equal, and one of these gets no points."""
    points = torch.tensor([[0.0, 1.0], [0.0, 1.0], [10.0, 1.0], [10.0, 1.0]])
    clusters = k_means(points, 3, torch.Generator().manual_seed(seed))
    assert clusters[0] == clusters[1] != clusters[2] == clusters[3]
