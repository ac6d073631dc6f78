import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import deepdream


def _layer(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


EXERCISE = Exercise(
    deepdream.dream_objective,
    cases=(
        Case("six activations by hand", lambda g: (torch.tensor([[[[1.0, 2, 0], [0, -1, 3]]]]),), random=False),
        Case("a layer of four channels, and its gradient", _layer(1, 4, 5, 7), observe=observe_results.with_gradient),
        Case("two images, and its gradient", _layer(2, 3, 4, 4), observe=observe_results.with_gradient),
        Case("one vector", _layer(1, 9), observe=observe_results.with_gradient),
        Case("double precision", _layer(1, 2, 3, 5, dtype=torch.float64), observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("mean of the activations", lambda a: a.mean(),
                "you climb the mean of the activations. Its gradient is the same for every channel, whether it "
                "responds or not, so nothing that is faintly there is preferred. The square does that."),
        Mistake("sum of the activations", lambda a: a.sum(),
                "you climb the sum of the activations. Its gradient is one everywhere; that of a square grows with the "
                "activation, so what is strong becomes stronger."),
        Mistake("half the mean of the squares", lambda a: a.square().mean() / 2,
                "you took the mean of the squares. Its gradient is the activations divided by their number; a sum has "
                "the activations themselves."),
        Mistake("mean of the squares", lambda a: a.square().mean(),
                "this is the mean of the squares. Two things are left: a sum in place of the mean, and a factor that "
                "makes the gradient equal to the activations."),
        Mistake("factor of one half forgotten", lambda a: a.square().sum(),
                "this is the sum of the squares, and its gradient is twice the activations. What factor makes it the "
                "activations themselves?"),
        Mistake("length in place of its square", lambda a: a.square().sum().sqrt(),
                "you took the root: this is the length of the activations. Its gradient is the activations divided by "
                "their length."),
        Mistake("absolute values", lambda a: a.abs().sum(),
                "you added up absolute values. Their gradient is one or minus one, however strongly a channel "
                "responds."),
        Mistake("negative activations left out", lambda a: a.relu().square().sum() / 2,
                "you left out the negative activations. Not every layer ends with a ReLU, and the gradient shall equal "
                "the activation also where that is negative."),
        Mistake("sign turned", lambda a: -a.square().sum() / 2,
                "you turned the sign, as for a loss that somebody minimizes. A dream goes uphill, and what is "
                "strong shall become stronger, not weaker."),
        Mistake("detached", lambda a: a.detach().square().sum() / 2,
                "the value is right, but it has lost its graph: nobody can ask for its gradient any more."),
    ),
    points=1,
    success="Nobody has said what to dream of. The activations say it themselves.",
)  # fmt: skip
