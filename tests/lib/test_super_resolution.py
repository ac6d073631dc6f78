"""Oracles: scikit-image for PSNR and SSIM, Pillow for the reduction, and analytic cases."""

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from lib import images, networks
from lib import super_resolution as sr
from lib.shipped_weights import FOLDER


@pytest.fixture
def pair(cat):
    picture = cat[..., :80, :72]
    return picture, (picture + 0.1 * torch.randn_like(picture)).clamp(0, 1)


def as_numpy(picture):
    return picture[0].permute(1, 2, 0).cpu().double().numpy()


def test_psnr_is_scikit_images(pair):
    picture, noisy = pair
    expected = peak_signal_noise_ratio(as_numpy(picture), as_numpy(noisy), data_range=1)
    assert sr.psnr(noisy, picture).item() == pytest.approx(expected, rel=1e-5)


def test_ssim_is_scikit_images(pair):
    picture, noisy = (x.double() for x in pair)
    expected = structural_similarity(
        as_numpy(picture), as_numpy(noisy), data_range=1, channel_axis=2, gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False,
    )  # fmt: skip
    assert sr.ssim(noisy, picture).item() == pytest.approx(expected, rel=1e-6)
    assert sr.ssim(picture, picture).item() == pytest.approx(1)


def test_measures_of_a_batch_are_those_of_its_images(pair):
    batch, other = torch.cat(pair), torch.cat(pair[::-1]) * 0.9
    for measure in (sr.psnr, sr.ssim, sr.pixel_loss):
        alone = [measure(batch[[n]], other[[n]])[0] for n in range(2)]
        torch.testing.assert_close(measure(batch, other), torch.stack(alone))


def test_reducing_is_pillows_bicubic(pair):
    values = (pair[0][0].permute(1, 2, 0).cpu().numpy() * 255).round().astype(np.uint8)
    expected = np.asarray(Image.fromarray(values).resize((18, 20), Image.BICUBIC), np.float32) / 255
    found = sr.reduce(images.from_array(values))
    assert np.abs(as_numpy(found) - expected).max() < 2 / 255


def test_a_size_that_is_no_multiple_is_refused():
    with pytest.raises(ValueError, match="62 × 64 cannot be reduced by 4"):
        sr.reduce(torch.rand(1, 3, 62, 64))


def test_training_begins_at_bicubic_enlargement(device):
    weights = {name: value.to(device) for name, value in sr.beginning(torch.Generator().manual_seed(0), 8, 2).items()}
    small = torch.rand(2, 3, 9, 11, device=device)
    found = sr.super_resolve(small, weights)
    assert found.shape == (2, 3, 36, 44)
    torch.testing.assert_close(found, sr.enlarge(small))


def test_the_last_layer_makes_squares_of_sixteen_pixels():
    """With one number in the kernel's middle, for the pixel in row 2, column 3 of each square, in green."""
    weights = sr.beginning(torch.Generator().manual_seed(0), 4, 0)
    weights["enter.bias"][0], weights["enter.weight"][0] = 1.0, 0.0
    weights["leave.weight"][16 + 2 * 4 + 3, 0, 1, 1] = 0.25
    small = torch.full((1, 3, 6, 6), 0.5)
    added = sr.super_resolve(small, weights) - sr.enlarge(small)
    expected = torch.zeros_like(added)
    expected[:, 1, 2::4, 3::4] = 0.25
    torch.testing.assert_close(added, expected)


def test_feature_loss_of_equal_pictures_is_zero_and_of_a_gray_one_about_one(pair):
    network, layers = networks.load("zfnet", pair[0].device), ["relu1", "relu2"]
    assert sr.feature_loss(network, layers, pair[0], pair[0]).item() == 0
    assert 0.2 < sr.feature_loss(network, layers, torch.full_like(pair[0], 0.5), pair[0]).item() < 2


def test_each_loss_wins_by_its_own_measure(pair):
    network, layers = networks.load("zfnet", pair[0].device), ["relu1", "relu2"]
    picture = images.sample("coffee", 160).to(pair[0])
    losses = {"pixels": sr.pixel_loss, "features": lambda made, target: sr.feature_loss(network, layers, made, target)}
    made = {"bicubic": sr.enlarge(sr.reduce(picture))}
    for name, loss in losses.items():
        beginning = sr.beginning(torch.Generator().manual_seed(0), 16, 1)
        weights = {key: value.to(picture).requires_grad_() for key, value in beginning.items()}
        optimizer = torch.optim.Adam(weights.values(), lr=2e-3)
        for y, x in [(y, x) for y in (0, 48, 96) for x in (0, 48, 96)] * 6:
            photograph = picture[..., y : y + 64, x : x + 64]
            optimizer.zero_grad()
            loss(sr.super_resolve(sr.reduce(photograph), weights), photograph).mean().backward()
            optimizer.step()
        with torch.no_grad():
            made[name] = sr.super_resolve(sr.reduce(picture), weights)
    for name, loss in losses.items():
        scores = {way: loss(x, picture).item() for way, x in made.items()}
        assert min(scores, key=scores.get) == name


@pytest.mark.parametrize("name", sr.CHECKSUMS)
def test_shipped_weights_are_small_whole_and_finite(name):
    weights = sr.load(name)
    assert (FOLDER / f"larger-{name}.safetensors").stat().st_size < 2**20
    assert set(weights) == set(sr.beginning(torch.Generator(), 32, 4))
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in weights.values())


def test_unknown_weights_are_told():
    with pytest.raises(ValueError, match="no weights for 'gram'; choose one of pixels, features"):
        sr.load("gram")


def test_both_shipped_networks_beat_bicubic_on_photographs_they_have_not_seen(cat):
    """By all measures; the one that was trained by features by more in features, the other by more in pixels."""
    network, layers = networks.load("zfnet", cat.device), ["relu1", "relu2"]
    tests = [images.sample(name, 256).to(cat) for name in ("cat", "china", "astronaut")]
    scores = {}
    for name in ("bicubic", *sr.CHECKSUMS):
        weights = {} if name == "bicubic" else {key: value.to(cat) for key, value in sr.load(name).items()}
        with torch.no_grad():
            small = [sr.reduce(x) for x in tests]
            made = [sr.super_resolve(x, weights).clamp(0, 1) if weights else sr.enlarge(x) for x in small]
        measures = (sr.psnr, sr.ssim, lambda y, x: -sr.feature_loss(network, layers, y, x))
        scores[name] = [sum(measure(y, x).item() for y, x in zip(made, tests)) for measure in measures]
    for name in sr.CHECKSUMS:
        assert all(found > plain for found, plain in zip(scores[name], scores["bicubic"]))
    assert scores["pixels"][0] > scores["features"][0] and scores["features"][2] > scores["pixels"][2]


@pytest.mark.parametrize("name", sr.CHECKSUMS)
def test_no_grid_of_four_pixels_is_laid_over_smooth_photographs(name, cat):
    """Each of the sixteen places in the squares of 4 × 4 pixels has the same mean, in a picture without detail."""
    waves = torch.linspace(0, 6, 32).sin()
    small = (0.5 + 0.1 * waves[:, None] + 0.1 * waves).expand(1, 3, 32, 32).to(cat)
    weights = {key: value.to(cat) for key, value in sr.load(name).items()}
    added = (sr.super_resolve(small, weights) - sr.enlarge(small))[..., 16:-16, 16:-16]
    means = added.unflatten(2, (-1, 4)).unflatten(4, (-1, 4)).mean(dim=(0, 2, 4))
    assert means.std() < 0.3 / 255  # 0.6 for networks that were trained without steadiness
