"""Oracles: plain steps written out, and torch's own refusal of a negative rate."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib.negative_learning_rate import ascend_with_sgd


def network():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 8), nn.Softplus(), nn.Linear(8, 4)).double()


def test_the_steps_are_those_of_a_negative_rate(device):
    made = network().to(device)
    images, labels = torch.rand(3, 3, 2, 2, device=device).double(), torch.tensor([0, 3, 1], device=device)
    x, rate = images.clone(), -0.8
    for _ in range(4):
        x.requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(made(x), labels, reduction="sum"), x)
        x = (x.detach() - rate * slope).clamp(0, 1)
    found = ascend_with_sgd(made, images, labels, rate, 4)
    torch.testing.assert_close(found, x)
    assert not found.requires_grad and all(weight.grad is None for weight in made.parameters())


def test_the_loss_rises_and_the_images_stay():
    made, images, labels = network(), torch.rand(3, 3, 2, 2).double(), torch.tensor([0, 3, 1])
    before = images.clone()
    found = ascend_with_sgd(made, images, labels, -0.1, 5)
    one, other = (F.cross_entropy(made(x), labels, reduction="none") for x in (images, found))
    assert (other > one).all() and torch.equal(images, before)


def test_torch_refuses_a_negative_rate_which_is_why_the_loss_changes_its_sign():
    with pytest.raises(ValueError):
        torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=-0.1)
    for rate in (0.0, 0.1):
        with pytest.raises(ValueError, match="would not climb"):
            ascend_with_sgd(network(), torch.rand(1, 3, 2, 2).double(), torch.tensor([0]), rate, 1)
