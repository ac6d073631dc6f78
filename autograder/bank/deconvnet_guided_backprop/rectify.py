import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import saliency

INFINITE = float("inf")


def _rectified(rule, *shape, scale=1.0, ceiling=INFINITE, dtype=torch.float32):
    return lambda g: (scale * normal(g, *shape, dtype=dtype), rule, ceiling)


def _by_hand(g):
    return torch.tensor([-2.0, -1.0, 0.0, 1.0, 2.0, 3.0]), "guided", INFINITE


def _function(forward=None, backward=None):
    """A ReLU with a rule, one direction of it replaced."""

    def wrong(x, rule, ceiling=INFINITE):
        class Rectifier(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return forward(x, rule, ceiling) if forward else x.clamp(0, ceiling)

            @staticmethod
            def backward(ctx, upstream):
                chosen = backward or saliency.relu_backward
                return chosen(ctx.saved_tensors[0], upstream, rule, ceiling)

        return Rectifier.apply(x)

    return wrong


def _detached(x, rule, ceiling=INFINITE):
    return x.detach().clamp(0, ceiling)


def _all_through(x, upstream, rule, ceiling):
    return upstream.clone()


def _twice(x, upstream, rule, ceiling):
    return saliency.relu_backward(x, upstream, rule, ceiling) * x.clamp(0, ceiling)


EXERCISE = Exercise(
    saliency.rectify,
    cases=tuple(
        Case(name, inputs, random=name != "six numbers by hand", observe=observe_results.with_gradient)
        for name, inputs in (
            ("six numbers by hand", _by_hand),
            ("plain", _rectified("plain", 2, 3, 4)),
            ("deconvnet", _rectified("deconvnet", 2, 3, 4)),
            ("guided", _rectified("guided", 2, 3, 4)),
            ("a ReLU6, guided", _rectified("guided", 40, scale=6.0, ceiling=6.0)),
            ("a ReLU6, plain, double precision", _rectified("plain", 5, 8, scale=6.0, ceiling=6.0, dtype=torch.double)),
        )
    ),
    mistakes=(
        Mistake("rule ignored", lambda x, rule, ceiling=INFINITE: x.clamp(0, ceiling) * ((x > 0) & (x < ceiling)),
                "forward and backward are those of PyTorch's ReLU, whatever the rule, and at the ceiling the value is "
                "lost. Only a function of your own can have a backward of your own."),
        Mistake("autograd's own ReLU", lambda x, rule, ceiling=INFINITE: x.clamp(0, ceiling),
                "your backward pass is PyTorch's, whatever the rule. The rule has to be called in a backward of your "
                "own."),
        Mistake("no backward", _detached,
                "the values are right, but nothing leads back to x: you left the graph. Let autograd know the function "
                "by calling its `apply`."),
        Mistake("everything passes", _function(backward=_all_through),
                "your backward hands the gradient down as it came. It is the rule that decides what may pass."),
        Mistake("multiplied by the activation", _function(backward=_twice),
                "your backward multiplies by the activation. A ReLU's slope is 0 or 1, so that what passes keeps its "
                "value."),
        Mistake("no ceiling forward", _function(forward=lambda x, rule, ceiling: x.clamp(min=0)),
                "backward is right, but forward you forgot the ceiling: a ReLU6 never gives more than 6."),
        Mistake("identity forward", _function(forward=lambda x, rule, ceiling: x.clone()),
                "backward is right, but forward is not a ReLU any more. Only the way back gets other rules; the "
                "network has to see what it always sees."),
    ),
    points=2,
    builds_on=("relu_backward",),
    success="A layer that computes what it always computed, and answers differently when asked why.",
)  # fmt: skip
