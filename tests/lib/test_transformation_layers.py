import pytest
import torch
from torch import nn
from torch.nn import functional as F

from lib import transformation_layers as layers
from lib.paintings import NAMES
from lib.shipped_weights import FOLDER


def test_a_convolution_with_a_mirror_is_pytorchs(device):
    features, weight = torch.randn(2, 3, 7, 9, device=device), torch.randn(4, 3, 5, 5, device=device)
    layer = nn.Conv2d(3, 4, 5, 2, 2, padding_mode="reflect", bias=False)
    layer.weight.data = weight
    torch.testing.assert_close(layers.convolve(features, weight, 2), layer(features))
    assert layers.convolve(features, weight, 1).shape == (2, 4, 7, 9)


def test_a_border_of_a_constant_map_cannot_be_told_from_its_middle():
    found = layers.convolve(torch.ones(1, 2, 12, 12), torch.randn(1, 2, 9, 9), 1)
    torch.testing.assert_close(found, found[..., :1, :1].expand_as(found), atol=1e-4, rtol=1e-4)


def test_initial_weights_keep_the_size_of_what_flows_and_depend_on_the_generator_alone():
    one, other = (layers.initial_weights(torch.Generator().manual_seed(3), (16, 32, 64), 5) for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert sum(name.endswith("weight") for name in one) == 3 + 2 * 5 + 2 + 1
    x = torch.randn(1, 64, 32, 32).relu()
    y = layers.convolve(x, one["residual4.second.weight"], 1)
    assert 0.7 < y.square().mean() / (2 * x.square().mean()) < 1.4
    with pytest.raises(ValueError, match="three numbers"):
        layers.initial_weights(torch.Generator(), (16, 32), 2)


def test_a_normalization_by_name_uses_the_scale_and_shift_of_that_name():
    weights = {"a.scale": torch.tensor([2.0]), "a.shift": torch.tensor([1.0]), "b.scale": torch.tensor([5.0])}
    norm = layers.normalized_by(lambda x, scale, shift: x * scale + shift, weights)
    assert norm(torch.tensor(3.0), "a") == 7
    with pytest.raises(KeyError):
        norm(torch.tensor(3.0), "b")


def test_batch_norm_is_that_of_training():
    features, scale, shift = torch.randn(3, 4, 5, 5), torch.randn(4), torch.randn(4)
    expected = F.batch_norm(features, None, None, scale, shift, training=True, eps=1e-5)
    torch.testing.assert_close(layers.batch_norm(features, scale, shift), expected)


@pytest.mark.parametrize("name", layers.CHECKSUMS)
def test_shipped_weights_are_small_whole_and_finite(name):
    weights = layers.load(name)
    assert (FOLDER / f"style-{name}.safetensors").stat().st_size < 2**20
    assert set(weights) == set(layers.initial_weights(torch.Generator(), (16, 32, 64), 4))
    assert all(value.dtype == torch.float32 and value.isfinite().all() for value in weights.values())
    assert sum(value.numel() for value in weights.values()) < 450_000
    rows = {value.dim() for value in layers.tables(weights).values()}
    assert rows == ({2} if name == "all" else {1})
    assert name == "all" or name in NAMES


def test_the_network_of_all_styles_has_a_row_for_each():
    assert {len(table) for table in layers.tables(layers.load("all")).values()} == {len(layers.STYLES)}
    assert set(layers.STYLES) <= set(NAMES)


def test_unknown_weights_are_told():
    with pytest.raises(ValueError, match="no weights for 'rembrandt'; choose one of all, night"):
        layers.load("rembrandt")
