"""Oracle: pytorch-metric-learning, whose distances are not squared and whose constants are margins of distances."""

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import ContrastiveLoss
from pytorch_metric_learning.reducers import DoNothingReducer

from lib.contrastive import contrastive_loss, hadsell_loss


def pairs(device="cpu", dtype=torch.float32):
    first, second = torch.randn(2, 8, 3, dtype=dtype, device=device)
    return first, second, torch.arange(8, device=device) % 2 == 0


@pytest.mark.parametrize("power, ours, margin", [(1, hadsell_loss, 2.5), (2, contrastive_loss, 2.5)])
def test_the_library_gives_the_same(power, ours, margin):
    """Power 2 makes its distances squares, and its margin then is m². Hadsell's is the square of its linear loss."""
    points, labels = torch.randn(6, 3), torch.tensor([0, 0, 1, 1, 2, 2])
    distance = LpDistance(normalize_embeddings=False, power=power)
    library = ContrastiveLoss(0, margin**power, distance=distance, reducer=DoNothingReducer())
    losses = library(points, labels)
    for kind, same in (("pos_loss", True), ("neg_loss", False)):
        a, b = losses[kind]["indices"]
        mine = ours(points[a], points[b], torch.full((len(a),), same), margin)
        theirs = losses[kind]["losses"].flatten()
        torch.testing.assert_close(mine, theirs**2 if power == 1 else theirs)


@pytest.mark.parametrize("loss", [contrastive_loss, hadsell_loss])
def test_the_gradient_is_that_of_the_formula_and_zero_where_pairs_coincide(loss):
    first, second, same = pairs(dtype=torch.double)
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, same, 2.0), (first.requires_grad_(), second))
    alike = torch.randn(4, 3, requires_grad=True)
    same = torch.tensor([True, False, True, False])
    (gradient,) = torch.autograd.grad(loss(alike, alike.detach().clone(), same, 1.0).sum(), alike)
    assert torch.equal(gradient, torch.zeros(4, 3))


@pytest.mark.parametrize("loss", [contrastive_loss, hadsell_loss])
def test_ends(loss, device):
    first, second, same = pairs(device)
    at_margin = first + 1.5 * torch.nn.functional.normalize(second - first)
    none = torch.zeros_like(same)
    torch.testing.assert_close(loss(first, first, none, 1.5), torch.full((8,), 2.25, device=device), rtol=1e-5, atol=0)
    assert loss(first, at_margin, none, 1.5).abs().max() < 1e-5
    assert torch.equal(loss(first, first, ~none, 1.5), torch.zeros(8, device=device))


def test_the_two_differ_between_the_ends():
    first, second = torch.zeros(1, 1), torch.full((1, 1), 0.5)
    different = torch.tensor([False])
    assert contrastive_loss(first, second, different, 1.0).item() == pytest.approx(0.75)
    assert hadsell_loss(first, second, different, 1.0).item() == pytest.approx(0.25)
