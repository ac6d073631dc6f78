"""Oracles: torchattacks and foolbox, a linear network whose worst image is known, differences in double precision."""

import foolbox
import pytest
import torch
import torchattacks
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from lib import gradient_attacks as ga

EPSILON = 8 / 255
STEPS = 6
norms = pytest.mark.parametrize("norm", [torch.inf, 2])


def small_network(device="cpu", classes=5, dtype=torch.float32):
    """Convolutions with batch norm, so that the mode matters; smooth, so that no slope is 0."""
    torch.manual_seed(3)
    network = nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.Softplus(), nn.AdaptiveAvgPool2d(3), nn.Flatten(),
        nn.Linear(54, classes),
    ).to(device, dtype)  # fmt: skip
    network[-1].weight.data *= 8
    network[1].running_mean.normal_(std=0.2)
    return network.eval()


def batch(device="cpu", dtype=torch.float32, count=5):
    images = torch.rand(count, 3, 9, 7, device=device, dtype=dtype)
    return images, torch.arange(count, device=device) % 5


def linear(weight, bias=None):
    layer = nn.Linear(weight.shape[1], len(weight)).to(weight.dtype)
    layer.weight.data, layer.bias.data = weight, torch.zeros(len(weight)).to(weight) if bias is None else bias
    return nn.Sequential(nn.Flatten(), layer).eval()


# The gradient


def test_the_gradient_is_that_of_differences():
    network, (images, labels) = small_network(dtype=torch.float64), batch(dtype=torch.float64, count=2)
    found, step = ga.loss_gradient(network, images, labels), 1e-6
    for place in [(0, 0, 0, 0), (0, 2, 8, 6), (1, 1, 4, 3)]:
        change = torch.zeros_like(images)
        change[place] = step
        losses = [F.cross_entropy(network(images + c), labels, reduction="sum") for c in (change, -change)]
        torch.testing.assert_close(found[place], (losses[0] - losses[1]) / (2 * step), rtol=1e-6, atol=1e-9)


def test_an_image_has_the_same_gradient_alone_and_in_a_batch(device):
    network, (images, labels) = small_network(device), batch(device)
    together = ga.loss_gradient(network, images, labels)
    alone = torch.cat([ga.loss_gradient(network, images[[i]], labels[[i]]) for i in range(5)])
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-6)
    assert together.device == images.device and not together.requires_grad


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_asked_in_eval_mode_and_left_as_it_was(training):
    network, (images, labels) = small_network(), batch()
    expected, statistics = ga.loss_gradient(network, images, labels), network[1].running_mean.clone()
    found = ga.loss_gradient(network.train(training), images, labels)
    assert torch.equal(found, expected) and torch.equal(network[1].running_mean, statistics)
    assert all(module.training == training for module in network.modules())
    assert all(weight.grad is None for weight in network.parameters())
    assert not images.requires_grad


def test_the_mode_comes_back_also_after_an_exception():
    network = small_network().train()
    with pytest.raises(RuntimeError):
        ga.loss_gradient(network, torch.rand(1, 2, 9, 7), torch.tensor([0]))
    assert network.training


def test_gradients_are_found_inside_no_grad():
    network, (images, labels) = small_network(), batch()
    with torch.no_grad():
        found = ga.loss_gradient(network, images, labels)
    assert torch.equal(found, ga.loss_gradient(network, images, labels))


# Directions and the ball


@norms
@given(st.integers(0, 10**6))
def test_no_other_change_of_size_one_is_steeper(norm, seed):
    generator = torch.Generator().manual_seed(seed)
    slopes = torch.randn(3, 2, 4, 3, generator=generator, dtype=torch.float64)
    best = ga.steepest_direction(slopes, norm)
    other = torch.randn(3, 2, 4, 3, generator=generator, dtype=torch.float64)
    other = other / other.flatten(1).norm(p=norm, dim=1).view(-1, 1, 1, 1)
    gain, rival = ((slopes * change).sum(dim=(1, 2, 3)) for change in (best, other))
    assert (gain >= rival).all()
    torch.testing.assert_close(best.flatten(1).norm(p=norm, dim=1), torch.ones(3).double())


@norms
def test_no_slope_no_direction(norm):
    slopes = torch.randn(2, 3, 4, 4)
    slopes[0], slopes[1, 0, 0, 0] = 0, 0
    found = ga.steepest_direction(slopes, norm)
    assert (found[0] == 0).all() and found[1, 0, 0, 0] == 0 and found.isfinite().all()


@norms
@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.03, 0.5, 3.0]))
def test_the_projection_is_within_reach_and_range(norm, seed, epsilon):
    generator = torch.Generator().manual_seed(seed)
    images = torch.rand(3, 2, 4, 5, generator=generator, dtype=torch.float64).mul(3).sub(1).clamp(0, 1)
    candidates = images + torch.randn(images.shape, generator=generator, dtype=torch.float64)
    found = ga.project(candidates, images, epsilon, norm)
    assert found.min() >= 0 and found.max() <= 1
    assert ((found - images).flatten(1).norm(p=norm, dim=1) <= epsilon + 1e-12).all()
    again = ga.project(found, images, epsilon, norm)
    torch.testing.assert_close(again, found, rtol=0, atol=1e-12)


@norms
def test_without_borders_the_projection_is_the_nearest_point_of_the_ball(norm):
    images = torch.full((1, 1, 1, 2), 0.5, dtype=torch.float64)
    candidate, epsilon = images + torch.tensor([0.3, 0.2]), 0.15
    angles = torch.linspace(0, 2 * torch.pi, 200_001, dtype=torch.float64)
    edge = torch.stack([angles.cos(), angles.sin()], dim=1)
    edge = epsilon * edge / edge.norm(p=norm, dim=1, keepdim=True)
    nearest = edge[(edge - (candidate - images).flatten()).norm(dim=1).argmin()]
    found = ga.project(candidate, images, epsilon, norm)
    torch.testing.assert_close((found - images).flatten(), nearest, rtol=0, atol=1e-5)


def test_first_the_ball_then_the_colors():
    """0.95 + 0.4 and 0.5 + 0.3 within 0.25: the ball scales by a half, the range cuts the first."""
    images, candidates = torch.tensor([[[[0.95, 0.5]]]]), torch.tensor([[[[1.35, 0.8]]]])
    torch.testing.assert_close(ga.project(candidates, images, 0.25, 2), torch.tensor([[[[1.0, 0.65]]]]))


def test_what_is_within_reach_and_range_stays():
    images = torch.rand(4, 3, 5, 5) * 0.8 + 0.1
    near = images + 0.01 * (2 * torch.rand_like(images) - 1)
    for epsilon, norm in ((0.02, torch.inf), (0.2, 2)):
        torch.testing.assert_close(ga.project(near, images, epsilon, norm), near, rtol=0, atol=1e-7)
        assert torch.equal(ga.project(images, images, epsilon, norm), images)


def test_other_norms_are_refused():
    images = torch.rand(1, 1, 2, 2)
    for call in (lambda: ga.steepest_direction(images, 1), lambda: ga.project(images, images, 0.1, 1)):
        with pytest.raises(ValueError, match="choose torch.inf or 2"):
            call()


def test_random_starts_are_uniform_within_reach(device):
    images, epsilon = torch.full((4, 3, 40, 50), 0.5, device=device), 0.1
    generator = torch.Generator(device).manual_seed(5)
    changes = ((ga.random_start(images, epsilon, generator) - images) / epsilon).flatten().double().cpu()
    shares = torch.histc(changes, 10, -1, 1) / len(changes)
    assert changes.abs().max() <= 1 + 1e-5
    torch.testing.assert_close(shares, torch.full((10,), 0.1).double(), rtol=0, atol=0.01)
    edges = ga.random_start((images > 1).float(), 0.4, generator)
    assert (
        edges.min() == 0 and edges.max() <= 0.4 and (edges == 0).double().mean().item() == pytest.approx(0.5, abs=0.02)
    )


def test_random_starts_depend_on_the_generator_alone():
    images = torch.rand(2, 3, 4, 4)
    state = torch.get_rng_state()
    first, again = (ga.random_start(images, 0.1, torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, again) and torch.equal(torch.get_rng_state(), state)
    assert not torch.equal(first, ga.random_start(images, 0.1, torch.Generator().manual_seed(8)))


# Whole attacks, against torchattacks and foolbox


def test_fast_gradient_sign_is_that_of_torchattacks_and_foolbox(device):
    network, (images, labels) = small_network(device), batch(device)
    found = ga.fast_gradient_sign(network, images, labels, EPSILON)
    theirs = torchattacks.FGSM(network, eps=EPSILON)(images, labels)
    torch.testing.assert_close(found, theirs, rtol=0, atol=1e-6)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    attack = foolbox.attacks.LinfFastGradientAttack(random_start=False)
    torch.testing.assert_close(found, attack.run(model, images, labels, epsilon=EPSILON), rtol=0, atol=1e-6)


def test_many_steps_are_those_of_torchattacks_and_foolbox(device):
    """torchattacks calls it BIM and PGD, foolbox basic iterative and projected gradient descent."""
    network, (images, labels) = small_network(device), batch(device)
    size = EPSILON / 4
    found = ga.projected_gradient_descent(network, images, labels, EPSILON, size, STEPS, torch.inf, images)
    bim = torchattacks.BIM(network, eps=EPSILON, alpha=size, steps=STEPS)
    pgd = torchattacks.PGD(network, eps=EPSILON, alpha=size, steps=STEPS, random_start=False)
    for theirs in (bim, pgd):
        torch.testing.assert_close(found, theirs(images, labels), rtol=0, atol=1e-6)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    for kind in (foolbox.attacks.LinfBasicIterativeAttack, foolbox.attacks.LinfProjectedGradientDescentAttack):
        attack = kind(abs_stepsize=size, steps=STEPS, random_start=False)
        torch.testing.assert_close(found, attack.run(model, images, labels, epsilon=EPSILON), rtol=0, atol=1e-6)


def test_steps_in_the_norm_2_are_those_of_torchattacks_and_foolbox(device):
    network, (images, labels) = small_network(device), batch(device)
    images, epsilon, size = (2 * images - 0.5).clamp(0, 1), 0.7, 0.3  # many values at the border of the range
    found = ga.projected_gradient_descent(network, images, labels, epsilon, size, STEPS, 2, images)
    theirs = torchattacks.PGDL2(network, eps=epsilon, alpha=size, steps=STEPS, random_start=False)(images, labels)
    torch.testing.assert_close(found, theirs, rtol=0, atol=1e-6)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    attack = foolbox.attacks.L2ProjectedGradientDescentAttack(abs_stepsize=size, steps=STEPS, random_start=False)
    torch.testing.assert_close(found, attack.run(model, images, labels, epsilon=epsilon), rtol=0, atol=1e-6)


def test_a_random_start_leads_on_as_in_torchattacks(device):
    """With no steps of its own, foolbox's start is ours to hand on; here the starts are ours, the steps theirs."""
    network, (images, labels) = small_network(device), batch(device)
    start = ga.random_start(images, EPSILON, torch.Generator(device).manual_seed(0))
    found = ga.projected_gradient_descent(network, images, labels, EPSILON, EPSILON / 4, 3, torch.inf, start)
    x = start.clone()
    for _ in range(3):
        x.requires_grad_()
        (slope,) = torch.autograd.grad(F.cross_entropy(network(x), labels), x)
        x = torch.clamp(x.detach() + EPSILON / 4 * slope.sign(), images - EPSILON, images + EPSILON).clamp(0, 1)
    torch.testing.assert_close(found, x, rtol=0, atol=1e-6)


def test_targeted_steps_are_those_of_torchattacks_and_foolbox(device):
    network, (images, labels) = small_network(device), batch(device)
    targets, size, x = (labels + 2) % 5, EPSILON / 3, images
    for _ in range(STEPS):
        x = ga.targeted_step(network, x, images, targets, EPSILON, size)
    attack = torchattacks.PGD(network, eps=EPSILON, alpha=size, steps=STEPS, random_start=False)
    attack.set_mode_targeted_by_function(lambda _, labels: (labels + 2) % 5)
    torch.testing.assert_close(x, attack(images, labels), rtol=0, atol=1e-6)
    model = foolbox.PyTorchModel(network, bounds=(0, 1), device=device)
    attack = foolbox.attacks.LinfBasicIterativeAttack(abs_stepsize=size, steps=STEPS, random_start=False)
    criterion = foolbox.criteria.TargetedMisclassification(targets)
    torch.testing.assert_close(x, attack.run(model, images, criterion, epsilon=EPSILON), rtol=0, atol=1e-6)


# What is known exactly


@norms
def test_on_a_linear_network_the_worst_image_is_known(norm):
    """Two classes, far from black and white: the margin falls by ε times the dual norm of the weights' difference."""
    weight = torch.randn(2, 48, dtype=torch.float64)
    images, labels = 0.4 + 0.2 * torch.rand(3, 3, 4, 4, dtype=torch.float64), torch.tensor([0, 1, 0])
    network, epsilon = linear(weight), 0.05
    attacked = ga.projected_gradient_descent(network, images, labels, epsilon, epsilon / 2, 10, norm, images)
    margins = []
    for batch_ in (images, attacked):
        scores = network(batch_)
        margins.append((scores[:, 0] - scores[:, 1]) * (1 - 2 * labels))
    difference = weight[0] - weight[1]
    dual = difference.abs().sum() if norm == torch.inf else difference.norm()
    torch.testing.assert_close(margins[0] - margins[1], (epsilon * dual).expand(3).detach(), rtol=1e-9, atol=0)
    if norm == torch.inf:
        torch.testing.assert_close(ga.fast_gradient_sign(network, images, labels, epsilon), attacked)


def test_one_step_of_epsilon_is_the_fast_gradient_sign():
    network, (images, labels) = small_network(), batch()
    one = ga.projected_gradient_descent(network, images, labels, EPSILON, EPSILON, 1, torch.inf, images)
    assert torch.equal(one, ga.fast_gradient_sign(network, images, labels, EPSILON))
    none = ga.projected_gradient_descent(network, images, labels, EPSILON, EPSILON, 0, torch.inf, images)
    assert torch.equal(none, images)


def test_a_target_gains_and_a_label_loses():
    network, (images, labels) = small_network(), batch()
    targets = (labels + 1) % 5

    def loss(x, y):
        return F.cross_entropy(network(x), y, reduction="none")

    assert (loss(ga.fast_gradient_sign(network, images, labels, 0.02), labels) > loss(images, labels)).all()
    toward = ga.targeted_step(network, images, images, targets, 0.02, 0.02)
    assert (loss(toward, targets) < loss(images, targets)).all()


def test_inputs_stay_as_they_are():
    network, (images, labels) = small_network(), batch()
    before, start = images.clone(), images.clone()
    ga.projected_gradient_descent(network, images, labels, 0.1, 0.05, 2, torch.inf, start)
    ga.targeted_step(network, start, images, labels, 0.1, 0.05)
    assert torch.equal(images, before) and torch.equal(start, before)


def test_epsilon_is_in_pixels_of_the_networks_of_this_course(efficientnet, cat):
    """The normalization is inside, so four gray levels are four gray levels."""
    label = efficientnet(cat).argmax(dim=1)
    change = ga.fast_gradient_sign(efficientnet, cat, label, 4 / 255) - cat
    inner = (cat > 5 / 255) & (cat < 250 / 255)
    torch.testing.assert_close(change[inner].abs().amax().item(), 4 / 255, rtol=1e-4, atol=0)
    assert ((change[inner].abs() - 4 / 255).abs() < 1e-6).double().mean() > 0.99
