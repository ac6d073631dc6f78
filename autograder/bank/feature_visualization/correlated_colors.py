import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import fourier_image


def _colored(n, height, width, dtype=torch.float32):
    return lambda g: (normal(g, n, 3, height, width, dtype=dtype), normal(g, 3, 3, dtype=dtype))


def _by_hand(g):
    matrix = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])  # which has an inverse, for who takes that
    return torch.tensor([1.0, 0.0, 2.0]).view(1, 3, 1, 1), matrix


def _on_the_last_axes(images, matrix):
    return (images.movedim(1, 3) @ matrix).movedim(3, 1)


def _mixed(matrix_of):
    return lambda images, matrix: torch.einsum("ck,nkhw->nchw", matrix_of(matrix), images)


def _sigmoid_too(images, matrix):
    return fourier_image.correlated_colors(images, matrix).sigmoid()


EXERCISE = Exercise(
    fourier_image.correlated_colors,
    cases=(
        Case("one pixel by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("one image", _colored(1, 4, 4), observe=observe_results.with_gradient),
        Case("two images, wider than tall", _colored(2, 3, 5), observe=observe_results.with_gradient),
        Case("three by three pixels, double precision", _colored(3, 3, 3, torch.double)),
    ),
    mistakes=(
        Mistake("matrix transposed", _on_the_last_axes,
                "your color matrix is transposed: you used its rows as the colors of the three directions. Column k is "
                "the color of direction k."),
        Mistake("inverse matrix", _mixed(torch.linalg.inv),
                "you went from colors to directions. This function goes the other way, from three independent numbers "
                "to red, green and blue."),
        Mistake("only the diagonal", _mixed(lambda matrix: matrix.diagonal().diag()),
                "you scaled each channel by itself, so that the colors stay independent. Mixing them is the point."),
        Mistake("columns made equally long", _mixed(lambda matrix: matrix / matrix.norm(dim=0)),
                "you made all three directions equally long. Their lengths say that brightness varies most in "
                "photographs, and hue least."),
        Mistake("matrix twice", _mixed(lambda matrix: matrix @ matrix.T),
                "you mixed with M Mᵀ, which is the covariance. What makes independent numbers covary like that is "
                "M, its square root."),
        Mistake("sigmoid here", _sigmoid_too,
                "you squeezed the result into [0, 1] already. That comes once, after this function."),
    ),
    points=1,
    success="With one matrix, gray skies became cheap and rainbow noise dear.",
)  # fmt: skip
