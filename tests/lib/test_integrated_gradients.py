import pytest
import torch
from captum.attr import IntegratedGradients
from torch import nn

from lib import images, networks
from lib.integrated_gradients import integrated_gradients


@pytest.fixture(scope="module")
def smooth():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3), nn.Tanh(), nn.Conv2d(4, 5, 3), nn.Tanh(), nn.Flatten(), nn.Linear(60, 3)
    ).double()


@pytest.fixture
def pictures():
    return torch.rand(2, 3, 8, 7, dtype=torch.double, generator=torch.Generator().manual_seed(1))


def left_over(network, pictures, baseline, steps):
    found = integrated_gradients(network, pictures, 1, baseline, steps).sum(dim=(1, 2, 3))
    with torch.no_grad():
        return (found - (network(pictures) - network(baseline))[:, 1]).abs().max().item()


def test_completeness_in_double_precision(smooth, pictures):
    """The midpoint rule's error falls with the square of the steps, down to rounding."""
    black = torch.zeros(1, 3, 8, 7, dtype=torch.double)
    errors = [left_over(smooth, pictures, black, steps) for steps in (10, 100, 1000)]
    assert errors[1] == pytest.approx(errors[0] / 100, rel=0.1)
    assert errors[2] < 1e-7


def test_completeness_of_a_network_of_relus_with_many_steps():
    network, picture = networks.load("zfnet").double(), images.sample("rocket", 48).double()
    gray = torch.full_like(picture, 0.5)
    assert left_over(network, picture, gray, 400) < 0.02


def test_it_is_captums_with_the_middle_riemann_rule(smooth, pictures):
    """Captum's default is Gauss-Legendre; `riemann_middle` is the midpoint rule."""
    baseline = torch.rand(1, 3, 8, 7, dtype=torch.double)
    oracle = IntegratedGradients(smooth)
    theirs = oracle.attribute(pictures, baseline.expand(2, -1, -1, -1), target=2, n_steps=20, method="riemann_middle")
    torch.testing.assert_close(integrated_gradients(smooth, pictures, 2, baseline, 20), theirs.detach())


def test_of_a_linear_network_one_step_is_enough(pictures):
    network = nn.Sequential(nn.Flatten(), nn.Linear(168, 2)).double()
    baseline = torch.zeros(1, 3, 8, 7, dtype=torch.double)
    expected = pictures * network[1].weight[1].detach().view(1, 3, 8, 7)
    torch.testing.assert_close(integrated_gradients(network, pictures, 1, baseline, 1), expected)


def test_what_equals_the_baseline_gets_nothing(smooth, pictures):
    baseline = torch.zeros_like(pictures)
    baseline[..., :4] = pictures[..., :4]
    assert not integrated_gradients(smooth, pictures, 1, baseline, 5)[..., :4].any()


def test_it_leaves_no_trace(smooth, pictures):
    pictures.requires_grad_()
    with torch.no_grad():
        found = integrated_gradients(smooth, pictures, 0, torch.zeros_like(pictures), 3)
    assert not found.requires_grad and pictures.grad is None


def test_no_steps_are_refused(smooth, pictures):
    with pytest.raises(ValueError, match="0 steps"):
        integrated_gradients(smooth, pictures, 0, pictures, 0)
