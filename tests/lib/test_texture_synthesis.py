"""Oracles: a quadratic whose minimum is known, Adam written out, and SciPy's L-BFGS-B."""

import math

import pytest
import torch
from scipy.optimize import minimize

from lib import texture_synthesis as ts

BOTH = [lambda loss, start: ts.minimize_with_adam(loss, start, 150, 0.05),
        lambda loss, start: ts.minimize_with_lbfgs(loss, start, 15)]  # fmt: skip
both = pytest.mark.parametrize("minimize_it", BOTH, ids=["adam", "lbfgs"])


def quadratic(center):
    steep = torch.linspace(0.5, 5, center.numel()).view_as(center).to(center)
    return lambda images: (steep * (images - center) ** 2).sum()


@both
def test_the_minimum_of_a_quadratic_is_found(minimize_it, device):
    start, center = torch.rand(2, 2, 3, 4, 5, device=device)
    before = start.clone()
    found = minimize_it(quadratic(center), start)
    torch.testing.assert_close(found, center, atol=2e-3, rtol=0)
    assert torch.equal(start, before) and not found.requires_grad and not start.requires_grad
    assert found.shape == start.shape and found.device == start.device


@both
def test_a_minimum_out_of_range_gives_the_nearest_pixel_in_range(minimize_it):
    """Each pixel has a term of its own, so the best in the range is the minimum, cut off."""
    start, center = torch.rand(1, 3, 4, 4), 3 * torch.rand(1, 3, 4, 4) - 1
    found = minimize_it(quadratic(center), start)
    torch.testing.assert_close(found, center.clamp(0, 1), atol=3e-3, rtol=0)
    assert found.min() == 0 and found.max() == 1


@both
def test_each_image_of_a_batch_goes_its_own_way(minimize_it):
    start, center = torch.rand(2, 2, 3, 2, 2)
    together = minimize_it(quadratic(center), start)
    torch.testing.assert_close(together[1], center[1], atol=2e-3, rtol=0)


def test_adam_takes_the_steps_of_its_paper():
    start, steps, rate = torch.rand(1, 3, 2, 2).double(), 7, 0.02
    center = torch.full_like(start, 0.5)
    x, first, second = start.clone(), 0, 0
    for n in range(steps):
        gradient = 2 * (x - center)
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        size = rate * (1 + math.cos(math.pi * n / steps)) / 2
        root = (second / (1 - 0.999 ** (n + 1))).sqrt() + 1e-8
        x = (x - size * first / (1 - 0.9 ** (n + 1)) / root).clamp(0, 1)
    found = ts.minimize_with_adam(lambda images: ((images - center) ** 2).sum(), start, steps, rate)
    torch.testing.assert_close(found, x)


def test_adam_takes_one_gradient_a_step():
    calls = []

    def loss(images):
        calls.append(1)
        return images.square().sum()

    ts.minimize_with_adam(loss, torch.rand(1, 3, 2, 2), 9, 0.1)
    assert len(calls) == 9


def test_lbfgs_gets_as_low_as_scipys():
    """A valley: squares of a badly scaled linear map."""
    matrix = torch.randn(12, 12).double() * torch.logspace(-1, 0.5, 12).double()[:, None]
    lowest = matrix @ torch.linspace(0.3, 0.7, 12).double()
    start = torch.rand(1, 3, 2, 2).double()

    def loss(images):
        return (matrix @ images.flatten() - lowest).square().sum() + (images - 0.5).pow(4).sum()

    def with_gradient(flat):
        x = torch.from_numpy(flat.copy()).requires_grad_()
        value = loss(x)
        return value.item(), torch.autograd.grad(value, x)[0].numpy()

    expected = minimize(with_gradient, start.flatten().numpy(), jac=True, method="L-BFGS-B",
                        options={"maxiter": 200, "ftol": 0, "gtol": 1e-12})  # fmt: skip
    found = loss(ts.minimize_with_lbfgs(loss, start, 80)).item()
    assert found < expected.fun + 1e-6 * loss(start).item()


def test_lbfgs_does_not_stop_because_the_loss_is_small():
    start, center = torch.rand(2, 1, 3, 4, 4).double()
    found = ts.minimize_with_lbfgs(lambda images: 1e-7 * (images - center).square().sum(), start, 20)
    torch.testing.assert_close(found, center, atol=1e-2, rtol=0)
