import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import feature_visualization


class Hill:
    """A smooth hill over images (N, C, H, W), one value for each."""

    def __init__(self, slope):
        self.slope = slope

    def __call__(self, images):
        turned = images.flip(3)
        return (self.slope * images - images**2 / 2 - images * turned / 4).sum(dim=(1, 2, 3))

    def __str__(self):
        return "a smooth hill"


class Squeeze:
    """Parameters (N, C, H, W) as images between 0 and 1."""

    def __call__(self, parameters):
        return parameters.sigmoid()

    def __str__(self):
        return "their sigmoid"


class Walk:
    """Moves the images one pixel farther at each call, as long as it is asked."""

    def __init__(self):
        self.calls = 0

    def __call__(self, images):
        self.calls += 1
        return images.roll(self.calls, 3) * 0.9

    def __str__(self):
        return "one pixel farther at each call"


class Stay:
    """The images as they are."""

    def __call__(self, images):
        return images

    def __str__(self):
        return "no change"


def _climb(n, steps, walk, dtype=torch.float32):
    def inputs(g):
        hill, start = Hill(3 * normal(g, 3, 2, 4, dtype=dtype)), normal(g, n, 3, 2, 4, dtype=dtype)
        return hill, Squeeze(), start, Walk() if walk else Stay(), steps, 0.1 + 0.2 * float(uniform(g, 1))

    return inputs


def _by_hand(g):
    return Hill(torch.tensor(2.0)), Squeeze(), torch.zeros(1, 1, 1, 2), Stay(), [1], 0.5


def _loop(sign=-1, make=torch.optim.Adam, keep=None, clear=True, put=torch.sum, early=False, counted=0, once=False):
    """The loop with one of its parts replaced."""

    def wrong(objective, image_of, start, transform, steps, learning_rate):
        parameters = start.detach().clone().requires_grad_()
        optimizer, kept = make([parameters], lr=learning_rate), []
        for step in range(1, steps[-1] + 1):
            if clear:
                optimizer.zero_grad()
            shown = image_of(parameters)
            seen = shown if once and step > 1 else transform(shown)
            (sign * put(objective(seen))).backward()
            before = shown.detach()
            optimizer.step()
            if step - counted in steps or (counted and step == steps[-1]):
                after = before if early else image_of(parameters).detach()
                kept.append(seen.detach() if keep == "seen" else parameters.detach().clone() if keep else after)
        return torch.stack(kept)

    return wrong


def _of_pixels(objective, image_of, start, transform, steps, learning_rate):
    with torch.no_grad():
        start = image_of(start)
    return _loop()(objective, Stay(), start, transform, steps, learning_rate)


def _never_moved(objective, image_of, start, transform, steps, learning_rate):
    return feature_visualization.visualize(objective, image_of, start, Stay(), steps, learning_rate)


def _new_optimizer(objective, image_of, start, transform, steps, learning_rate):
    parameters, kept = start.detach().clone().requires_grad_(), []
    for step in range(1, steps[-1] + 1):
        (gradient,) = torch.autograd.grad(-objective(transform(image_of(parameters))).sum(), parameters)
        parameters.grad = gradient
        torch.optim.Adam([parameters], lr=learning_rate).step()
        if step in steps:
            kept.append(image_of(parameters).detach())
    return torch.stack(kept)


EXERCISE = Exercise(
    feature_visualization.visualize,
    cases=(
        Case("one step from gray by hand", _by_hand, random=False),
        Case("three steps, the last kept", _climb(1, [3], walk=False)),
        Case("six steps, three of them kept, two images", _climb(2, [1, 4, 6], walk=False)),
        Case("the images walk", _climb(2, [2, 5], walk=True)),
        Case("the images walk, double precision", _climb(1, [4], walk=True, dtype=torch.double)),
    ),
    mistakes=(
        Mistake("downhill", _loop(sign=1),
                "the objective gets smaller. Optimizers minimize: hand them the negative of what you want to be "
                "large."),
        Mistake("gradients not cleared", _loop(clear=False),
                "the gradients of all steps pile up. Clear them before each new one."),
        Mistake("plain gradient steps", _loop(make=torch.optim.SGD),
                "you take plain gradient steps. Adam, which the docstring asks for, gives each parameter a step of "
                "its own size, so that faint waves move as well."),
        Mistake("a new optimizer in each step", _new_optimizer,
                "you made a new optimizer in each step, so that Adam forgets what it has learned of the gradients. "
                "Make one before the loop."),
        Mistake("transformed image kept", _loop(keep="seen"),
                "you kept what the network saw: the moved copy. What is wanted is the image itself, after the step."),
        Mistake("parameters kept", _loop(keep="parameters"),
                "you kept the parameters. The caller wants the images that they stand for."),
        Mistake("kept before the step", _loop(early=True),
                "your images are one step behind: you kept what was shown to the network, and updated it afterwards."),
        Mistake("pixels in place of parameters", _of_pixels,
                "you climbed in the pixels. Let the parameters require the gradient, and make the image from them "
                "anew in each step."),
        Mistake("never transformed", _never_moved,
                "`transform` is never called. The network would see the same copy in each step, and find what only "
                "works there."),
        Mistake("transformed once", _loop(once=True),
                "you transformed the images in the first step only. Each step shows another copy."),
    ),
    points=2,
    success="This is the whole machine. From here on you only change what it climbs.",
)  # fmt: skip
