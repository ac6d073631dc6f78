"""Oracles: networks built of PyTorch's modules; what each layer may and may not see."""

import pytest
import torch
from torch import nn

from lib.autoencoder import convolutional_autoencoder, decode, encode
from lib.autoencoder_training import dense_layers, kernels


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def moved(layers, device):
    return [tuple(part.to(device) for part in layer) for layer in layers]


def with_biases(layers):
    return [(weight, torch.randn(len(bias))) for weight, bias in layers]


def stacked(layers, last):
    modules = []
    for weight, bias in layers:
        linear = nn.Linear(*weight.shape[::-1])
        linear.weight.data, linear.bias.data = weight, bias
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1], last)


@pytest.mark.parametrize("hidden", [(2,), (9, 2), (9, 7, 3)])
def test_dense_layers_are_those_of_modules(hidden, device):
    images = torch.rand(4, 2, 3, 5, device=device)
    down = moved(with_biases(dense_layers((30, *hidden), generator())), device)
    up = moved(with_biases(dense_layers((*hidden[::-1], 30), generator(1))), device)
    codes = encode(images, down)
    torch.testing.assert_close(codes, stacked(down, nn.Identity())(images.flatten(1)))
    expected = stacked(up, nn.Sequential(nn.Sigmoid(), nn.Unflatten(1, (2, 3, 5))))(codes)
    torch.testing.assert_close(decode(codes, up, (2, 3, 5)), expected)


def test_codes_have_either_sign_and_pixels_stay_between_0_and_1():
    codes = encode(torch.rand(200, 1, 4, 4), dense_layers((16, 8, 3), generator()))
    assert (codes < 0).any() and (codes > 0).any()
    pixels = decode(10 * codes, dense_layers((3, 8, 16), generator(1)), (1, 4, 4))
    assert 0 <= pixels.min() < 0.3 and 0.7 < pixels.max() <= 1


class Corners(nn.Module):
    def forward(self, maps):
        return torch.kron(maps, torch.tensor([[1.0, 0], [0, 0]]).to(maps))


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_convolutional_one_is_that_of_modules(size, device):
    down = moved(with_biases(kernels((3, 4, 2), size, generator())), device)
    up = moved(with_biases(kernels((2, 4, 3), size, generator(1), gain=2)), device)

    def convolution(layer, stride):
        kernel, bias = layer
        made = nn.Conv2d(*kernel.shape[1::-1], size, stride, size // 2)
        made.weight.data, made.bias.data = kernel, bias
        return made

    encoder = nn.Sequential(convolution(down[0], 2), nn.ReLU(), convolution(down[1], 2))
    decoder = nn.Sequential(Corners(), convolution(up[0], 1), nn.ReLU(), Corners(), convolution(up[1], 1), nn.Sigmoid())
    images = torch.rand(2, 3, 8, 12, device=device)
    codes, made = convolutional_autoencoder(images, down, up)
    torch.testing.assert_close(codes, encoder(images))
    torch.testing.assert_close(made, decoder(encoder(images)))
    assert codes.shape == (2, 2, 2, 3) and made.shape == images.shape


def test_what_moves_by_the_stride_moves_the_code():
    """Away from the border: a translation by 4 pixels is one by a place of the code."""
    down, up = kernels((1, 6, 3), 3, generator()), kernels((3, 6, 1), 3, generator(1), gain=2)
    image = torch.zeros(1, 1, 32, 32)
    image[..., 12:18, 11:19] = torch.rand(6, 8)
    codes, made = convolutional_autoencoder(image, down, up)
    moved_codes, moved_made = convolutional_autoencoder(image.roll((4, -4), dims=(2, 3)), down, up)
    torch.testing.assert_close(moved_codes, codes.roll((1, -1), dims=(2, 3)))
    inside = (..., slice(8, 24), slice(8, 24))
    torch.testing.assert_close(moved_made.roll((-4, 4), dims=(2, 3))[inside], made[inside])


def test_gradients_reach_all_layers():
    layers = [tuple(part.requires_grad_() for part in layer) for layer in dense_layers((9, 5, 2, 5, 9), generator())]
    decode(encode(torch.rand(20, 1, 3, 3), layers[:2]), layers[2:], (1, 3, 3)).sum().backward()
    assert all(part.grad.abs().sum() > 0 for layer in layers for part in layer)
