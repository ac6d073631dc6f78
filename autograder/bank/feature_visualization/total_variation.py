import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import image_regularizers


def _images(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


def _by_hand(g):
    return (torch.tensor([[[[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]]]]),)


def _steps(images):
    return images.diff(dim=2), images.diff(dim=3)


def _of_steps(put_together):
    return lambda images: put_together(*_steps(images))


def _sums(down, across):
    return down.sum(dim=(1, 2, 3)) + across.sum(dim=(1, 2, 3))


def _wrapped(images):
    down, across = (images - images.roll(1, axis) for axis in (2, 3))
    return _sums(down.abs(), across.abs())


def _colors_too(images):
    return image_regularizers.total_variation(images) + images.diff(dim=1).abs().sum(dim=(1, 2, 3))


def _length_of_gradient(down, across):
    return (down[..., :-1].square() + across[:, :, :-1].square() + 1e-12).sqrt().sum(dim=(1, 2, 3))


EXERCISE = Exercise(
    image_regularizers.total_variation,
    cases=(
        Case("2 × 3 pixels by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("three images", _images(3, 3, 5, 5), observe=observe_results.with_gradient),
        Case("wider than tall", _images(2, 3, 4, 9), observe=observe_results.with_gradient),
        Case("one row", _images(1, 3, 1, 6), observe=observe_results.with_gradient),
        Case("double precision", _images(2, 4, 6, 3, dtype=torch.double), observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("squares", _of_steps(lambda down, across: _sums(down**2, across**2)),
                "you squared the steps. Then one edge of height 1 costs more than ten soft steps of 0.1, and edges are "
                "smeared; with magnitudes both cost the same."),
        Mistake("signs kept", _of_steps(_sums),
                "you added the steps with their signs. Up and down cancel: only the border is left, and the "
                "roughest image may cost nothing."),
        Mistake("mean of the steps",
                _of_steps(lambda d, a: d.abs().flatten(1).mean(1) + a.abs().flatten(1).mean(1)),
                "you took the mean over the neighbors. The docstring asks for the sum."),
        Mistake("whole batch together",
                _of_steps(lambda down, across: (down.abs().sum() + across.abs().sum()).expand(len(down))),
                "you added up the whole batch. One value for each image."),
        Mistake("one direction only", _of_steps(lambda down, across: across.abs().sum(dim=(1, 2, 3))),
                "you compare neighbors side by side only. Stripes across the image then cost nothing; compare those "
                "one below the other, too."),
        Mistake("wrapped around", _wrapped,
                "you compare the first row with the last, and the first column with the last. They are no neighbors. "
                "Is it `roll`?"),
        Mistake("colors compared", _colors_too,
                "you compare the colors of a pixel with each other as well, which punishes color. Neighbors in space "
                "are meant."),
        Mistake("length of the slope", _of_steps(_length_of_gradient),
                "you took the square root of both steps' squares, the isotropic form, as assignment 07 will. Here the "
                "steps down and across are added as they are."),
    ),
    points=1,
    success="One number for how restless an image is. A flat one costs nothing, an edge as much as it is long.",
)  # fmt: skip
