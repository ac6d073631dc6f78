import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import gradient_masking


def _images(*shape, levels, dtype=torch.float32):
    return lambda g: (uniform(g, *shape, dtype=dtype), levels)


def _by_hand(g):
    return torch.tensor([[[[0.0, 0.2, 0.3, 0.7, 0.8, 1.0]]]]), 3


def _through(images, made):
    """What was made, with the gradient of the images."""
    return images + (made - images).detach()


EXERCISE = Exercise(
    gradient_masking.quantize_straight_through,
    cases=(
        Case("three levels by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("black and white", _images(1, 1, 4, 4, levels=2), observe=observe_results.with_gradient),
        Case("eight levels, a batch of 2", _images(2, 3, 4, 5, levels=8), observe=observe_results.with_gradient),
        Case("five levels, double precision", _images(1, 3, 5, 3, levels=5, dtype=torch.float64),
             observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("gradient of the rounding", lambda x, n: (x * (n - 1)).round() / (n - 1),
                "the values are right, but the gradient is 0 everywhere: that of the rounding itself. The way back is "
                "to pass it by."),
        Mistake("cut from the graph", lambda x, n: ((x * (n - 1)).round() / (n - 1)).detach(),
                "the values are right, but nothing leads back to the images: you detached all of it. What must be "
                "detached is only what rounding has changed."),
        Mistake("not rounded", lambda x, n: 1 * x,
                "these are the images as they came. The gradient may pretend that nothing happened; the values may "
                "not."),
        Mistake("gradient with the other sign", lambda x, n: (2 * x).detach() + _through(x, x * 0).detach() - x
                + ((x * (n - 1)).round() / (n - 1)).detach(),
                "the gradient has the wrong sign. Which of your terms still hangs in the graph, and with which sign?"),
        Mistake("gradient of the scaled values",
                lambda x, n: _through(x * (n - 1), (x * (n - 1)).round()) / (n - 1) + (n - 2) * (x - x.detach()),
                "your gradient is too large by the number of steps between the levels. The scaling there and back must "
                "cancel on the way back too."),
        Mistake("one level too many", lambda x, n: _through(x, (x * n).round() / n),
                "you have one level more than asked: between n levels there are n − 1 gaps, as with fence posts."),
        Mistake("rounded down", lambda x, n: _through(x, (x * (n - 1)).floor() / (n - 1)),
                "you rounded down. The nearest level is asked for."),
        Mistake("left in levels", lambda x, n: _through(x, (x * (n - 1)).round()),
                "your values count levels. An image has values from 0 to 1; divide again."),
    ),
    points=2,
    success="The forward pass of the defense, and the backward pass that it wanted to hide.",
)  # fmt: skip
