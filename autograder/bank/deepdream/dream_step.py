import torch
from torch import nn

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import deepdream


def _by_hand(g):
    """Every pixel has a weight: the first color counts for, the second against, the third not at all."""
    weighted = nn.Sequential(nn.Flatten(), nn.Linear(12, 1, bias=False)).requires_grad_(False)
    weighted[1].weight.data = torch.tensor([[3.0] * 4 + [-3.0] * 4 + [0.0] * 4])
    return weighted.eval(), torch.full((1, 3, 2, 2), 0.5), (0, 0), 0.1, ()


def _random(height, width, shift, step_size, widths, low=0.3, high=0.7):
    def inputs(g):
        net = network(g, classes=1).double()  # see jittered_gradient
        image = low + (high - low) * uniform(g, 1, 3, height, width, dtype=torch.float64)
        return net, image, shift, step_size, widths

    return inputs


def _step(objective, image, shift, step_size, widths):
    gradient = deepdream.jittered_gradient(objective, image, shift)
    return step_size * deepdream.smoothed_gradient(gradient, widths)


def _plain(objective, image, shift, step_size, widths):
    return (image + step_size * deepdream.jittered_gradient(objective, image, shift)).clamp(0, 1)


def _not_smoothed(objective, image, shift, step_size, widths):
    return deepdream.dream_step(objective, image, shift, step_size, ())


def _rolled_away(objective, image, shift, step_size, widths):
    return deepdream.dream_step(objective, image, shift, step_size, widths).roll(shift, (2, 3))


def _rescaled(o, i, s, size, w):
    made = i + _step(o, i, s, size, w)
    return (made - made.amin()) / (made.amax() - made.amin())


EXERCISE = Exercise(
    deepdream.dream_step,
    cases=(
        Case("four pixels by hand", _by_hand, random=False, observe=observe.on_network),
        Case("8 × 8 pixels", _random(8, 8, (2, 1), 0.02, (3, 5)), observe=observe.on_network),
        Case("wider than tall", _random(7, 11, (-3, 4), 0.05, (3,)), observe=observe.on_network),
        Case("a step so long that colors leave their range", _random(9, 6, (1, -2), 0.4, (3, 5), 0, 1),
             observe=observe.on_network),
        Case("no box", _random(6, 10, (0, 1), 0.02, ()), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("downhill", lambda o, i, s, size, w: (i - _step(o, i, s, size, w)).clamp(0, 1),
                "you went downhill, as one does with a loss. There is no loss here: more of what the network sees is "
                "better."),
        Mistake("not clamped", lambda o, i, s, size, w: i + _step(o, i, s, size, w),
                "some of your colors are below 0 or above 1. No screen can show them, and the network has never seen "
                "such an image."),
        Mistake("rescaled to the range", _rescaled,
                "you stretched the result from its darkest to its brightest value. That changes every color of the "
                "photograph in every step. Cut off what is outside, and leave the rest."),
        Mistake("raw gradient", _plain,
                "you added the raw gradient. Its size depends on the layer, so nobody can know a good step size."),
        Mistake("smoothing left out", _not_smoothed,
                "your step has the right size, but the boxes are not used: the gradient is not smoothed."),
        Mistake("shift not used", lambda o, i, s, size, w: deepdream.dream_step(o, i, (0, 0), size, w),
                "the shift is not used in your step. Pass it on."),
        Mistake("rolled away", _rolled_away,
                "your result is rolled. The network looked from another place, but the photograph stays where it is: "
                "`jittered_gradient` has undone the shift already."),
        Mistake("the step alone", _step,
                "you return the step alone. It is to be added to the image."),
        Mistake("step size left out", lambda o, i, s, size, w: deepdream.dream_step(o, i, s, 1.0, w),
                "the step size is not used: your step changes colors by one on average, which is all the way from "
                "black to white."),
    ),
    points=1,
    builds_on=("jittered_gradient", "smoothed_gradient"),
    success="That is the whole engine. What is left is where to drive it.",
)  # fmt: skip
