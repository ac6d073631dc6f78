"""Oracles: the same loop written out with gradients by hand, and a task where the attack decides what is learned."""

from copy import deepcopy

import torch
from torch import nn
from torch.nn import functional as F

from lib.adversarial_training import train_adversarially


def network(device="cpu"):
    torch.manual_seed(1)
    layers = nn.Flatten(), nn.Linear(12, 8), nn.BatchNorm1d(8), nn.Softplus(), nn.Linear(8, 3)
    return nn.Sequential(*layers).double().to(device).eval()


def shift(trained, images, labels):
    """An attack that leaves gradients at the weights, and asks in the mode that it finds."""
    modes.append(trained.training)
    (trained(images).sum() * 100).backward()
    return images + 0.1


modes = []


def data(device="cpu"):
    return torch.rand(10, 3, 2, 2, device=device).double(), torch.arange(10, device=device) % 3


def test_the_steps_are_those_of_adam_on_attacked_images(device):
    images, labels = data(device)
    batches = [torch.tensor([0, 3, 5, 6], device=device), torch.tensor([1, 2, 8, 9], device=device)]
    start, expected = network(device), network(device).train()
    moments = [(0, 0) for _ in expected.parameters()]
    for n, rows in enumerate(batches, start=1):
        with torch.no_grad():
            expected(images[rows])  # what the toy attack does to the statistics of batch norm
        loss = F.cross_entropy(expected(images[rows] + 0.1), labels[rows])
        gradients = torch.autograd.grad(loss, list(expected.parameters()))
        for i, (weight, gradient) in enumerate(zip(expected.parameters(), gradients)):
            first, second = moments[i]
            moments[i] = first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
            root = (second / (1 - 0.999**n)).sqrt() + 1e-8
            weight.data -= 0.02 * first / (1 - 0.9**n) / root
    found = train_adversarially(start, images, labels, batches, shift, 0.02)
    for name, value in found.state_dict().items():
        torch.testing.assert_close(value, expected.state_dict()[name])


def test_the_given_network_stays_and_the_copy_is_in_eval_mode():
    start, (images, labels) = network(), data()
    before = deepcopy(start.state_dict())
    modes.clear()
    found = train_adversarially(start, images, labels, [torch.arange(10)], shift, 0.02)
    assert all(torch.equal(value, before[name]) for name, value in start.state_dict().items())
    assert modes == [True] and not found.training and not start.training
    assert not any(module.training for module in found.modules())


def test_no_batches_no_change():
    found = train_adversarially(network(), *data(), [], shift, 0.02)
    for name, value in found.state_dict().items():
        assert torch.equal(value, network().state_dict()[name])


def test_the_attack_sees_the_weights_of_the_moment():
    seen = []

    def watch(trained, images, labels):
        seen.append(trained[1].weight.detach().clone())
        return images

    images, labels = data()
    train_adversarially(network(), images, labels, [torch.arange(10)] * 3, watch, 0.02)
    assert not torch.equal(seen[0], seen[1]) and not torch.equal(seen[1], seen[2])


def test_a_fragile_feature_is_not_relied_on():
    """One pixel tells the classes well but can be turned by the attack; the others tell a little less, but surely."""
    labels = torch.arange(400) % 2
    sign = 2.0 * labels[:, None] - 1
    images = torch.cat(
        [0.5 + 0.05 * sign + 0.005 * torch.randn(400, 1), 0.5 + 0.3 * sign + 0.2 * torch.randn(400, 1)], 1
    )
    images, start = images.view(400, 1, 1, 2), nn.Sequential(nn.Flatten(), nn.Linear(2, 2))
    batches = [torch.arange(400)] * 400

    def attack(trained, images, labels, epsilon=0.1):
        pixels = images.detach().requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(trained(pixels), labels, reduction="sum"), pixels)
        return images + epsilon * slope.sign()

    shares = {}
    for name, used in (("plain", lambda n, x, y: x), ("robust", attack)):
        trained = train_adversarially(start, images, labels, batches, used, 0.1)
        shares[name] = (trained(attack(trained, images, labels)).argmax(1) == labels).double().mean().item()
    assert shares["plain"] < 0.65 and shares["robust"] > 0.75
