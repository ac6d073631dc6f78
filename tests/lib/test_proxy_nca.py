"""Oracle: a loop in double precision. pytorch-metric-learning keeps the positive proxy in the denominator."""

import math

import torch
from pytorch_metric_learning.losses import ProxyNCALoss

from lib.pairwise_distances import squared_distances
from lib.proxy_nca import proxy_nca_loss


def test_it_is_the_formula(device):
    squared, labels = 3 * torch.rand(5, 4, device=device), torch.tensor([0, 3, 1, 1, 2], device=device)
    for row, label, found in zip(squared.tolist(), labels.tolist(), proxy_nca_loss(squared, labels).tolist()):
        others = sum(math.exp(-value) for z, value in enumerate(row) if z != label)
        assert math.isclose(found, -math.log(math.exp(-row[label]) / others), abs_tol=1e-5)


def test_with_the_positive_proxy_added_it_is_the_librarys():
    """−log e⁻ʸ / (e⁻ʸ + S) = log(1 + exp(ours)), on vectors of length one."""
    points, labels = torch.randn(6, 8), torch.tensor([0, 1, 2, 2, 1, 0])
    library = ProxyNCALoss(num_classes=4, embedding_size=8, softmax_scale=1)
    proxies = torch.nn.functional.normalize(library.proxies.detach())
    ours = proxy_nca_loss(squared_distances(torch.nn.functional.normalize(points), proxies), labels)
    torch.testing.assert_close(torch.nn.functional.softplus(ours).mean(), library(points, labels))


def test_it_can_be_negative_and_is_finite_for_large_distances(device):
    labels = torch.tensor([0], device=device)
    assert proxy_nca_loss(torch.tensor([[0.0, 9.0]], device=device), labels).item() == -9
    assert proxy_nca_loss(torch.tensor([[5000.0, 4000.0, 9000.0]], device=device), labels).item() == 1000


def test_the_gradient_is_that_of_the_formula():
    squared = torch.rand(3, 4, dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: proxy_nca_loss(x, torch.tensor([2, 0, 3])), squared)
