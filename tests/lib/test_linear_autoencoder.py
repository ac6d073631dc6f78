"""Oracles: SciPy's subspace angles, scikit-learn's PCA, rotations by a known angle."""

import math

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from lib.linear_autoencoder import principal_angles, train_linear_autoencoder


@pytest.mark.parametrize("size, first, second", [(5, 2, 2), (8, 3, 5), (8, 5, 3), (4, 1, 1), (6, 6, 2)])
def test_angles_are_scipys(size, first, second, device):
    a, b = (torch.randn(size, columns, dtype=torch.float64, device=device) for columns in (first, second))
    expected = np.rad2deg(scipy.linalg.subspace_angles(a.cpu().numpy(), b.cpu().numpy()))[::-1].copy()
    torch.testing.assert_close(principal_angles(a, b).cpu(), torch.from_numpy(expected), atol=1e-5, rtol=1e-6)


@given(st.floats(0.01, 89.99))
def test_a_turn_by_an_angle_is_found(degrees):
    turn = math.radians(degrees)
    line = torch.tensor([[math.cos(turn)], [math.sin(turn)], [0.0]], dtype=torch.float64)
    found = principal_angles(torch.eye(3, 1, dtype=torch.float64), line)
    assert found.item() == pytest.approx(degrees, abs=1e-6)


def test_a_space_is_the_same_whatever_its_basis():
    for _ in range(50):  # rounding makes some cosines larger than 1
        space, mixture = torch.randn(7, 3), torch.randn(3, 3)
        assert principal_angles(space, space @ mixture).max() < 0.01
    other = torch.randn(7, 2)
    torch.testing.assert_close(principal_angles(space @ mixture, other), principal_angles(space, other))


def test_order_of_the_spaces_does_not_matter_and_orthogonal_ones_are_at_90():
    a, b = torch.randn(9, 4), torch.randn(9, 2)
    torch.testing.assert_close(principal_angles(a, b), principal_angles(b, a))
    halves = torch.eye(4).split(2, dim=1)
    torch.testing.assert_close(principal_angles(*halves).float(), torch.full((2,), 90.0))


@pytest.fixture
def samples(device):
    spread = torch.tensor([3.0, 2.5, 2, 0.5, 0.4, 0.3, 0.2, 0.1], device=device)
    turn = torch.linalg.qr(torch.randn(8, 8, device=device)).Q
    return torch.randn(200, 8, device=device) * spread @ turn + 4


def started(samples, codes):
    return 0.1 * torch.randn(8, codes).to(samples), 0.1 * torch.randn(codes, 8).to(samples)


@pytest.mark.parametrize("codes", [1, 3])
def test_its_span_is_that_of_scikit_learns_components(samples, codes):
    encoder, decoder = train_linear_autoencoder(samples, *started(samples, codes), 1000, 0.03)
    components = torch.from_numpy(PCA(codes).fit(samples.cpu().numpy()).components_).to(samples)
    assert principal_angles(decoder.T, components.T).max() < 0.2


def test_what_it_reconstructs_is_the_projection_of_principal_components(samples):
    encoder, decoder = train_linear_autoencoder(samples, *started(samples, 3), 1000, 0.03)
    pca = PCA(3).fit(samples.cpu().numpy())
    expected = torch.from_numpy(pca.inverse_transform(pca.transform(samples.cpu().numpy()))).to(samples)
    mean = samples.mean(dim=0)
    made = (samples - mean) @ encoder @ decoder + mean
    errors = [(x - samples).square().sum() for x in (made, expected)]
    assert errors[1] <= errors[0] * (1 + 1e-5) and errors[0] < 1.001 * errors[1]


def test_a_mean_changes_nothing_and_the_start_stays(samples):
    start = started(samples, 2)
    before = [matrix.clone() for matrix in start]
    moved = train_linear_autoencoder(samples.double() + 100, *(m.double() for m in start), 20, 0.05)
    still = train_linear_autoencoder(samples.double(), *(m.double() for m in start), 20, 0.05)
    for one, other in zip(moved, still):
        torch.testing.assert_close(one, other)
    assert all(torch.equal(a, b) for a, b in zip(start, before)) and not moved[0].requires_grad
