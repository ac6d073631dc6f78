import math
from functools import partial

import torch
from torch import nn
from torch.func import functional_call

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import fast_style_transfer
from lib.super_resolution import pixel_loss


def _painter(channels, dtype=torch.float64):
    """A small network; its weights come from outside."""
    layers = nn.Conv2d(3, channels, 3, padding=1), nn.Softplus(), nn.Conv2d(channels, 3, 1), nn.Sigmoid()
    return nn.Sequential(*layers).to(dtype)


def darker_loss(painted, photographs):
    """Paint it as it is, but darker: so it matters which of the two is which."""
    return pixel_loss(painted, 0.8 * photographs)


def _training(steps, images, channels, rate, side=4):
    """Photographs to be painted as they are, and weights that know nothing."""

    def inputs(g):
        painter = _painter(channels)
        weights = {
            name: normal(g, *value.shape).double() / value[0].numel() ** 0.5
            for name, value in painter.state_dict().items()
        }
        for value in painter.parameters():
            value.data.zero_()
        batches = [uniform(g, images, 3, side, side).double() for _ in range(steps)]
        return partial(functional_call, painter), weights, batches, darker_loss, rate

    return inputs


def _reaches(share):
    """What trained weights must achieve: on photographs that were in no batch, a loss below a share of the start's."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    stylize, weights, batches, loss, _ = inputs
    unseen = torch.rand(8, *batches[0].shape[1:], generator=torch.Generator().manual_seed(7)).double()
    trained = {name: torch.as_tensor(answer[name]).detach().to(value) for name, value in weights.items()}
    with torch.no_grad():
        before, after = (loss(stylize(found, unseen), unseen).mean() for found in (weights, trained))
    return {
        "tensors": sorted(answer),
        f"on new photographs the loss is below {share:.0%} of that at the start": bool(after < share * before),
    }


def _loop(zero=True, decay=True, sign=1, fresh=False, only=None, first=False, kind=torch.optim.Adam):
    """The loop with one thing wrong."""

    def wrong(stylize, weights, batches, loss, rate):
        trained = {name: value.clone().requires_grad_() for name, value in weights.items()}
        chosen = [value for name, value in trained.items() if only is None or name.endswith(only)]
        optimizer = kind(chosen, lr=rate)
        for step, photographs in enumerate(batches):
            photographs = batches[0] if first else photographs
            now = rate * (1 + math.cos(math.pi * step / len(batches))) / 2 if decay else rate
            if fresh:
                optimizer = kind(chosen, lr=now)
            optimizer.param_groups[0]["lr"] = now
            if zero:
                optimizer.zero_grad()
            painted = stylize(trained, photographs)
            (sign * loss(painted, photographs).mean()).backward()
            optimizer.step()
        return {name: value.detach() for name, value in trained.items()}

    return wrong


def _exchanged(stylize, weights, batches, loss, rate):
    return fast_style_transfer.train_network(
        stylize, weights, batches, lambda painted, photographs: loss(photographs, painted), rate
    )


def _attached(stylize, weights, batches, loss, rate):
    trained = fast_style_transfer.train_network(stylize, weights, batches, loss, rate)
    return {name: value.clone().requires_grad_() for name, value in trained.items()}


def _first_image(stylize, weights, batches, loss, rate):
    return fast_style_transfer.train_network(stylize, weights, [batch[:1] for batch in batches], loss, rate)


def _every_batch_twice(stylize, weights, batches, loss, rate):
    return fast_style_transfer.train_network(stylize, weights, [*batches, *batches], loss, rate)


EXERCISE = Exercise(
    fast_style_transfer.train_network,
    cases=(
        Case("one step", _training(1, 1, 1, 0.1), observe=observe_results.of_tensors),
        Case("four steps, weight by weight", _training(4, 2, 2, 0.05), observe=observe_results.of_tensors),
        Case("120 steps", _training(120, 4, 8, 0.1), measure=_reaches(0.2)),
        Case("200 steps, one photograph each", _training(200, 1, 8, 0.1), measure=_reaches(0.2)),
    ),
    mistakes=(
        Mistake("gradients add up", _loop(zero=False),
                "the gradients of all steps add up, because nobody clears them. Each batch must give a gradient of its "
                "own."),
        Mistake("a new optimizer in each step", _loop(fresh=True),
                "you make a new optimizer for each batch, so it forgets what it learned of the gradients. Make it "
                "once, before the loop."),
        Mistake("rate stays the same", _loop(decay=False),
                "the rate stays what it is. It has to fall along half a cosine, so that the network settles."),
        Mistake("uphill", _loop(sign=-1),
                "the loss rises: you climb. An optimizer of PyTorch goes down by itself."),
        Mistake("only the biases are trained", _loop(only="bias"),
                "some of the weights are what they were. The optimizer needs all of them."),
        Mistake("the first batch again and again", _loop(first=True),
                "every step sees the first batch. The network must paint photographs that it has never seen, so "
                "show it all that there are."),
        Mistake("the first photograph of each batch", _first_image,
                "only one photograph of each batch counts. Go down the mean over all of them."),
        Mistake("plain gradient descent", _loop(kind=torch.optim.SGD),
                "these are steps of plain gradient descent. Adam gives each weight a step of its own size; the layers "
                "here differ a lot."),
        Mistake("every batch twice", _every_batch_twice,
                "you take more steps than there are batches. One element of the list is one step."),
        Mistake("painting and photograph exchanged", _exchanged,
                "the loss gets the photographs where it expects the paintings. First what was made, then what it was "
                "made from."),
        Mistake("weights that still learn", _attached,
                "the values are right, but the tensors that you return still want gradients. Whoever trains on from "
                "them would be refused; hand them out without a graph."),
        Mistake("the start comes back", lambda stylize, weights, batches, loss, rate: dict(weights),
                "what comes back are the weights of the start. Are the tensors that you return the ones that the "
                "optimizer was given?"),
    ),
    points=3,
    success="Ten lines, and whatever the loss asks for, the network learns.",
)  # fmt: skip
