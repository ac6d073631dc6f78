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


def _on_the_way(function, inputs):
    """The pixels of each evaluation of the loss, gradient and all. The first are those of the start."""
    seen = []

    def watch(module, arguments):
        if torch.is_grad_enabled() and arguments[0].requires_grad:
            seen.append(arguments[0].detach().clone())

    watcher = inputs[0].register_forward_pre_hook(watch)
    try:
        function(*inputs)
    finally:
        watcher.remove()
    return seen


def _hands_off(function, inputs):
    seen = _on_the_way(function, inputs)
    # Nothing but clamping puts a pixel exactly there.
    clamped = any(bool(((pixels == 0) | (pixels == 1)).any()) for pixels in seen)
    return {"pixels clamped on the way": clamped, "the first pixels that the loss sees": seen[0] if seen else None}


def _evaluations(function, inputs):
    seen = _on_the_way(function, inputs)
    # A line search takes one or two; many runs in place of one take more than 7.
    many = len(seen) > 4 * inputs[2]
    return {
        "more than 4 evaluations of the loss an iteration": many,
        "the first pixels that the loss sees": seen[0] if seen else None,
    }


def _run(zero=True, backward=True, clamp="end", detach=True, most=None, search="strong_wolfe", tolerance=(0.0, 0.0),
         again=False):  # fmt: skip
    """The function with one thing wrong. `clamp` is where: "end", "closure", "copy" (what the loss sees) or "never";
    `again` makes a run of each step."""

    def wrong(loss, start, steps):
        pixels = start.clone().requires_grad_()
        optimizer = torch.optim.LBFGS(
            [pixels], max_iter=most or steps, max_eval=25 * steps, line_search_fn=search,
            tolerance_grad=tolerance[0], tolerance_change=tolerance[1],
        )  # fmt: skip

        def closure():
            if zero:
                optimizer.zero_grad()
            if clamp == "closure":
                pixels.data.clamp_(0, 1)
            value = loss(pixels.clamp(0, 1) if clamp == "copy" else pixels)
            if backward:
                value.backward()
            return value

        for _ in range(steps if again else 1):
            optimizer.step(closure)
        found = pixels.detach() if detach else pixels
        return found if clamp == "never" else found.clamp(0, 1)

    return wrong


EXERCISE = Exercise(
    texture_synthesis.minimize_with_lbfgs,
    cases=(
        Case("20 iterations, hands off", _down(2, 3, 20, -0.3, 1.3), observe=_hands_off),
        Case("60 iterations, evaluations counted", _down(3, 4, 60), observe=_evaluations),
        Case("60 iterations", _down(3, 4, 60), observe=observe.on_network, measure=loss_below(0.0005)),
        Case("taller than wide", _down(4, 3, 60), observe=observe.on_network, measure=loss_below(0.0005)),
        Case("a loss of tiny numbers", _down(3, 4, 60, scale=1e-9), observe=observe.on_network,
             measure=loss_below(0.1)),
        Case("a minimum beyond the range", _down(3, 4, 60, -0.3, 1.3), observe=observe.on_network,
             measure=loss_below(0.4)),
    ),
    mistakes=(
        Mistake("20 iterations, whatever is asked", _run(most=20),
                "it stops after 20 iterations, the default. All `steps` of them belong to one run."),
        Mistake("many runs in place of one", _run(again=True),
                "one call of the optimizer's step is a whole run of many iterations, and you make such a run again and "
                "again. That multiplies the work: `steps` is the number of iterations of a single run."),
        Mistake("clamped on the way", _run(clamp="closure"),
                "clamped pixels reach the loss during the run, from your closure or from between the iterations. "
                "L-BFGS takes for granted that the gradient has changed because of its own steps and nothing else; "
                "leave the pixels alone until the end."),
        Mistake("loss of clamped pixels", _run(clamp="copy"),
                "the loss sees a clamped copy of the pixels. It is another function then, flat beyond the range, so "
                "a pixel that is out there feels no slope that brings it back."),
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
        Mistake("not brought back into the range", _run(clamp="never"),
                "some pixels are outside the range from 0 to 1. They are free during the run; bring them back at its "
                "end."),
        Mistake("still attached", _run(detach=False),
                "the values are right, but the result still carries a graph. The next to use it would go on "
                "building it."),
    ),
    points=2,
    success="No learning rate, no schedule: the curvature says how far to go.",
)  # fmt: skip
