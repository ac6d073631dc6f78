import pytest
import torch
from torch import nn

from lib.interpolation import interpolate_latent


def test_ends_are_reconstructions_and_steps_are_equal(device):
    encode = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.Tanh()).to(device)
    decode = nn.Sequential(nn.Linear(4, 12), nn.Sigmoid(), nn.Unflatten(1, (1, 3, 4))).to(device)
    first, second = torch.rand(2, 1, 1, 3, 4, device=device)
    found = interpolate_latent(encode, decode, first, second, 5)
    assert found.shape == (5, 1, 3, 4)
    torch.testing.assert_close(found[:1], decode(encode(first)))
    torch.testing.assert_close(found[-1:], decode(encode(second)))
    torch.testing.assert_close(found[1:2], decode(0.75 * encode(first) + 0.25 * encode(second)))


@pytest.mark.parametrize("count", [2, 7])
def test_between_linear_maps_it_is_a_cross_fade(count):
    first, second = torch.rand(2, 1, 1, 4, 4)
    found = interpolate_latent(nn.Conv2d(1, 1, 1), nn.Identity(), first, second, count)
    for n in range(1, count):
        torch.testing.assert_close(found[n] - found[n - 1], (found[-1] - found[0]) / (count - 1), atol=1e-5, rtol=1e-4)


def test_codes_may_be_maps_and_the_way_back_is_the_way_reversed():
    torch.manual_seed(1)
    encode, decode = nn.Sequential(nn.Conv2d(1, 3, 2, 2), nn.Softplus()), nn.ConvTranspose2d(3, 1, 2, 2)
    first, second = torch.rand(2, 1, 1, 4, 6).double()
    encode, decode = encode.double(), decode.double()
    there = interpolate_latent(encode, decode, first, second, 4)
    back = interpolate_latent(encode, decode, second, first, 4)
    assert there.shape == (4, 1, 4, 6)
    torch.testing.assert_close(there, back.flip(0))
