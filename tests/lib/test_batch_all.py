"""Oracle: pytorch-metric-learning's triplet loss over all triplets, with squared distances and non-zero averaging."""

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.reducers import AvgNonZeroReducer

from lib.batch_all import batch_all_loss


def test_the_library_gives_the_same(device):
    points, labels = torch.randn(12, 5, device=device), torch.arange(12, device=device) % 4
    distance = LpDistance(normalize_embeddings=False, power=2)
    library = TripletMarginLoss(8.0, distance=distance, reducer=AvgNonZeroReducer())
    torch.testing.assert_close(batch_all_loss(points, labels, 8.0), library(points, labels))


def test_well_separated_classes_cost_nothing_and_push_nowhere():
    points = torch.tensor([[0.0], [0.1], [9.0], [9.1]], requires_grad=True)
    loss = batch_all_loss(points, torch.tensor([0, 0, 1, 1]), 0.2)
    (gradient,) = torch.autograd.grad(loss, points)
    assert loss == 0 and torch.equal(gradient, torch.zeros(4, 1))


def test_a_collapse_costs_the_margin_and_has_a_finite_gradient():
    points = torch.ones(6, 3, requires_grad=True)
    loss = batch_all_loss(points, torch.tensor([0, 0, 1, 1, 2, 2]), 0.2)
    torch.testing.assert_close(loss, torch.tensor(0.2))
    assert torch.autograd.grad(loss, points)[0].isfinite().all()
