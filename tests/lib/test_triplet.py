import torch
from torch.nn import functional as F

from lib.triplet import triplet_loss


def test_it_is_pytorchs_with_squared_distances(device):
    a, p, n = torch.randn(3, 9, 4, device=device)
    expected = F.triplet_margin_with_distance_loss(
        a, p, n, distance_function=lambda x, y: (x - y).pow(2).sum(1), margin=0.7, reduction="none"
    )
    torch.testing.assert_close(triplet_loss(a, p, n, 0.7), expected)


def test_a_collapsed_embedding_costs_the_margin_and_has_a_finite_gradient(device):
    point = torch.ones(5, 3, device=device, requires_grad=True)
    loss = triplet_loss(point, point.detach().clone(), point.detach().clone(), 0.2)
    torch.testing.assert_close(loss, torch.full((5,), 0.2, device=device))
    assert torch.autograd.grad(loss.sum(), point)[0].isfinite().all()


def test_the_gradient_is_that_of_the_formula():
    inputs = [torch.randn(4, 3, dtype=torch.double, requires_grad=True) for _ in range(3)]
    assert torch.autograd.gradcheck(lambda *x: triplet_loss(*x, 0.5), inputs)


def test_only_differences_count():
    a, p, n, shift = torch.randn(4, 6, 3, dtype=torch.double)
    torch.testing.assert_close(triplet_loss(a + shift, p + shift, n + shift, 0.3), triplet_loss(a, p, n, 0.3))
