"""Oracles: a linear network, and the climb written out with the derivative of the softmax."""

import torch
from torch import nn

from lib.fooling_image import fooling_image


def linear(weight):
    layer = nn.Linear(weight.shape[1], len(weight)).to(weight.dtype)
    layer.weight.data, layer.bias.data = weight, torch.zeros(len(weight)).to(weight)
    return nn.Sequential(nn.Flatten(), layer).requires_grad_(False)


def test_the_steps_are_those_of_the_derivative_written_out(device):
    weight = torch.randn(4, 12, dtype=torch.float64, device=device)
    start = torch.rand(3, 3, 2, 2, dtype=torch.float64, device=device)
    x = start.flatten(1).clone()
    for _ in range(5):
        slope = weight[2] - (x @ weight.T).softmax(dim=1) @ weight  # of log p for a linear network
        x = (x + 0.3 * slope / slope.norm(dim=1, keepdim=True)).clamp(0, 1)
    found = fooling_image(linear(weight), start, 2, 0.3, 5)
    torch.testing.assert_close(found, x.view_as(start))
    assert not found.requires_grad and found.device == start.device


def test_each_image_climbs_for_itself():
    network, start = linear(torch.randn(4, 12)), torch.rand(3, 3, 2, 2)
    together = fooling_image(network, start, 1, 0.2, 4)
    alone = torch.cat([fooling_image(network, image[None], 1, 0.2, 4) for image in start])
    torch.testing.assert_close(together, alone)


def test_the_start_stays_and_no_step_changes_nothing():
    network, start = linear(torch.randn(4, 12)), torch.rand(1, 3, 2, 2)
    before = start.clone()
    assert torch.equal(fooling_image(network, start, 0, 0.5, 0), before)
    fooling_image(network, start, 0, 0.5, 3)
    assert torch.equal(start, before)


def test_without_a_slope_nothing_moves():
    start = torch.rand(2, 3, 2, 2)
    assert torch.equal(fooling_image(linear(torch.zeros(3, 12)), start, 1, 0.5, 2), start)


def test_noise_becomes_a_class_of_the_network(efficientnet, device):
    noise = 0.5 + 0.1 * torch.randn(1, 3, 96, 96, generator=torch.Generator().manual_seed(0)).to(device)
    found = fooling_image(efficientnet, noise.clamp(0, 1), 967, 0.3, 40)
    assert efficientnet(found).softmax(dim=1)[0, 967] > 0.99
    assert found.min() >= 0 and found.max() <= 1 and (found - noise).abs().mean() < 0.05
