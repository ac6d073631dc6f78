"""Oracles: networks of one pixel, counted by hand, and a linear network whose distances to the border are known."""

import torch
from torch import nn

from lib.gradient_attacks import fast_gradient_sign
from lib.robust_accuracy import robust_accuracy


def threshold(device="cpu"):
    """Class 0 above 0.5, class 1 below."""
    layer = nn.Linear(1, 2)
    layer.weight.data, layer.bias.data = torch.tensor([[1.0], [-1.0]]), torch.tensor([-0.5, 0.5])
    return nn.Sequential(nn.Flatten(), layer).to(device)


def pixels(*values, device="cpu"):
    return torch.tensor(values, device=device).view(-1, 1, 1, 1)


def away(network, images, labels, epsilon):
    return images + epsilon * (2.0 * labels.view(-1, 1, 1, 1) - 1)


def test_four_pixels_counted_by_hand(device):
    """0.9 stands until 0.4, 0.6 until 0.1, 0.3 is wrong from the start, 0.2 until 0.3."""
    images, labels = pixels(0.9, 0.6, 0.3, 0.2, device=device), torch.tensor([0, 0, 0, 1], device=device)
    found = robust_accuracy(threshold(device), images, labels, away, [0.0, 0.05, 0.2, 0.35, 0.5])
    assert found.tolist() == [0.75, 0.75, 0.5, 0.25, 0.0] and found.device == images.device


def test_what_is_broken_once_stays_broken():
    def only_small(network, images, labels, epsilon):
        return away(network, images, labels, epsilon) if epsilon < 0.2 else images

    found = robust_accuracy(threshold(), pixels(0.6, 0.9), torch.tensor([0, 0]), only_small, [0.15, 0.3])
    assert found.tolist() == [0.5, 0.5]


def test_a_wrong_prediction_that_an_attack_makes_right_does_not_count():
    def helpful(network, images, labels, epsilon):
        return away(network, images, labels, -epsilon)

    assert robust_accuracy(threshold(), pixels(0.4), torch.tensor([0]), helpful, [0.3]).tolist() == [0.0]


def test_every_attack_starts_at_the_images():
    starts = []

    def watch(network, images, labels, epsilon):
        starts.append(images.clone())
        return images + epsilon

    images = pixels(0.7)
    robust_accuracy(threshold(), images, torch.tensor([0]), watch, [0.1, 0.2])
    assert torch.equal(starts[0], images) and torch.equal(starts[1], images)


def test_on_a_linear_network_the_curve_is_that_of_the_distances():
    weight = torch.randn(2, 12).double()
    layer = nn.Linear(12, 2).double()
    layer.weight.data, layer.bias.data = weight, -weight.sum(dim=1) / 2
    network, images = nn.Sequential(nn.Flatten(), layer), 0.4 + 0.2 * torch.rand(200, 3, 2, 2).double()
    scores = network(images)
    labels = scores.argmax(dim=1)
    reach = (scores[:, 0] - scores[:, 1]).abs() / (weight[0] - weight[1]).abs().sum()
    epsilons = [0.0, 0.005, 0.01, 0.02, 0.05]
    found = robust_accuracy(network, images, labels, fast_gradient_sign, epsilons)
    expected = torch.stack([(reach > epsilon).double().mean() for epsilon in epsilons])
    torch.testing.assert_close(found, expected)
    assert 0 < found[2] < 1
