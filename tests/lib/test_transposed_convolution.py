"""Oracles: PyTorch's transposed convolution, autograd, the matrix by loops; the definition of a transpose."""

import pytest
import torch
from torch.nn import functional as F

from lib.autoencoder import unpool_to_corners
from lib.transposed_convolution import convolution_matrix, transposed_convolution


@pytest.mark.parametrize("kernel, size", [((3, 3), (5, 5)), ((2, 4), (6, 5)), ((1, 1), (2, 3)), ((4, 2), (4, 2))])
def test_the_matrix_does_what_the_convolution_does(kernel, size, device):
    weight, image = torch.randn(*kernel, device=device), torch.randn(*size, device=device)
    expected = F.conv2d(image[None, None], weight[None, None]).flatten()
    matrix = convolution_matrix(weight, *size)
    torch.testing.assert_close(matrix @ image.flatten(), expected)
    assert matrix.shape == (len(expected), image.numel())


def test_the_matrix_by_loops():
    weight, matrix = torch.randn(2, 3), torch.zeros(9, 20)
    for top in range(3):
        for left in range(3):
            for row in range(2):
                for column in range(3):
                    matrix[3 * top + left, 5 * (top + row) + left + column] = weight[row, column]
    assert torch.equal(convolution_matrix(weight, 4, 5), matrix)


def test_3_by_3_to_5_by_5_is_the_transposed_matrix():
    weight, small = torch.randn(3, 3), torch.randn(3, 3)
    found = transposed_convolution(small[None, None], weight[None, None], 1)
    assert found.shape == (1, 1, 5, 5)
    torch.testing.assert_close(found.flatten(), convolution_matrix(weight, 5, 5).T @ small.flatten())


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (1, 1), (5, 2)])
def test_it_is_pytorchs(kernel, stride, device):
    maps, weight = torch.randn(2, 3, 4, 5, device=device), torch.randn(3, 6, *kernel, device=device)
    expected = F.conv_transpose2d(maps, weight, stride=stride)
    torch.testing.assert_close(transposed_convolution(maps, weight, stride), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("stride", [1, 2])
def test_it_is_how_a_gradient_travels_back(stride):
    image = torch.randn(2, 3, 7, 9, requires_grad=True)
    weight = torch.randn(4, 3, 3, 3)
    answer = F.conv2d(image, weight, stride=stride)
    upstream = torch.randn_like(answer)
    (expected,) = torch.autograd.grad(answer, image, upstream)
    torch.testing.assert_close(transposed_convolution(upstream, weight, stride), expected, atol=1e-5, rtol=1e-4)


def test_products_agree_as_for_any_transpose():
    """⟨C x, y⟩ = ⟨x, C⊤ y⟩."""
    x, weight = torch.randn(1, 2, 7, 7).double(), torch.randn(3, 2, 3, 3).double()
    y = torch.randn(1, 3, 3, 3).double()
    above, below = (F.conv2d(x, weight, stride=2) * y).sum(), (x * transposed_convolution(y, weight, 2)).sum()
    torch.testing.assert_close(above, below)


def test_gradients_of_both_arguments():
    maps, weight = torch.randn(1, 2, 2, 3).double().requires_grad_(), torch.randn(2, 2, 3, 2).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda m, w: transposed_convolution(m, w, 2), (maps, weight))


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_unpooled_values_stand_alone(factor, device):
    maps = torch.randn(2, 3, 4, 5, device=device)
    found = unpool_to_corners(maps, factor)
    assert found.shape == (2, 3, 4 * factor, 5 * factor)
    assert torch.equal(found[..., ::factor, ::factor], maps)
    assert found.count_nonzero() == maps.count_nonzero()


def test_unpooling_and_convolving_is_a_transposed_convolution():
    maps, kernel = torch.randn(1, 2, 4, 4), torch.randn(3, 2, 3, 3)
    found = F.conv2d(unpool_to_corners(maps, 2), kernel, padding=1)
    stamps = transposed_convolution(maps, kernel.flip(2, 3).transpose(0, 1), 2)
    torch.testing.assert_close(found, stamps[..., 1:, 1:])


def test_unpooling_has_a_gradient():
    assert torch.autograd.gradcheck(
        lambda x: unpool_to_corners(x, 2), (torch.randn(1, 2, 2, 3).double().requires_grad_(),)
    )
