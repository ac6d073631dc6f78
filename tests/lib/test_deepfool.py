"""Oracles: foolbox, torchattacks, and a linear network, where the nearest border is known."""

import foolbox
import pytest
import torch
import torchattacks
from torch import nn

from lib.deepfool import deepfool


def linear(weight):
    layer = nn.Linear(weight.shape[1], len(weight)).to(weight.dtype)
    layer.weight.data, layer.bias.data = weight, -weight.sum(dim=1) / 2
    return nn.Sequential(nn.Flatten(), layer).requires_grad_(False)


def curved(device="cpu"):
    torch.manual_seed(2)
    layers = nn.Conv2d(3, 8, 3, padding=1), nn.Softplus(), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 6)
    network = nn.Sequential(*layers).to(device).requires_grad_(False)
    network[-1].weight.mul_(6)
    return network.eval()


@pytest.mark.parametrize("candidates", [3, 6])
def test_it_is_that_of_foolbox(device, candidates):
    network, images = curved(device), torch.rand(6, 3, 8, 7, device=device)
    labels = network(images).argmax(dim=1)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    attack = foolbox.attacks.L2DeepFoolAttack(steps=50, candidates=candidates, overshoot=0.02, loss="logits")
    theirs = attack.run(model, images, foolbox.criteria.Misclassification(labels))
    found = deepfool(network, images, candidates=candidates)
    torch.testing.assert_close(found, theirs, rtol=0, atol=1e-6)
    assert (network(found).argmax(dim=1) != labels).all()


def test_one_step_is_that_of_torchattacks_but_for_its_guard(device):
    """torchattacks stretches each step, not the sum, and has no guard against rounding. In one step it is ours."""
    network, images = (
        linear(torch.randn(4, 27).double()).to(device),
        0.4 + 0.2 * torch.rand(3, 3, 3, 3).double().to(device),
    )
    labels = network(images).argmax(dim=1)
    theirs = torchattacks.DeepFool(network, steps=1, overshoot=0.1)(images, labels)
    found = deepfool(network, images, candidates=4, overshoot=0.1, steps=1)
    torch.testing.assert_close(found - images, theirs - images, rtol=5e-3, atol=2e-4)


def test_on_a_linear_network_it_goes_straight_to_the_nearest_border():
    weight, images = torch.randn(5, 27).double(), 0.45 + 0.1 * torch.rand(4, 3, 3, 3).double()
    network = linear(weight)
    scores = network(images)
    first = scores.argmax(dim=1)
    found = deepfool(network, images, candidates=5, overshoot=0.05)
    for n in range(4):
        others = [k for k in range(5) if k != first[n]]
        lengths = [(scores[n, first[n]] - scores[n, k]) / (weight[k] - weight[first[n]]).norm() for k in others]
        shortest = min(range(4), key=lambda k: lengths[k])
        assert (found[n] - images[n]).norm().item() == pytest.approx(1.05 * (lengths[shortest].item() + 1e-4), rel=1e-6)
        assert network(found[n : n + 1]).argmax().item() == others[shortest]


def test_each_image_is_treated_alone():
    network, images = curved(), torch.rand(4, 3, 8, 7)
    together = deepfool(network, images)
    alone = torch.cat([deepfool(network, image[None]) for image in images])
    torch.testing.assert_close(together, alone, rtol=0, atol=1e-5)
    assert not together.requires_grad and together.min() >= 0 and together.max() <= 1


def test_without_an_overshoot_it_ends_nearer():
    network, images = curved(), torch.rand(4, 3, 8, 7)
    far, near = (deepfool(network, images, overshoot=o) - images for o in (0.5, 0.0))
    assert (near.flatten(1).norm(dim=1) < far.flatten(1).norm(dim=1)).all()


def test_fewer_than_two_candidates_are_refused():
    with pytest.raises(ValueError, match="at least 2"):
        deepfool(curved(), torch.rand(1, 3, 8, 7), candidates=1)
