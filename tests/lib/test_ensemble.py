import math

import pytest
import torch
from torch.nn import functional as F

from lib.ensemble import boosted_loss, learner_slices


def test_one_learner_is_a_soft_triplet_loss(device):
    x, triplets = torch.randn(5, 4, device=device), torch.tensor([[0, 1, 2], [3, 4, 0]], device=device)
    a, p, n = (F.normalize(x)[part] for part in triplets.T)
    margin = (a - n).square().sum(1) - (a - p).square().sum(1)
    torch.testing.assert_close(boosted_loss(x, triplets, 1, 4.0), torch.log1p((-4 * margin).exp()))


def test_the_second_learner_works_on_what_the_first_got_wrong():
    """Slices of two numbers; the first learner has triplet 0 right and 1 wrong, the second sees nothing."""
    north, east, same = [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]
    x = torch.tensor([north + same, north + same, east + same])
    triplets = torch.tensor([[0, 1, 2], [0, 2, 1]])
    losses = boosted_loss(x, triplets, 2, beta=1.0)
    for loss, margin in zip(losses.tolist(), (2.0, -2.0)):
        weight = 1 / (1 + math.exp(margin))
        assert loss == pytest.approx(math.log1p(math.exp(-margin)) + weight * math.log(2), abs=1e-5)


def test_no_gradient_flows_through_the_weights():
    x = torch.randn(3, 4, requires_grad=True)
    triplets = torch.tensor([[0, 1, 2]])
    (whole,) = torch.autograd.grad(boosted_loss(x, triplets, 2).sum(), x)
    (first,) = torch.autograd.grad(boosted_loss(x[:, :2], triplets, 1).sum(), x)
    torch.testing.assert_close(whole[:, :2], first[:, :2])


def test_slices_have_length_one_and_must_be_equal():
    torch.testing.assert_close(learner_slices(torch.randn(5, 12), 3).norm(dim=2), torch.ones(3, 5))
    with pytest.raises(ValueError, match="do not split into 5"):
        learner_slices(torch.randn(5, 12), 5)
