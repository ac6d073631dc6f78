import math
from functools import partial

import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import stereo_matching


def _layers(g, *channels):
    return [
        (normal(g, d, c, 3, 3).double() * (2 / (9 * c)) ** 0.5, 0.1 * normal(g, d).double())
        for c, d in zip(channels, channels[1:])
    ]


def _pair(g, layers, height, width, largest):
    """A stereo pair of noise: red is the same in both pictures, moved; green and blue have nothing to do with it."""
    border = layers
    right = normal(g, 1, 3, height + 2 * border, width + 2 * border).double()
    left = normal(g, 1, 3, height + 2 * border, width + 2 * border).double()
    shift = int(torch.randint(largest + 1, (), generator=g))
    left[:, 0] = right[:, 0].roll(shift, dims=2)
    truth = torch.full((1, height, width), shift)
    truth[:, :, :shift] = -1
    return left, right, truth


def _training(steps, pairs, channels, height, width, largest, rate):
    def inputs(g):
        weights = _layers(g, 3, *channels)
        made = []
        for _ in range(steps):
            parts = [_pair(g, len(channels), height, width, largest) for _ in range(pairs)]
            made.append(tuple(torch.cat(part) for part in zip(*parts)))
        return weights, made, largest, 0.3, rate

    return inputs


def _share_found(weights, pairs, largest):
    """The share of the pixels whose true match is the most similar candidate."""
    found = known = 0
    for left, right, truth in pairs:
        maps = (stereo_matching.dense_descriptors(picture, weights) for picture in (left, right))
        best = stereo_matching.scan_line_similarities(*maps, largest).argmax(dim=1)
        found, known = found + (best == truth).sum().item(), known + (truth >= 0).sum().item()
    return found / known


def _finds(share):
    """What trained weights must achieve on pairs that were in no batch: a share of the matches found."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    weights, _, largest, _, _ = inputs
    g = torch.Generator().manual_seed(11)
    unseen = [_pair(g, len(weights), 8, 24, largest) for _ in range(6)]
    trained = [tuple(torch.as_tensor(value).detach().double() for value in pair) for pair in answer]
    shapes = [list(value.shape) for pair in trained for value in pair]
    found = _share_found(trained, unseen, largest)
    return {
        "shapes": shapes,
        f"on new pairs more than {share:.0%} of the matches are found": found > share,
    }


def _by_name(inputs, answer):
    """The weights with names, so that it can be told which one is wrong."""
    if [len(pair) for pair in answer] != [2] * len(inputs[0]):
        return {"layers": [len(pair) for pair in answer]}
    pairs = enumerate(answer, 1)
    return {f"{kind} {n}": value for n, pair in pairs for kind, value in zip(("kernel", "bias"), pair)}


def _loop(zero=True, decay=True, sign=1, fresh=False, chosen=lambda pairs: [v for pair in pairs for v in pair],
          first=False, kind=torch.optim.Adam, loss=None, exchanged=False, early=0,
          steps=None, right_by=lambda weights: weights, mean=lambda loss, truth: loss.mean()):  # fmt: skip
    """The loop with one thing wrong."""

    def hinge(similarities, truth, margin):
        candidate = torch.arange(similarities.shape[1]).view(1, -1, 1, 1)
        rival = similarities.masked_fill((candidate - truth[:, None]).abs() <= 1, -torch.inf).amax(dim=1)
        match = similarities.gather(1, truth.clamp(min=0)[:, None])[:, 0]
        return torch.where(truth >= 0, (margin + rival - match).clamp(min=0), 0)

    def describe(images, weights):
        for number, (kernel, bias) in enumerate(weights):
            images = torch.nn.functional.conv2d(images.relu() if number else images, kernel, bias)
        return torch.nn.functional.normalize(images, dim=1)

    def along_rows(left, right, largest):
        found = left.new_full((len(left), largest + 1, *left.shape[2:]), -torch.inf)
        for d in range(min(largest + 1, left.shape[3])):
            found[:, d, :, d:] = (left[..., d:] * right[..., : left.shape[3] - d]).sum(dim=1)
        return found

    def wrong(weights, batches, largest, margin, rate):
        trained = [tuple(value.clone().requires_grad_() for value in pair) for pair in weights]
        optimizer = kind(chosen(trained), lr=rate)
        for step in range(steps or len(batches)):
            left, right, truth = batches[0] if first else batches[step]
            left, right = (right, left) if exchanged else (left, right)
            now = rate * (1 + math.cos(math.pi * (step + early) / len(batches))) / 2 if decay else rate
            if fresh:
                optimizer = kind(chosen(trained), lr=now)
            optimizer.param_groups[0]["lr"] = now
            if zero:
                optimizer.zero_grad()
            found = along_rows(describe(left, trained), describe(right, right_by(trained)), largest)
            (sign * mean((loss or hinge)(found, truth, margin), truth)).backward()
            optimizer.step()
        return [tuple(value.detach() for value in pair) for pair in trained]

    return wrong


def _toward_the_match(similarities, truth, margin):
    match = similarities.gather(1, truth.clamp(min=0)[:, None])[:, 0]
    return torch.where(truth >= 0, 1 - match, 0)


def _attached(weights, batches, largest, margin, rate):
    trained = stereo_matching.train_descriptors(weights, batches, largest, margin, rate)
    return [tuple(value.clone().requires_grad_() for value in pair) for pair in trained]


EXERCISE = Exercise(
    stereo_matching.train_descriptors,
    cases=(
        Case("one step", _training(1, 1, (2,), 1, 7, 2, 0.05), observe=observe_results.of_tensors, measure=_by_name),
        Case("four steps, weight by weight", _training(4, 2, (3, 4), 4, 10, 4, 0.02),
             observe=observe_results.of_tensors, measure=_by_name),
        Case("40 steps", _training(40, 2, (6, 6), 6, 20, 6, 0.02), measure=_finds(0.7)),
    ),
    mistakes=(
        Mistake("gradients add up", _loop(zero=False),
                "the gradients of all steps add up. Each batch of stereo pairs must give a gradient of its own, so "
                "somebody has to clear the last one."),
        Mistake("a new optimizer in each step", _loop(fresh=True),
                "you make a new optimizer for each batch of pairs, so Adam forgets what it knew of the gradients' "
                "sizes. Make it once, before the loop."),
        Mistake("rate stays the same", _loop(decay=False),
                "your rate stays what it is. Along half a cosine it has to fall, so that the descriptors settle."),
        Mistake("the rate falls too early", _loop(early=1),
                "your first step has the rate of the second already, and the last step stands still. The rate falls "
                "after a step, not before."),
        Mistake("mean over the known pixels", _loop(mean=lambda loss, truth: loss[truth >= 0].mean()),
                "you take the mean over the pixels whose match is known. It runs over all pixels of the batch; unknown "
                "ones count as 0."),
        Mistake("mean over what is missing", _loop(mean=lambda loss, truth: loss[loss > 0].mean()),
                "you take the mean over the pixels that miss something. It runs over all pixels of the batch, those "
                "in order as well."),
        Mistake("sum over the pixels", _loop(mean=lambda loss, truth: loss.sum()),
                "you go down the sum over the pixels. Asked is the mean; Adam hides most of the difference, not all."),
        Mistake("uphill", _loop(sign=-1),
                "you climb: the rivals win more and more. An optimizer goes down what it is given."),
        Mistake("only kernels are trained", _loop(chosen=lambda pairs: [kernel for kernel, _ in pairs]),
                "your biases are what they were at the start. The optimizer needs both parts of each pair."),
        Mistake("only the last layer is trained", _loop(chosen=lambda pairs: list(pairs[-1])),
                "only the last layer has changed. The first one decides what is seen at all; train every layer."),
        Mistake("the first batch again and again", _loop(first=True),
                "every step sees the first batch. There is one batch for each step."),
        Mistake("plain gradient descent", _loop(kind=torch.optim.SGD),
                "these are steps of plain gradient descent. Asked is Adam, with its other settings as they are."),
        Mistake("AdamW", _loop(kind=torch.optim.AdamW),
                "your optimizer also shrinks the weights in each step; asked is plain Adam."),
        Mistake("one step", _loop(steps=1),
                "in effect you take one step, however many batches there are. What stands inside of the loop, and what "
                "behind it?"),
        Mistake("the right picture teaches nothing",
                _loop(right_by=lambda weights: [tuple(value.detach() for value in pair) for pair in weights]),
                "nothing is learned from the right picture: there is no way back through its descriptors. The same "
                "weights describe both, and both have a say in how they change."),
        Mistake("no rivals", _loop(loss=_toward_the_match),
                "your loss only draws matches together, and no rival has a say. Then the cheapest way is to describe "
                "everything alike; use the loss of the exercise before."),
        Mistake("left and right exchanged", _loop(exchanged=True),
                "left and right have changed places. The truth belongs to the pixels of the left picture, whose "
                "matches are further to the left in the right one."),
        Mistake("weights that still learn", _attached,
                "the weights are right, but they still belong to the graph of the training. Whoever describes pictures "
                "with them would drag it along; hand out plain numbers."),
        Mistake("the start comes back", lambda weights, batches, largest, margin, rate: list(weights),
                "what comes back are the weights of the start. Are these the tensors that the optimizer moves, does it "
                "take steps, or were the gradients cleared before a step could use them?"),
    ),
    points=3,
    builds_on=("dense_descriptors", "scan_line_similarities", "matching_loss"),
    success="Every weight got gradients from both pictures. Nobody told it what a corner is; it keeps what tells a "
            "match from its rivals.",
)  # fmt: skip
