import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.measures import loss_below
from autograder.toys import bowl, uniform
from lib import texture_synthesis


def _down(height, width, steps, low=0.2, high=0.8, scale=1.0):
    # In double precision: the line search compares values of the loss that hardly differ.
    def inputs(g):
        loss = bowl(g, height, width, low, high, steepest=100, scale=scale).double()
        return loss, uniform(g, 1, 3, height, width).double(), steps

    return inputs


def _run(zero=True, backward=True, clamp=True, detach=True, most=None, search="strong_wolfe", tolerance=(0.0, 0.0)):
    """The function with one thing wrong."""

    def wrong(loss, start, steps):
        pixels = start.clone().requires_grad_()
        optimizer = torch.optim.LBFGS(
            [pixels], max_iter=most or steps, max_eval=25 * steps, line_search_fn=search,
            tolerance_grad=tolerance[0], tolerance_change=tolerance[1],
        )  # fmt: skip

        def closure():
            if zero:
                optimizer.zero_grad()
            value = loss(pixels)
            if backward:
                value.backward()
            return value

        optimizer.step(closure)
        found = pixels.detach() if detach else pixels
        return found.clamp(0, 1) if clamp else found

    return wrong


EXERCISE = Exercise(
    texture_synthesis.minimize_with_lbfgs,
    cases=(
        Case("60 iterations", _down(3, 4, 60), observe=observe.on_network, measure=loss_below(0.0005)),
        Case("taller than wide", _down(4, 3, 60), observe=observe.on_network, measure=loss_below(0.0005)),
        Case("a loss of tiny numbers", _down(3, 4, 60, scale=1e-7), observe=observe.on_network,
             measure=loss_below(0.01)),
        Case("a minimum beyond the range", _down(3, 4, 60, -0.3, 1.3), observe=observe.on_network,
             measure=loss_below(0.4)),
    ),
    mistakes=(
        Mistake("20 iterations, whatever is asked", _run(most=20),
                "it stops after 20 iterations, the default. All `steps` of them belong to one run."),
        Mistake("stops early", _run(tolerance=(1e-7, 1e-9)),
                "it stops as soon as gradient or change are small in absolute numbers. A loss may be a small number "
                "from the start, as Gatys's is; so both tolerances have to be zero."),
        Mistake("no line search", _run(search=None),
                "it takes every step at full length, without looking where it leads, and sometimes it leads "
                "nowhere. Ask for the search that the docstring names."),
        Mistake("gradients add up", _run(zero=False),
                "the gradients of all evaluations add up. The closure has to clear them before it computes new ones."),
        Mistake("no gradient", _run(backward=False),
                "nothing has moved: your closure computes the loss but never its gradient."),
        Mistake("not brought back into the range", _run(clamp=False),
                "some pixels are outside the range from 0 to 1. They are free during the run; bring them back at its "
                "end."),
        Mistake("still attached", _run(detach=False),
                "the values are right, but the result still carries a graph. The next to use it would go on "
                "building it."),
    ),
    points=2,
    success="No learning rate, no schedule: the curvature says how far to go.",
)  # fmt: skip
