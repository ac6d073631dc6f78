from collections import OrderedDict
from functools import partial

import torch
from torch import nn

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import feature_inversion
from lib.feature_maps import feature_maps


def _toward_gray(size, weight):
    """A regularizer: the distance of an image from mid-gray (N,), as a share of that of black or white, times a weight.

    A module, so that it can travel to the student's process.
    """
    numbers = 3 * size * size
    center = nn.Conv2d(3, 3, 1)
    center.weight.data, center.bias.data = 2 * torch.eye(3).view(3, 3, 1, 1), -torch.ones(3)
    length = nn.LPPool1d(2, numbers)  # the norm of all numbers of an image
    scale = nn.Conv1d(1, 1, 1, bias=False)
    scale.weight.data.fill_(weight / numbers**0.5)
    rows = nn.Unflatten(1, (1, numbers))
    layers = OrderedDict(
        center=center, flatten=nn.Flatten(), rows=rows, length=length, scale=scale, number=nn.Flatten(0)
    )
    return nn.Sequential(layers).requires_grad_(False)


def _search(layer, n, size, weight, shifts, codes=1, by_hand=False):
    """A toy network, the codes of black and white images, faint starts, and how the search is to be done."""

    def inputs(g):
        net, originals = network(g), uniform(g, codes, 3, size, size).round()
        with torch.no_grad():
            target = feature_maps(net, originals, [layer])[layer]
        start = 0.45 + 0.1 * uniform(g, n, 3, size, size)
        return net, layer, target, start, _toward_gray(size, weight), shifts(g), 0.1

    return inputs


def _still(steps):
    return lambda g: torch.zeros(steps, 2, dtype=torch.long)


def _always(steps, down, right):
    return lambda g: torch.tensor([[down, right]]).repeat(steps, 1)


def _energy(inputs, images):
    net, layer, target, _, regularizer, *_ = inputs
    with torch.no_grad():
        found = images
        for name, child in net.named_children():
            found = child(found)
            if name == layer:
                break
        loss = (torch.cdist(found.flatten(1), target.flatten(1)) / target.flatten(1).norm(dim=1)) ** 2
        return (loss.diagonal() if len(target) > 1 else loss[:, 0]), regularizer(images)


def _reached(share, parts=sum, shift=(0, 0)):
    """What a search must have reached: for every image an energy below a share of its start's, within [0, 1]."""
    return partial(_measure, share, parts, shift)


def _measure(share, parts, shift, inputs, images):
    words = f"every image's energy below {share:.0%} of its start's"
    start = inputs[3]
    if not isinstance(images, torch.Tensor) or images.shape != start.shape:
        raise ValueError("images of another shape cannot be measured")
    images = images.detach().to(start)
    before, after = (parts(_energy(inputs, x.roll(shift, (2, 3)))) for x in (start, images))
    inside = bool(((images >= 0) & (images <= 1)).all())
    return {"every value between 0 and 1": inside, words: bool((after <= share * before).all())}


def _with(energy=lambda loss, cost: loss + cost, rolled=lambda x, shift: x.roll(shift, dims=(2, 3)),
          keep_inside=lambda x: x.clamp_(0, 1), done=lambda x, shifts: x, zero=True):  # fmt: skip
    """The reference, with one thing or another done differently."""

    def wrong(net, layer, target, start, regularizer, shifts, rate):
        images = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([images], lr=rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(shifts))
        for shift in shifts.tolist():
            seen = rolled(images, shift)
            loss = feature_inversion.relative_feature_loss(feature_maps(net, seen, [layer])[layer], target)
            if zero:
                optimizer.zero_grad()
            energy(loss, regularizer(seen)).sum().backward()
            optimizer.step()
            schedule.step()
            keep_inside(images.data)
        return done(images.detach(), shifts)

    return wrong


def _start_as_it_was(net, layer, target, start, regularizer, shifts, rate):
    return start.clone()


def _attached(*inputs):
    return feature_inversion.invert(*inputs).requires_grad_()


EXERCISE = Exercise(
    feature_inversion.invert,
    cases=(
        Case("one image of 4 × 4 pixels, 20 steps", _search("conv1", 1, 4, 0.05, _still(20)),
             observe=observe.on_network, measure=_reached(0.4)),
        Case("three starts of one code", _search("relu1", 3, 6, 0.05, _still(20)),
             observe=observe.on_network, measure=_reached(0.7)),
        Case("a code for each of two images, a strong regularizer", _search("conv1", 2, 6, 6.0, _still(20), codes=2),
             observe=observe.on_network, measure=_reached(0.95)),
        Case("rolled by the same shift in every step", _search("relu1", 1, 6, 0.05, _always(20, 1, 2)),
             observe=observe.on_network, measure=_reached(0.9, shift=(1, 2))),
    ),
    mistakes=(
        Mistake("uphill", _with(energy=lambda loss, cost: -loss - cost),
                "your energy grows from step to step: you climb. The code's loss and the image's cost are both to "
                "become small."),
        Mistake("start as it was", _start_as_it_was,
                "your images are the start, as it was. The optimizer must be given the very tensor whose gradient you "
                "compute; a copy made after that, or a detached one, never moves."),
        Mistake("regularizer left out", _with(energy=lambda loss, cost: loss),
                "you left the regularizer out. Among the many images with nearly this code it is the only thing that "
                "prefers one to another."),
        Mistake("regularizer with the wrong sign", _with(energy=lambda loss, cost: loss - cost),
                "your regularizer has the wrong sign: it is a cost, and rewarding it makes images as wild as they can "
                "be."),
        Mistake("first image only", _with(energy=lambda loss, cost: (loss + cost)[:1]),
                "only the first image has moved. Each has an energy of its own; the sum of all has the right gradient "
                "for each."),
        Mistake("never put back into range", _with(keep_inside=lambda x: x),
                "some of your values are no colors: they have left [0, 1], where the network has never been. Put them "
                "back after each step."),
        Mistake("shift ignored", _with(rolled=lambda x, shift: x),
                "you did not roll the images before they are judged. Each step looks at them a little displaced, so "
                "that no pattern can rely on where exactly the network's grid lies."),
        Mistake("shift kept", _with(done=lambda x, shifts: x.roll(shifts[-1].tolist(), dims=(2, 3))),
                "you return the images as they were rolled last. The roll is for the judging only; the images "
                "themselves stay where they are."),
        Mistake("gradients piled up", _with(zero=False),
                "your gradients pile up: each step adds its own to those of all steps before. Clear them before "
                "each backward pass."),
        Mistake("still in the graph", _attached,
                "the images are right, but still attached to the graph. Detach what you return, or all memory of "
                "the search stays with it."),
    ),
    points=3,
    builds_on=("relative_feature_loss",),
    success="Nobody told it how to draw. It looked for a picture that the layer cannot tell from yours.",
)  # fmt: skip
