"""Minima that are known, and each image of a batch as if it were alone."""

import pytest
import torch

from lib.picture_descent import POWER, descend, wave, wave_weights


@pytest.fixture
def problem(device):
    """Quadratic losses of very different curvatures, whose minima lie within the bounds."""
    generator = torch.Generator().manual_seed(0)
    goal = (0.2 + 0.6 * torch.rand(2, 3, 10, 8, generator=generator, dtype=torch.double)).to(device)
    curvature = torch.logspace(0, 3, 240, dtype=torch.double, device=device).view(1, 3, 10, 8)
    return goal, lambda images, goal=goal: (curvature * (images - goal).square()).sum(dim=(1, 2, 3))


def test_the_minimum_of_a_quadratic_is_found_and_the_start_stays(problem):
    goal, loss = problem
    start = torch.full_like(goal, 0.5)
    torch.testing.assert_close(descend(loss, start, 250), goal, atol=1e-3, rtol=0)
    assert (start == 0.5).all()


def test_a_minimum_outside_the_bounds_is_found_at_the_border(problem):
    goal, _ = problem
    goal = 3 * goal - 1
    found = descend(lambda images: (images - goal).square().sum(dim=(1, 2, 3)), torch.full_like(goal, 0.5), 40)
    torch.testing.assert_close(found, goal.clamp(0, 1), atol=1e-4, rtol=0)


def test_the_loss_is_computed_as_often_as_said_and_never_ends_higher(problem):
    goal, loss = problem
    calls = []

    def counted(images):
        calls.append(len(images))
        return loss(images)

    start = torch.rand_like(goal)
    last = loss(start)
    for evaluations in (1, 2, 5, 20):
        calls.clear()
        found = descend(counted, start, evaluations, first=5.0)  # a first step that is far too long
        assert len(calls) == evaluations and (loss(found) <= last).all()
        last = loss(found)
    assert (last < 0.1 * loss(start)).all()


def test_images_of_a_batch_go_their_ways_alone(problem):
    goal, loss = problem
    start = torch.rand_like(goal)
    scales = torch.tensor([1.0, 1e6]).to(goal)
    together = descend(lambda images: scales * loss(images), start, 15)
    alone = descend(lambda images: 1e6 * loss(images, goal[1:]), start[1:], 15)
    torch.testing.assert_close(together[1:], alone)


def test_long_waves_go_farther_than_short_ones(device):
    steps = torch.arange(16, device=device) * (2 * torch.pi / 16)
    weights = wave_weights(torch.zeros(1, 1, 16, 16, device=device))
    assert weights.mean().item() == pytest.approx(1)
    gains = []
    for frequency in (1, 2, 4, 8):
        image = (frequency * steps).cos().expand(1, 1, 16, 16)
        gains.append((wave(image, weights) / image)[0, 0, 0, 0].item())
    assert gains == sorted(gains, reverse=True) and gains[0] / gains[2] == pytest.approx(4**POWER, rel=1e-4)
