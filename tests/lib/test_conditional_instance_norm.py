"""Oracles: one instance norm for each image, and the fact that one layer is linear in its scale and shift."""

import pytest
import torch
from torch import nn

from lib.conditional_instance_norm import conditional_instance_norm, mix_style_rows


@pytest.fixture
def case(device):
    features = 1 + 3 * torch.randn(4, 5, 6, 3, device=device)
    scales, shifts = torch.randn(2, 3, 5, device=device)
    return features, scales, shifts, torch.tensor([2, 0, 2, 1], device=device)


def test_each_image_is_normalized_alone_and_gets_its_own_row(case):
    features, scales, shifts, styles = case
    found = conditional_instance_norm(*case, 0.01)
    for n, style in enumerate(styles):
        layer = nn.InstanceNorm2d(5, eps=0.01, affine=True).to(features)
        layer.weight.data, layer.bias.data = scales[style], shifts[style]
        torch.testing.assert_close(found[[n]], layer(features[[n]]))


def test_only_the_rows_of_the_styles_asked_for_get_a_gradient(case):
    features, scales, shifts, _ = case
    scales, shifts = scales.requires_grad_(), shifts.requires_grad_()
    conditional_instance_norm(features, scales, shifts, torch.tensor([1, 1, 0, 1]), 1e-5).square().sum().backward()
    assert not scales.grad[2].any() and not shifts.grad[2].any()
    assert scales.grad[:2].all() and shifts.grad[:2].all()


def test_a_style_alone_is_its_row(case):
    tables = {"a.scale": case[1], "a.shift": case[2]}
    alone = mix_style_rows(tables, torch.eye(3, device=case[1].device))
    assert all(torch.equal(alone[name], table) for name, table in tables.items())


def test_for_one_layer_mixing_rows_is_mixing_what_comes_out(case):
    features, scales, shifts, _ = case
    mixture = torch.rand(4, 3, device=features.device)
    mixed = mix_style_rows({"scale": scales, "shift": shifts}, mixture)
    rows = conditional_instance_norm(features, mixed["scale"], mixed["shift"], torch.arange(4), 1e-5)
    each = [conditional_instance_norm(features, scales, shifts, torch.full((4,), s), 1e-5) for s in range(3)]
    outcome = torch.einsum("ns,snchw->nchw", mixture, torch.stack(each))
    torch.testing.assert_close(rows, outcome, atol=1e-4, rtol=1e-4)


def test_mixing_goes_by_names_and_makes_a_row_for_each_image():
    tables = {"up.scale": torch.randn(3, 7), "up.shift": torch.randn(3, 7), "down.scale": torch.randn(3, 2)}
    mixed = mix_style_rows(tables, torch.rand(5, 3))
    assert {name: tuple(rows.shape) for name, rows in mixed.items()} == {
        "up.scale": (5, 7), "up.shift": (5, 7), "down.scale": (5, 2)
    }  # fmt: skip
