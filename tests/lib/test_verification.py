"""Oracle: scikit-learn's ROC curve."""

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_curve

from lib.verification import equal_error_rate, verification_rates


def pairs(count=200, quantized=False, device="cpu"):
    same = torch.rand(count) < 0.3
    squared = torch.rand(count) + torch.where(same, 0.0, 0.4)
    return (10 * squared).round().div(10).to(device) if quantized else squared.to(device), same.to(device)


@pytest.mark.parametrize("quantized", [False, True])
def test_the_curve_is_scikit_learns(quantized, device):
    squared, same = pairs(quantized=quantized, device=device)
    accept, right, thresholds = roc_curve(same.cpu(), -squared.cpu(), drop_intermediate=False)
    found = verification_rates(squared, same, torch.from_numpy(-thresholds[1:].copy()).to(squared))
    np.testing.assert_allclose(found[0].cpu(), accept[1:], atol=1e-6)
    np.testing.assert_allclose(1 - found[1].cpu(), right[1:], atol=1e-6)
    assert equal_error_rate(squared, same).item() == pytest.approx(np.maximum(accept, 1 - right).min(), abs=1e-6)


def test_equal_errors_are_nearly_equal_with_many_pairs():
    squared, same = pairs(20000)
    accept, reject = verification_rates(squared, same, squared.unique())
    larger = torch.maximum(accept, reject)
    assert equal_error_rate(squared, same) == larger.min()
    assert (accept - reject)[larger.argmin()].abs() < 2e-3


def test_a_pair_at_the_threshold_is_accepted(device):
    squared = torch.tensor([1.0, 1.0], device=device)
    accept, reject = verification_rates(
        squared, torch.tensor([True, False], device=device), torch.tensor([0.5, 1.0], device=device)
    )
    assert accept.tolist() == [0, 1] and reject.tolist() == [1, 0]


def test_no_overlap_no_error_and_any_increasing_change_of_distances_changes_nothing():
    same = torch.tensor([True, True, False, False])
    assert equal_error_rate(torch.tensor([0.1, 0.2, 0.3, 0.4]), same) == 0
    squared, same = pairs()
    torch.testing.assert_close(equal_error_rate(squared, same), equal_error_rate(squared.exp(), same))
