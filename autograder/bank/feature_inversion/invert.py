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


def _tiled(n, shifts):
    """The same for the code of 2 × 2 equal tiles: shifts that differ by whole tiles ask for one and the same."""

    def inputs(g):
        net, tile = network(g), uniform(g, 1, 3, 3, 3).round()
        with torch.no_grad():
            target = feature_maps(net, tile.repeat(1, 1, 2, 2), ["relu1"])["relu1"]
        return net, "relu1", target, 0.45 + 0.1 * uniform(g, n, 3, 6, 6), _toward_gray(6, 0.05), shifts(g), 0.1

    return inputs


def _still(steps):
    return lambda g: torch.zeros(steps, 2, dtype=torch.long)


def _again_and_again(times, *shifts):
    return lambda g: torch.tensor(shifts).repeat(times, 1)


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


def _reached(share, cheap=False):
    """What a search must have reached: values within [0, 1], and energies below a share of those of the start.

    Both are judged as they were searched for, rolled. What comes before the last truth is there for its words: the
    first that does not hold tells what may have gone wrong, whatever way to descend was taken.

    cheap: whether what the regularizer counts must not grow either, as where it is strong and the start is good.
    """
    return partial(_measure, share, cheap)


def _measure(share, cheap, inputs, images):
    start = inputs[3]
    if not isinstance(images, torch.Tensor) or images.shape != start.shape:
        raise ValueError("images of another shape cannot be measured")
    images = images.detach().to(start)
    shifts = inputs[5].unique(dim=0).tolist()
    (loss, cost), (loss_before, cost_before) = (_mean_energy(inputs, x, shifts) for x in (images, start))
    told = {"every value between 0 and 1": bool(((images >= 0) & (images <= 1)).all())}
    if cheap:
        words = "what the regularizer counts has not grown (left out, subtracted, or with gradients piling up, it does)"
        told[words] = bool((cost <= cost_before).all())
    if any(map(any, shifts)):
        told |= _how_rolled(inputs, images, shifts)
    after, before = loss + cost, loss_before + cost_before
    words = "every image's energy lower than at its start (uphill it grows; if not optimized or not summed, it stays)"
    told[words] = bool((after < before).all())
    words = f"every image's energy below {share:.0%} of its start's (bare or piled-up gradients do not get that far)"
    return told | {words: bool((after <= share * before).all())}


def _mean_energy(inputs, images, shifts):
    """Loss and cost of each image, the mean over some shifts."""
    parts = [_energy(inputs, images.roll(shift, (2, 3))) for shift in shifts]
    return [torch.stack(part).mean(dim=0) for part in zip(*parts)]


def _how_rolled(inputs, images, shifts):
    """With which shifts the images fit the code best: those that were given, none, the opposite, or exchanged ones."""
    tried = (shifts, [(0, 0)], [(-down, -right) for down, right in shifts], [(right, down) for down, right in shifts])
    losses = [_mean_energy(inputs, images, turned)[0].sum().item() for turned in tried]
    best = losses.index(min(losses))
    return {
        "the images fit the code best when rolled (not as they are, as if never rolled or returned rolled)": best != 1,
        "the images fit the code best when rolled down and right (not up and left)": best != 2,
        "the images fit the code best when rolled down by the first number, right by the second": best != 3,
    }


def _roll(x, shift):
    return x.roll(shift, dims=(2, 3))


def _with(energy=lambda loss, cost: loss + cost, rolled=_roll, keep_inside=lambda x: x.clamp_(0, 1),
          done=lambda x, seen, shifts: x, zero=True):  # fmt: skip
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
        return done(images.detach(), seen.detach(), shifts)

    return wrong


def _start_as_it_was(net, layer, target, start, regularizer, shifts, rate):
    return start.clone()


def _really_rolled(x, shift):
    x.data = _roll(x.data, shift)
    return x


def _bare_gradients(net, layer, target, start, regularizer, shifts, rate):
    images = start.clone()
    for shift in shifts.tolist():
        images.requires_grad_()
        seen = _roll(images, shift)
        loss = feature_inversion.relative_feature_loss(feature_maps(net, seen, [layer])[layer], target)
        (gradient,) = torch.autograd.grad((loss + regularizer(seen)).sum(), images)
        images = (images.detach() - rate * gradient).clamp(0, 1)
    return images


def _attached(*inputs):
    return feature_inversion.invert(*inputs).requires_grad_()


EXERCISE = Exercise(
    feature_inversion.invert,
    cases=(
        Case("one image of 4 × 4 pixels, 20 steps", _search("conv1", 1, 4, 0.05, _still(20)),
             observe=observe.on_network, measure=_reached(0.4)),
        Case("three starts of one code", _search("relu1", 3, 6, 0.05, _still(20)),
             observe=observe.on_network, measure=_reached(0.8)),
        Case("a code for each of two images, a strong regularizer", _search("conv1", 2, 6, 6.0, _still(20), codes=2),
             observe=observe.on_network, measure=_reached(0.99, cheap=True)),
        Case("rolled by the same shift in every step", _search("relu1", 1, 6, 0.05, _again_and_again(20, (1, 2))),
             observe=observe.on_network, measure=_reached(0.85)),
        Case("rolled by another shift in each step", _tiled(2, _again_and_again(7, (1, 2), (-2, -1), (4, 2))),
             observe=observe.on_network, measure=_reached(0.85)),
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
        Mistake("code left out", _with(energy=lambda loss, cost: cost),
                "only the regularizer has moved your images; nothing of the code is in them. Its loss is missing from "
                "the sum, or cut off from the graph."),
        Mistake("first image only", _with(energy=lambda loss, cost: (loss + cost)[:1]),
                "only the first image has moved. Each has an energy of its own; the sum of all has the right gradient "
                "for each."),
        Mistake("never put back into range", _with(keep_inside=lambda x: x),
                "some of your values are no colors: they have left [0, 1], where the network has never been. Put them "
                "back after each step."),
        Mistake("shift ignored", _with(rolled=lambda x, shift: x),
                "you did not roll the images before they are judged. Each step looks at them a little displaced, so "
                "that no pattern can rely on where exactly the network's grid lies."),
        Mistake("images really rolled", _with(rolled=_really_rolled),
                "you roll the images themselves, again in each step, so they wander and never come to rest. Only a "
                "rolled copy is judged; its gradient finds the way back by itself."),
        Mistake("shift kept", _with(done=lambda x, seen, shifts: _roll(x, shifts[-1].tolist())),
                "you roll once more what you return. The roll is for the judging only; the images themselves stay "
                "where they are."),
        Mistake("rolled copy comes back", _with(done=lambda x, seen, shifts: seen),
                "you return the copy that was judged last: it is rolled, and the last step is not in it. What the "
                "optimizer moves is another tensor."),
        Mistake("down and right exchanged", _with(rolled=lambda x, shift: x.roll(shift, dims=(3, 2))),
                "down and right have changed places. The first number of a shift belongs to the rows, the axis before "
                "the last."),
        Mistake("rolled the other way", _with(rolled=lambda x, shift: x.roll((-shift[0], -shift[1]), dims=(2, 3))),
                "you roll up and to the left. A shift counts down and to the right, and here nobody has to roll back: "
                "the gradient does it."),
        Mistake("bare gradients", _bare_gradients,
                "your steps are the gradient times the rate. A single pixel of many has a gradient far below 1, so the "
                "images hardly move; give the steps a length of their own, as Adam does."),
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
