"""The loss of a filter: against a plain sum over templates, SciPy and finite differences."""

import math

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import entropy
from torch.nn import functional as F

from lib.mutual_information_loss import (
    interpretable_loss,
    mutual_information_loss,
    target_gradient,
    template_scores,
)
from lib.part_templates import template_bank


def direct(maps, templates):
    """The loss of each filter as the formula has it, term by term, in plain Python and double precision."""
    found = []
    for channel in range(maps.shape[1]):
        given = []
        for template in templates.double():
            powers = [math.exp((one[channel].double() * template).sum().item()) for one in maps]
            given.append([power / sum(powers) for power in powers])
        count = len(templates)
        any_template = [sum(row[image] for row in given) / count for image in range(len(maps))]
        terms = (p * math.log(p / q) for row in given for p, q in zip(row, any_template))
        found.append(-sum(terms) / count)
    return torch.tensor(found, dtype=torch.float64)


def maps_and_templates(images=4, channels=3, size=3, sharpness=40.0, dtype=torch.float64):
    maps = torch.rand(images, channels, size, size, dtype=dtype)
    return maps, (sharpness * template_bank(size)).to(dtype)


def test_scores_are_sums_of_products_of_equal_positions(device):
    maps, templates = torch.randn(2, 3, 4, 4).to(device), torch.randn(5, 4, 4).to(device)
    found = template_scores(maps, templates)
    assert found.shape == (2, 3, 5)
    for n, c, k in [(0, 0, 0), (1, 2, 4), (0, 1, 3)]:
        torch.testing.assert_close(found[n, c, k], (maps[n, c] * templates[k]).sum())


def test_the_loss_is_the_direct_sum_over_templates():
    maps, templates = maps_and_templates()
    torch.testing.assert_close(mutual_information_loss(template_scores(maps, templates)), direct(maps, templates))


def test_the_loss_is_that_of_scipy_entropies():
    """H(X) + H(T) − H(X, T) of the joint probabilities, in nats."""
    scores = 2 * torch.randn(5, 1, 7, dtype=torch.float64)
    joint = (scores.softmax(dim=0)[:, 0] / 7).numpy()
    expected = entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0)) - entropy(joint.ravel())
    assert mutual_information_loss(scores).item() == pytest.approx(-expected, rel=1e-9)


def test_the_gradient_of_the_loss_against_finite_differences(device):
    maps, templates = maps_and_templates(3, 2, 3)
    maps, templates = maps.to(device).requires_grad_(), templates.to(device)
    assert torch.autograd.gradcheck(lambda x: mutual_information_loss(template_scores(x, templates)), maps)


def test_from_nothing_known_to_everything_known():
    same = torch.randn(1, 3, 8).expand(5, -1, -1)
    torch.testing.assert_close(mutual_information_loss(same), torch.zeros(3), atol=1e-6, rtol=0)
    sure = 1e4 * torch.eye(6)[:, None]
    torch.testing.assert_close(mutual_information_loss(sure), torch.tensor([-math.log(6)]))
    between = mutual_information_loss(torch.randn(6, 4, 9))
    assert ((between < 0) & (between > -math.log(6))).all()


def test_what_does_not_change_the_loss():
    """The order of images and of templates, a constant for each template, and the trace's transposition."""
    scores = torch.randn(5, 2, 7, dtype=torch.float64)
    expected = mutual_information_loss(scores)
    for other in (scores[torch.randperm(5)], scores[:, :, torch.randperm(7)], scores + torch.randn(7).double()):
        torch.testing.assert_close(mutual_information_loss(other), expected)
    maps, templates = maps_and_templates()
    turned = mutual_information_loss(template_scores(maps, templates.transpose(1, 2)))
    torch.testing.assert_close(turned, mutual_information_loss(template_scores(maps, templates)))


def test_maps_with_one_peak_elsewhere_in_each_image_say_the_most():
    peaked = torch.zeros(4, 1, 4, 4)
    for image, place in enumerate((0, 3, 12, 15)):
        peaked[image].view(-1)[place] = 9.0
    spread = torch.full_like(peaked, 9.0)
    at_one_place = peaked[:1].expand(4, -1, -1, -1)
    bank = 200 * template_bank(4)
    losses = [mutual_information_loss(template_scores(maps, bank)).item() for maps in (peaked, spread, at_one_place)]
    assert losses[0] < -0.9 and abs(losses[1]) < 1e-6 and abs(losses[2]) < 1e-6


def test_the_target_gradient_with_scipy():
    maps, templates = maps_and_templates(5, 2, 3)
    targets = torch.randint(0, 10, (5, 2))
    found = target_gradient(maps, templates, targets)
    scores = np.einsum("ncij,kij->nck", maps.numpy(), templates.numpy())
    log_given = scores - logsumexp(scores, axis=0)
    log_any = logsumexp(log_given, axis=2) - np.log(10)
    for n in range(5):
        for c in range(2):
            log_p = log_given[n, c, targets[n, c]]
            expected = -np.exp(log_p) * (log_p - log_any[n, c]) / 10 * templates[targets[n, c]]
            torch.testing.assert_close(found[n, c], expected)


def test_the_exact_gradient_is_the_sum_over_templates_less_what_they_tell_on_average():
    """Σ_T of the shortcut for target T, once the information of T is taken off the logarithm: the derivative of Z_T."""
    maps, templates = maps_and_templates(4, 2, 3)
    leaf = maps.clone().requires_grad_()
    mutual_information_loss(template_scores(leaf, templates)).sum().backward()
    total = torch.zeros_like(maps)
    log_given = template_scores(maps, templates).log_softmax(dim=0)
    for number, template in enumerate(templates):
        targets = torch.full((4, 2), number)
        ratio = log_given[:, :, number] - (log_given.logsumexp(dim=2) - math.log(10))
        told = (log_given[:, :, number].exp() * ratio).sum(dim=0)
        total += target_gradient(maps, templates, targets)
        total += (log_given[:, :, number].exp() * told / 10)[:, :, None, None] * template
    torch.testing.assert_close(leaf.grad, total)


def test_the_target_gradient_has_no_graph_and_stands_large_scores():
    maps, templates = maps_and_templates(4, 2, 3, sharpness=1e6)
    maps.requires_grad_()
    found = target_gradient(maps, templates, torch.randint(0, 10, (4, 2)))
    assert not found.requires_grad and found.isfinite().all() and found.shape == maps.shape


def test_a_step_against_the_target_gradient_makes_the_targets_fit_better():
    maps, templates = maps_and_templates(6, 1, 4, sharpness=10.0)
    targets = maps.flatten(2).argmax(dim=2)
    gradient = target_gradient(maps, templates, targets)

    def fit(found):
        return template_scores(found, templates).gather(2, targets[:, :, None]).sum()

    assert fit(maps - gradient) > fit(maps)


def test_the_whole_loss_by_hand():
    scores, labels = torch.zeros(3, 4), torch.tensor([0, 1, 3])
    found = interpretable_loss(scores, labels, torch.tensor([-1.0, -2.0]), 0.5)
    assert found.item() == pytest.approx(math.log(4) - 0.75)
    scores = torch.randn(3, 4)
    assert interpretable_loss(scores, labels, torch.ones(7), 0.0) == F.cross_entropy(scores, labels)
