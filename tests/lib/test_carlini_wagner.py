"""Oracles: foolbox by success and by length, a linear network whose nearest border is known, scores all negative."""

import foolbox
import pytest
import torch
from torch import nn

from lib.carlini_wagner import carlini_wagner


def curved(device="cpu", shift=0.0):
    torch.manual_seed(2)
    layers = nn.Conv2d(3, 8, 3, padding=1), nn.Softplus(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 6)
    network = nn.Sequential(*layers).to(device).requires_grad_(False)
    network[-1].weight.mul_(6)
    network[-1].bias.add_(shift)
    return network.eval()


def lengths(attacked, images):
    return (attacked - images).flatten(1).norm(dim=1)


@pytest.mark.parametrize("shift", [0.0, -1000.0], ids=["scores of both signs", "scores all negative"])
def test_it_succeeds_and_is_as_near_as_foolbox(device, shift):
    network, images = curved(device, shift), torch.rand(5, 3, 8, 7, device=device)
    labels = network(images).argmax(dim=1)
    assert shift == 0 or (network(images) < 0).all()
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    attack = foolbox.attacks.L2CarliniWagnerAttack(
        binary_search_steps=6, steps=100, stepsize=0.01, initial_const=1.0, abort_early=False
    )
    theirs = attack.run(model, images, foolbox.criteria.Misclassification(labels))
    found = carlini_wagner(network, images, labels)
    assert (network(found).argmax(dim=1) != labels).all()
    assert (network(theirs).argmax(dim=1) != labels).all()
    ratio = lengths(found, images) / lengths(theirs, images)
    assert (ratio < 1.05).all() and (ratio > 0.9).all(), ratio


def test_on_a_linear_network_it_comes_near_the_border():
    weight = torch.randn(2, 27).double()
    layer = nn.Linear(27, 2).double().requires_grad_(False)
    layer.weight.data, layer.bias.data = weight, -weight.sum(dim=1) / 2
    network, images = nn.Sequential(nn.Flatten(), layer), 0.4 + 0.2 * torch.rand(4, 3, 3, 3).double()
    scores = network(images)
    shortest = (scores[:, 0] - scores[:, 1]).abs() / (weight[0] - weight[1]).norm()
    found = lengths(carlini_wagner(network, images, scores.argmax(dim=1), steps=300, searches=8), images)
    assert (found >= shortest * (1 - 1e-9)).all() and (found < 1.03 * shortest + 1e-4).all()


def test_confidence_is_kept():
    network, images = curved(), torch.rand(3, 3, 8, 7)
    labels = network(images).argmax(dim=1)
    found = carlini_wagner(network, images, labels, rate=0.05, confidence=0.5)
    scores = network(found)
    own = scores.gather(1, labels[:, None])[:, 0]
    assert (scores.amax(dim=1) - own > 0.5).all()
    assert (lengths(found, images) > lengths(carlini_wagner(network, images, labels, rate=0.05), images)).all()


def test_where_nothing_is_found_the_image_stays():
    network, images = curved(), torch.rand(2, 3, 8, 7)
    labels = network(images).argmax(dim=1)
    assert torch.equal(carlini_wagner(network, images, labels, steps=1, searches=1), images)


def test_black_and_white_images_and_range():
    network, images = curved(), torch.rand(3, 3, 8, 7).round()
    labels, before = network(images).argmax(dim=1), images.clone()
    found = carlini_wagner(network, images, labels, steps=200, rate=0.1)
    assert found.isfinite().all() and found.min() >= 0 and found.max() <= 1 and not found.requires_grad
    assert (network(found).argmax(dim=1) != labels).all() and torch.equal(images, before)
