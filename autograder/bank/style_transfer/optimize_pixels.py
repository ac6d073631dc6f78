from functools import partial

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_modules import optimizing
from autograder.toys import normal, uniform
from lib import style_transfer


def _valley(g, count, height, width, low, high):
    """A trainable network and an objective of its features, with one minimum: an image with values from low to high.

    Nearly a quadratic, so that L-BFGS finds its way with any line search or none; some directions are 100 times as
    steep as others, so that it needs its memory.
    """
    size, beta = 3 * height * width, 0.1
    turn = torch.linalg.qr(normal(g, size, size))[0]
    slopes = 2 * torch.logspace(-1, 1, size)[:, None] * turn
    lowest = slopes @ (low + (high - low) * uniform(g, size))
    sides, total = nn.Linear(size, 2 * size), nn.Linear(2 * size, 1)
    sides.weight.data, sides.bias.data = torch.cat([slopes, -slopes]), torch.cat([-lowest, lowest])
    total.weight.data.fill_(1.0)
    total.bias.data.fill_(-2 * size * nn.functional.softplus(torch.zeros(()), beta=beta).item())
    network = nn.Sequential(nn.Flatten(), sides, nn.Softplus(beta)).eval().double()
    objective = nn.Sequential(total, nn.Flatten(0)).double().requires_grad_(False)
    # In double precision, so that the last, small differences of the loss mean something.
    return network, objective, uniform(g, count, 3, height, width).double()


def _down(count, height, width, steps, low=0.2, high=0.8):
    return lambda g: (*_valley(g, count, height, width, low, high), steps)


def _reaches(share):
    """What an answer must achieve: for every image a loss below a share of its start's, by pixels in the range."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    network, objective, start = inputs[:3]
    image = torch.as_tensor(answer).detach()
    if image.shape != start.shape:
        return {"shape": list(image.shape)}
    with torch.no_grad():
        before, after = (objective(network(x)) for x in (start, image.to(start).clamp(0, 1)))
    low = bool((after < share * before).all())
    return {
        "shape": list(image.shape),
        "every pixel from 0 to 1": bool(((image >= -1e-6) & (image <= 1 + 1e-6)).all()),
        f"every image's loss is below {share:.2%} of that at its start, as it is after one run of L-BFGS": low,
    }


def _run(weights="nothing", zero=True, clamp="end", detach=True, most=None, first=False):
    """The function with one thing wrong."""

    def wrong(network, objective, start, steps):
        pixels = start.clone().requires_grad_()
        moved = [pixels, *network.parameters()] if weights == "moved" else [pixels]
        optimizer = torch.optim.LBFGS(
            moved, max_iter=most or steps, max_eval=25 * steps, tolerance_grad=0, tolerance_change=0
        )

        def closure():
            if clamp == "closure":
                pixels.data.clamp_(0, 1)
            value = objective(network(pixels))
            value = value[0] if first else value.sum()
            if weights == "nothing":
                (gradient,) = torch.autograd.grad(value, pixels)
                pixels.grad = gradient if zero or pixels.grad is None else pixels.grad + gradient
            else:
                if zero:
                    optimizer.zero_grad()
                value.backward()
            return value

        optimizer.step(closure)
        found = pixels.detach() if detach else pixels
        return found if clamp == "never" else found.clamp(0, 1)

    return wrong


def _new_optimizer_each_time(network, objective, start, steps):
    pixels = start.clone().requires_grad_()

    def closure():
        value = objective(network(pixels)).sum()
        (pixels.grad,) = torch.autograd.grad(value, pixels)
        return value

    for _ in range(steps):
        torch.optim.LBFGS([pixels], max_iter=1, tolerance_grad=0, tolerance_change=0).step(closure)
    return pixels.detach().clamp(0, 1)


EXERCISE = Exercise(
    style_transfer.optimize_pixels,
    cases=(
        Case("60 iterations", _down(1, 4, 4, 60), observe=optimizing, measure=_reaches(0.0005)),
        Case("two images at once", _down(2, 4, 4, 60), observe=optimizing, measure=_reaches(0.001)),
        Case("a minimum beyond the range", _down(1, 4, 4, 60, -0.8, 1.8), observe=optimizing, measure=_reaches(0.6)),
    ),
    mistakes=(
        Mistake("clamped inside the closure", _run(clamp="closure"),
                "your pixels are clamped while L-BFGS is at work. It estimates the curvature from differences of "
                "gradients, and takes for granted that nobody but itself has moved the pixels in between."),
        Mistake("weights of the network left trainable", _run(weights="trainable"),
                "every backward pass also computes gradients for the weights of the network, stores them and adds them "
                "up. Nobody needs them: the only unknown here is the picture."),
        Mistake("weights of the network optimized", _run(weights="moved"),
                "the network itself has changed. In style transfer it is a fixed measure; hand the optimizer the "
                "pixels and nothing else."),
        Mistake("never clamped", _run(clamp="never"),
                "some pixels of your result are outside of 0 to 1. They are free during the run; afterwards somebody "
                "has to bring them back."),
        Mistake("20 iterations, whatever is asked", _run(most=20),
                "it stops after 20 iterations, the default of torch. All `steps` belong to one run, so that what "
                "L-BFGS has learned of the curvature is kept."),
        Mistake("gradients add up", _run(zero=False),
                "the gradients of all evaluations add up. Each time, only the newest one is the slope."),
        Mistake("gradients add up, also those of the weights", _run(weights="trainable", zero=False),
                "nothing is set back to zero: each backward pass adds to the gradients of all before it, and to those "
                "of the network's weights, which nobody needs. Each time, only the newest gradient by the pixels is "
                "the slope."),
        Mistake("a new optimizer for each iteration", _new_optimizer_each_time,
                "you make a new optimizer for each iteration. What L-BFGS has learned of the curvature is in the "
                "optimizer, so yours goes downhill with short steps and knows nothing of the last one."),
        Mistake("first image only", _run(first=True),
                "only the first image of the batch has improved. The sum of all objectives has the right gradient for "
                "each of them."),
        Mistake("still attached", _run(detach=False),
                "the values are right, but the result still hangs in the graph of the run."),
        Mistake("the start comes back", lambda network, objective, start, steps: start.clone(),
                "what comes back is the start. The optimizer has to be given the very tensor that you return."),
    ),
    points=3,
    success="A picture is now just the lowest point that you can find from here.",
)  # fmt: skip
