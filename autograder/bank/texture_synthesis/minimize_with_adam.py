import math

import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.measures import loss_below
from autograder.toys import bowl, uniform
from lib import texture_synthesis


def _down(height, width, steps, rate, low=0.2, high=0.8):
    return lambda g: (bowl(g, height, width, low, high, steepest=10), uniform(g, 1, 3, height, width), steps, rate)


def _loop(zero=True, decay=True, clamp="each", sign=1, fresh=False, detach=True, late=0, short=0):
    """The loop with one thing wrong."""

    def wrong(loss, start, steps, rate):
        pixels = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([pixels], lr=rate)
        for step in range(steps):
            now = rate * (1 + math.cos(math.pi * (step + late) / (steps - short))) / 2 if decay else rate
            if fresh:
                optimizer = torch.optim.Adam([pixels], lr=now)
            optimizer.param_groups[0]["lr"] = now
            if zero:
                optimizer.zero_grad()
            (sign * loss(pixels)).backward()
            optimizer.step()
            if clamp == "each":
                pixels.data.clamp_(0, 1)
        if clamp == "end":
            pixels.data.clamp_(0, 1)
        return pixels.detach() if detach else pixels

    return wrong


def _lost(loss, start, steps, rate):
    pixels = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([pixels], lr=rate)
    for _ in range(steps):
        loss(pixels).backward()
        optimizer.step()
        pixels = pixels.detach().clamp(0, 1).requires_grad_()
    return pixels.detach()


EXERCISE = Exercise(
    texture_synthesis.minimize_with_adam,
    cases=(
        Case("three steps, pixel by pixel", _down(2, 3, 3, 0.05), observe=observe.on_network),
        Case("three large steps, against the ends of the range", _down(2, 3, 3, 0.4, -0.3, 1.3),
             observe=observe.on_network),
        Case("60 steps", _down(3, 4, 60, 0.1), observe=observe.on_network, measure=loss_below(0.01)),
        Case("60 steps, a minimum beyond the range", _down(4, 3, 60, 0.1, -0.3, 1.3), observe=observe.on_network,
             measure=loss_below(0.1)),
    ),
    mistakes=(
        Mistake("gradients add up", _loop(zero=False),
                "the gradients of all steps add up, because nobody clears them. Each step must see its own gradient "
                "only."),
        Mistake("the optimizer loses the image", _lost,
                "after the first step you go on with a new tensor, and the optimizer still moves the old one. Change "
                "the pixels in place, outside the graph."),
        Mistake("rate stays the same", _loop(decay=False),
                "the rate stays what it is. It has to fall along half a cosine; with large steps to the end the "
                "image never comes to rest."),
        Mistake("never brought back into the range", _loop(clamp="never"),
                "some pixels have left the range from 0 to 1. No screen can show them: bring them back after each "
                "step."),
        Mistake("brought back at the end only", _loop(clamp="end"),
                "you bring the pixels back once, at the end. Until then some are far out, where no picture is, and "
                "have steps to go before they are seen again: do it after each step."),
        Mistake("the rate falls a step too early", _loop(late=1),
                "your rate is one step ahead: step 0 already has the rate of step 1. It has to fall after the "
                "optimizer's step, not before."),
        Mistake("half a cosine too short", _loop(short=1),
                "your rate is zero in the last step, so that one changes nothing. The cosine has its end after all "
                "`steps` steps, not at the last of them."),
        Mistake("uphill", _loop(sign=-1),
                "the loss rises: you climb. An optimizer of PyTorch goes down by itself; hand it the loss, not its "
                "negative."),
        Mistake("a new optimizer in each step", _loop(fresh=True),
                "you make a new optimizer in each step, so it forgets what it learned of the gradients' sizes and "
                "directions. Make it once, before the loop."),
        Mistake("still attached", _loop(detach=False),
                "the values are right, but the result still requires a gradient. Whoever uses it next would go on "
                "building your graph."),
        Mistake("the start comes back", lambda loss, start, steps, rate: start.clone(),
                "what comes back is the start. Is the tensor that you return the one that the optimizer was given? Or "
                "was the gradient cleared before the step could use it?"),
    ),
    points=3,
    success="That loop made every picture below. It does not know what a texture is; the loss does.",
)  # fmt: skip
