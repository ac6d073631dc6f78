"""Oracles: values by hand, foolbox's choice of the best other class, and scores that are all negative."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.gradient_masking import logit_margin, quantize_straight_through


def test_levels_by_hand(device):
    images = torch.tensor([[[[0.0, 0.2, 0.3, 0.7, 0.8, 1.0]]]], device=device)
    found = quantize_straight_through(images, 3)
    torch.testing.assert_close(found, torch.tensor([[[[0.0, 0.0, 0.5, 0.5, 1.0, 1.0]]]], device=device))


@pytest.mark.parametrize("levels", [2, 3, 8, 256])
def test_each_value_goes_to_the_nearest_of_so_many_levels(levels):
    images = torch.rand(2, 3, 20, 20).double()
    found = quantize_straight_through(images, levels)
    values = torch.linspace(0, 1, levels).double()
    assert len(found.mul(levels - 1).round().unique()) <= levels
    nearest = values[(images[..., None] - values).abs().argmin(dim=-1)]
    torch.testing.assert_close(found, nearest)


def test_the_gradient_is_handed_on_as_it_is():
    images = torch.rand(2, 3, 4, 4, requires_grad=True)
    above = torch.randn(2, 3, 4, 4)
    (found,) = torch.autograd.grad(quantize_straight_through(images, 4), images, above)
    assert torch.equal(found, above)


def test_margins_by_hand(device):
    scores = torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]], device=device)
    assert logit_margin(scores, torch.tensor([0, 1], device=device)).tolist() == [1.0, -2.0]


@given(st.integers(0, 10**6), st.sampled_from([-1e6, -10.0, 0.0, 10.0]))
def test_the_margin_is_positive_where_the_network_is_right(seed, shift):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(6, 5, generator=generator, dtype=torch.float64) + shift
    labels = torch.randint(0, 5, (6,), generator=generator)
    margin = logit_margin(scores, labels)
    assert torch.equal(margin > 0, scores.argmax(dim=1) == labels)
    for row, label, found in zip(scores, labels, margin):
        others = torch.cat([row[:label], row[label + 1 :]])
        assert found == row[label] - others.max()


def test_the_margins_gradient_is_one_up_and_one_down():
    scores, labels = torch.randn(4, 6).double().requires_grad_(), torch.tensor([0, 2, 5, 1])
    assert torch.autograd.gradcheck(lambda z: logit_margin(z, labels), scores)
    (gradient,) = torch.autograd.grad(logit_margin(scores, labels).sum(), scores)
    assert (gradient.sum(dim=1) == 0).all() and (gradient.gather(1, labels[:, None]) == 1).all()


def test_the_rival_is_the_one_that_foolbox_finds():
    import eagerpy
    from foolbox.attacks.carlini_wagner import best_other_classes

    scores, labels = torch.randn(20, 7) - 5, torch.randint(0, 7, (20,))
    rival = best_other_classes(eagerpy.astensor(scores), eagerpy.astensor(labels)).raw
    rows = torch.arange(20)
    assert torch.equal(logit_margin(scores, labels), scores[rows, labels] - scores[rows, rival])
