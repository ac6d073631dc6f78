"""Oracle: probabilities added up."""

import pytest
import torch
from torch import nn

from lib.merged_classes import MergedClasses


def network(device="cpu"):
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 7)).double().to(device).eval()


def test_the_probability_of_a_group_is_the_sum(device):
    made, images = network(device), torch.rand(4, 3, 2, 2, device=device).double()
    plain = made(images).softmax(dim=1)
    merged = MergedClasses(made, [[2, 5, 6], [0]])(images).softmax(dim=1)
    torch.testing.assert_close(merged[:, 2], plain[:, [2, 5, 6]].sum(dim=1))
    torch.testing.assert_close(merged[:, [0, 1, 3, 4]], plain[:, [0, 1, 3, 4]])
    assert (merged[:, [5, 6]] == 0).all()


def test_its_loss_has_the_gradient_of_the_sum():
    made = MergedClasses(network(), [[1, 4]])
    images = torch.rand(2, 3, 2, 2).double().requires_grad_()

    def loss(x):
        return nn.functional.cross_entropy(made(x), torch.tensor([1, 1]))

    assert torch.autograd.gradcheck(loss, images)
    assert not made.training and MergedClasses(network().train(), [[1]]).training


def test_a_class_in_two_groups_is_refused():
    with pytest.raises(ValueError, match="in two groups"):
        MergedClasses(network(), [[1, 2], [2, 3]])
