import torch
from sklearn.metrics.pairwise import euclidean_distances

from lib.pairwise_distances import squared_distances


def test_they_are_scikit_learns(device):
    first, second = torch.randn(7, 5, device=device), torch.randn(4, 5, device=device)
    expected = euclidean_distances(first.cpu(), second.cpu(), squared=True)
    torch.testing.assert_close(squared_distances(first, second).cpu(), torch.from_numpy(expected))


def test_none_is_below_zero_and_the_gradient_at_coinciding_points_is_finite(device):
    points = (100 * torch.randn(6, 40, device=device)).repeat(3, 1).requires_grad_()
    found = squared_distances(points, points)
    (gradient,) = torch.autograd.grad(found.sqrt().nan_to_num().sum() * 0 + found.sum(), points)
    assert (found >= 0).all() and gradient.isfinite().all()


def test_moving_and_turning_all_points_changes_nothing():
    first, second = (torch.randn(n, 3, dtype=torch.double) for n in (5, 6))
    turn = torch.linalg.qr(torch.randn(3, 3, dtype=torch.double))[0]
    moved = [points @ turn + 2 for points in (first, second)]
    torch.testing.assert_close(squared_distances(*moved), squared_distances(first, second))


def test_the_gradient_is_that_of_the_formula():
    points = [torch.randn(n, 3, dtype=torch.double, requires_grad=True) for n in (3, 4)]
    assert torch.autograd.gradcheck(squared_distances, points)
