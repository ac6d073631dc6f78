import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import circmean, circvar
from skimage.filters import gabor_kernel
from torch.nn import functional as F

from lib.stimuli import curves
from lib.tuning import gratings, preferred_angle, tuning_curve

CURVES = arrays(np.int64, st.integers(3, 12), elements=st.integers(0, 9)).filter(lambda curve: curve.sum() > 0)


def test_gratings_are_horizontal_at_0_and_rise_to_the_right_at_45(device):
    angles, phases = torch.tensor([0.0, 45, 90], device=device), torch.tensor([0.0], device=device)
    flat, oblique, upright = gratings(angles, phases, 4, 5)[:, 0]
    column = torch.tensor([0, 0.5, 1, 0.5, 0], device=device)
    torch.testing.assert_close(flat, column[:, None].expand(5, 5), rtol=0, atol=1e-6)
    torch.testing.assert_close(upright, column.expand(5, 5), rtol=0, atol=1e-6)
    # Bright from the lower left to the upper right.
    torch.testing.assert_close(oblique.fliplr().diagonal(), torch.ones(5, device=device))


def test_a_phase_of_half_a_turn_exchanges_bright_and_dark():
    one, other = gratings(torch.tensor([30.0], dtype=torch.double), torch.tensor([20.0, 200.0]).double(), 7, 16)[0]
    torch.testing.assert_close(one + other, torch.ones(16, 16, dtype=torch.double))


@given(st.integers(-7, 7), st.integers(1, 7))
def test_a_grating_has_one_frequency_across_its_stripes(rows, columns):
    """Whole numbers of periods along both sides of the image: one pair of peaks in its Fourier transform."""
    size = 32
    wavelength = size / np.hypot(rows, columns)
    angle = np.degrees(np.arctan2(columns, rows))
    wave = gratings(torch.tensor([angle]), torch.tensor([13.0]).double(), wavelength, size)[0, 0] - 0.5
    spectrum = torch.fft.fft2(wave).abs()
    peaks = (spectrum > 1e-6 * spectrum.max()).nonzero().tolist()
    assert sorted(peaks) == sorted([[rows % size, columns], [-rows % size, size - columns]])


@pytest.mark.parametrize("angle", [10.0, 45.0, 80.0, 135.0, 170.0])
def test_a_gabor_filter_prefers_its_own_angle(angle):
    """scikit-image's theta is the direction across the stripes, x to the right and y down."""
    kernel = gabor_kernel(1 / 8, theta=np.radians(90 - angle), sigma_x=4, sigma_y=4).real
    kernel = torch.from_numpy(kernel).float()[None, None]
    stripes = gratings(torch.arange(0, 180, 7.5), torch.arange(0, 360, 30.0), 8, 48)
    maps = F.conv2d(stripes.flatten(0, 1)[:, None], kernel, padding=kernel.shape[-1] // 2).relu()
    found, selectivity = preferred_angle(tuning_curve(maps[:, 0].unflatten(0, (24, 12))), 180)
    assert abs(found - angle) < 1 and selectivity > 0.5


def test_tuning_curve_is_the_best_phase_of_the_middle_unit():
    maps = torch.arange(2 * 3 * 4 * 5.0).view(2, 3, 4, 5)
    assert tuning_curve(maps).tolist() == maps[:, 2, 2, 2].tolist()
    assert torch.equal(tuning_curve(maps.flip(1)), tuning_curve(maps))


@given(CURVES, st.sampled_from([180, 360]))
def test_preferred_angle_and_selectivity_are_scipys_circular_mean_and_variance(curve, period):
    """Each response counts as that many samples of its angle."""
    samples = np.repeat(np.arange(len(curve)) * period / len(curve), curve)
    angle, selectivity = preferred_angle(torch.from_numpy(curve).double(), period)
    assert 0 <= angle < period or torch.isclose(angle, torch.tensor(float(period)).double())
    assert selectivity == pytest.approx(1 - circvar(samples, high=period), abs=1e-9)
    if selectivity > 1e-6:
        apart = abs(float(angle) - circmean(samples, high=period)) % period
        assert min(apart, period - apart) < 1e-6


def test_a_flat_or_silent_curve_prefers_nothing():
    assert preferred_angle(torch.ones(8), 180)[1] < 1e-6
    assert preferred_angle(torch.zeros(8), 180)[1] == 0
    one = torch.zeros(8)
    one[3] = 7
    angle, selectivity = preferred_angle(one, 360)
    assert angle == pytest.approx(135, abs=1e-3) and selectivity == pytest.approx(1)


def test_curves_open_towards_their_angle():
    """The arc goes through the middle; its ends bend towards the center of its circle."""
    arcs = curves(torch.tensor([0.0, 90, 180, 270]), torch.tensor([0.0]), radius=10, size=41)[:, 0]
    assert arcs.min() >= 0.5 and arcs.max() <= 1
    assert torch.allclose(arcs[:, 20, 20], torch.tensor(1.0))
    right, up, left, down = arcs
    assert right[14, 22] > 0.8 > 0.6 > right[14, 18]  # "(": above the middle it has moved to the right
    torch.testing.assert_close(left, right.fliplr())
    torch.testing.assert_close(up, right.rot90())
    torch.testing.assert_close(down, up.flipud())


def test_a_shift_moves_the_arc_towards_its_center():
    arcs = curves(torch.tensor([0.0]), torch.tensor([-3.0, 0.0, 3.0]), radius=200, size=31)[0]
    assert arcs[:, 15].argmax(dim=1).tolist() == [12, 15, 18]
