"""Oracles: numpy.corrcoef and cov, autograd against the paper's gradient, and counting by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib import gram_matrix as gm

SIDES = st.integers(1, 5)


def features(*shape, dtype=torch.float64):
    return torch.randn(shape, dtype=dtype)


def test_gram_matrix_told_by_hand():
    maps = torch.tensor([[[[1.0, 2.0], [0.0, 3.0]], [[4.0, 0.0], [1.0, 1.0]]]])
    assert gm.gram_matrix(maps).tolist() == [[[14, 7], [7, 18]]]


@given(SIDES, SIDES, SIDES, SIDES)
def test_gram_matrix_is_numpys_covariance_with_the_means_put_back(images, channels, height, width):
    maps = features(images, channels, height, width)
    flat = maps.flatten(2).numpy()
    for found, rows in zip(gm.gram_matrix(maps).numpy(), flat):
        mean = rows.mean(axis=1)
        expected = np.cov(rows, bias=True).reshape(channels, channels) + np.outer(mean, mean)
        np.testing.assert_allclose(found, height * width * expected, atol=1e-10)


@given(SIDES, SIDES, SIDES)
def test_gram_matrix_is_symmetric_and_has_no_negative_eigenvalue(channels, height, width):
    gram = gm.gram_matrix(features(2, channels, height, width))
    torch.testing.assert_close(gram, gram.mT)
    assert torch.linalg.eigvalsh(gram).min() > -1e-9


def test_images_of_a_batch_do_not_mix_and_size_adds_up(device):
    maps = features(3, 4, 5, 6).to(device)
    gram = gm.gram_matrix(maps)
    assert gram.shape == (3, 4, 4) and gram.device == maps.device
    for image in range(3):
        torch.testing.assert_close(gm.gram_matrix(maps[image : image + 1]), gram[image : image + 1])
    torch.testing.assert_close(gm.gram_matrix(torch.cat([maps, maps], dim=3)), 2 * gram)
    torch.testing.assert_close(gm.gram_matrix(2 * maps), 4 * gram)


@given(st.data(), SIDES, SIDES)
def test_shuffling_keeps_every_vector_and_the_gram_matrix(data, height, width):
    maps = features(2, 3, height, width)
    order = torch.tensor(data.draw(st.permutations(range(height * width))))
    shuffled = gm.shuffle_positions(maps, order)
    assert shuffled.shape == maps.shape
    for place, source in enumerate(order.tolist()):
        here, there = divmod(place, width), divmod(source, width)
        assert torch.equal(shuffled[:, :, here[0], here[1]], maps[:, :, there[0], there[1]])
    torch.testing.assert_close(gm.gram_matrix(shuffled), gm.gram_matrix(maps))
    torch.testing.assert_close(gm.spatial_average(shuffled), gm.spatial_average(maps))
    assert torch.equal(gm.shuffle_positions(shuffled, order.argsort()), maps)


def test_layer_loss_told_by_hand():
    """Differences 1, 0, 0 and 4 of two channels: 17 / (4 · 4 · 9)."""
    gram, target = torch.tensor([[[1.0, 2.0], [2.0, 5.0]]]), torch.tensor([[[0.0, 2.0], [2.0, 1.0]]])
    torch.testing.assert_close(gm.layer_loss(gram, target, 3), torch.tensor([17 / 144]))
    assert gm.layer_loss(target, target, 3).item() == 0


def test_the_gradient_is_that_of_the_paper():
    """Gatys et al. 2015, eq. 4: dE/dF = Fᵀ(G − target) / (C² M²), where F is positive."""
    maps = features(1, 3, 2, 4).abs().requires_grad_()
    target = gm.gram_matrix(features(1, 3, 2, 4))
    (gradient,) = torch.autograd.grad(gm.layer_loss(gm.gram_matrix(maps), target, 8).sum(), maps)
    flat = maps.detach().flatten(2)[0]
    expected = (gm.gram_matrix(maps.detach())[0] - target[0]) @ flat / (9 * 64)
    torch.testing.assert_close(gradient[0].flatten(1), expected)


def test_gradients_in_double_precision():
    maps = features(2, 3, 2, 3).requires_grad_()
    targets, weights = {"layer": gm.gram_matrix(features(2, 3, 2, 3))}, {"layer": 0.7}
    assert torch.autograd.gradcheck(lambda x: gm.texture_loss({"layer": x}, targets, weights), maps)
    assert torch.autograd.gradcheck(gm.spatial_average, maps)


def test_texture_loss_is_a_weighted_sum_of_the_layers_asked_for():
    maps = {"a": features(2, 3, 4, 4), "b": features(2, 5, 2, 3), "unused": features(2, 1, 1, 1)}
    targets = {name: gm.gram_matrix(features(1, *maps[name].shape[1:])) for name in ("a", "b")}
    alone = {name: gm.texture_loss(maps, {name: targets[name]}, {name: 1.0}) for name in targets}
    weights = {"a": 2.0, "b": torch.tensor([0.5, 3.0], dtype=torch.float64)}
    found = gm.texture_loss(maps, targets, weights)
    assert found.shape == (2,)
    torch.testing.assert_close(found, 2 * alone["a"] + weights["b"] * alone["b"])
    torch.testing.assert_close(alone["b"], gm.layer_loss(gm.gram_matrix(maps["b"]), targets["b"], 6))
    own = {name: gm.gram_matrix(maps[name]) for name in targets}
    assert gm.texture_loss(maps, own, {"a": 1.0, "b": 1.0}).abs().max() == 0


@given(SIDES, SIDES, SIDES)
def test_spatial_average_is_numpys_mean(channels, height, width):
    maps = features(2, channels, height, width)
    np.testing.assert_allclose(gm.spatial_average(maps).numpy(), maps.numpy().mean(axis=(2, 3)), atol=1e-12)


@pytest.mark.parametrize("function", [gm.gram_matrix, gm.spatial_average])
def test_dtype_and_device_are_those_of_the_features(function, device):
    for dtype in (torch.float32, torch.float64):
        found = function(features(1, 2, 3, 4, dtype=dtype).to(device))
        assert found.dtype == dtype and found.device.type == device.type
