import torch
from torch import nn

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import deepdream
from lib.images import resize


def _by_hand(g):
    """An objective that likes red, at one size: two steps of 0.1."""
    redness = nn.Sequential(nn.Conv2d(3, 1, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    redness[0].weight.data = torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1)
    photograph = torch.full((1, 3, 4, 4), 0.25)
    return redness.eval().requires_grad_(False), photograph, 2, [torch.zeros(2, 2, dtype=torch.long)], 0.1, ()


def _random(height, width, scale, steps, step_size, widths):
    """steps: how many at each octave. Shifts that are not zero, so that it matters that they are undone."""

    def inputs(g):
        net = network(g, classes=1).double()
        photograph = 0.2 + 0.6 * uniform(g, 1, 3, height, width, dtype=torch.float64)
        return net, photograph, scale, [whole(g, 1, 3, count, 2) for count in steps], step_size, widths

    return inputs


def _dream(objective, photograph, scale, shifts, step_size, widths, start, step=deepdream.dream_step, order=1):
    """The loop, with another `start(dream, photograph, size, before)` of an octave, another step or another order."""
    sizes = deepdream.octave_sizes(photograph, len(shifts), scale)[::order]
    dream = before = resize(photograph, sizes[0])
    for size, steps in zip(sizes, shifts):
        dream = before = start(dream, photograph, size, before)
        for shift in steps.tolist():
            dream = step(objective, dream, shift, step_size, widths)
    return dream


def _wrong(start=lambda dream, photograph, size, before: deepdream.next_octave(dream, photograph, size), **options):
    return lambda *inputs: _dream(*inputs, start=start, **options)


def _steps_first(objective, photograph, scale, shifts, step_size, widths):
    dream = photograph.clone()
    for size, steps in zip(deepdream.octave_sizes(photograph, len(shifts), scale), shifts):
        for shift in steps.tolist():
            dream = deepdream.dream_step(objective, dream, shift, step_size, widths)
        dream = deepdream.next_octave(dream, photograph, size)
    return dream


def _new_detail_only(dream, photograph, size, before):
    return resize(photograph, size) + resize(dream - before, size)


def _without_shift(objective, image, shift, step_size, widths):
    return deepdream.dream_step(objective, image, (0, 0), step_size, widths)


def _rolled_away(objective, image, shift, step_size, widths):
    return deepdream.dream_step(objective, image, shift, step_size, widths).roll(shift, (2, 3))


def _gradient_left_rolled(objective, image, shift, step_size, widths):
    gradient = deepdream.jittered_gradient(objective, image, shift).roll(tuple(shift), (2, 3))
    return (image + step_size * deepdream.smoothed_gradient(gradient, widths)).clamp(0, 1)


def _one_size(objective, photograph, scale, shifts, step_size, widths):
    dream = photograph.clone()
    for shift in torch.cat(shifts).tolist():
        dream = deepdream.dream_step(objective, dream, shift, step_size, widths)
    return dream


def _first_steps(objective, photograph, scale, shifts, step_size, widths):
    first = [shifts[0]] * len(shifts)
    return deepdream.deep_dream(objective, photograph, scale, first, step_size, widths)


def _last_octave_missing(objective, photograph, scale, shifts, step_size, widths):
    still = [*shifts[:-1], shifts[-1][:0]]
    return deepdream.deep_dream(objective, photograph, scale, still, step_size, widths).clamp(0, 1)


EXERCISE = Exercise(
    deepdream.deep_dream,
    cases=(
        Case("two steps towards red by hand", _by_hand, random=False, observe=observe.on_network),
        Case("three octaves", _random(16, 16, 1.4, (2, 3, 2), 0.05, (3, 5)), observe=observe.on_network),
        Case("two octaves, wider than tall", _random(12, 20, 1.5, (3, 2), 0.04, (3,)), observe=observe.on_network),
        Case("taller than wide, without boxes", _random(18, 13, 1.3, (1, 2, 2), 0.05, ()), observe=observe.on_network),
        Case("one octave", _random(9, 11, 2, (3,), 0.05, (3, 5)), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("detail not carried", _wrong(lambda dream, photograph, size, before: resize(photograph, size)),
                "each octave begins with the bare photograph, so only the steps of the last one can be seen. The large "
                "forms come from the small octaves; carry their detail up."),
        Mistake("dream enlarged", _wrong(lambda dream, photograph, size, before: resize(dream, size)),
                "you enlarge the dream from octave to octave. So the photograph's own fine detail, lost in the first "
                "octave, never comes back. `next_octave` adds the dreamed detail to the photograph."),
        Mistake("only the newest detail", _wrong(_new_detail_only),
                "you carry up what the last octave added, and drop what it had got from the ones before. The detail is "
                "measured against the photograph."),
        Mistake("steps before the size", _steps_first,
                "you take an octave's steps first and go to its size afterwards. Each octave begins with its size, and "
                "the first of them is small already."),
        Mistake("largest first", _wrong(order=-1),
                "your dream goes from large to small, and ends as a small picture. The last size is the photograph's "
                "own."),
        Mistake("no octaves", _one_size,
                "all your steps are at the photograph's own size. The network sees forms up to a certain number of "
                "pixels; large ones it can only dream when the picture is small."),
        Mistake("jitter left out", _wrong(step=_without_shift),
                "you do not use the shifts. Each step has its own, in the tensor of its octave."),
        Mistake("jitter not undone", _wrong(step=_rolled_away),
                "your picture wanders: after each step it stays rolled. The shift is only for looking; undo it, which "
                "`jittered_gradient` does."),
        Mistake("gradient left rolled", _wrong(step=_gradient_left_rolled),
                "the strokes are in the wrong place: the gradient of a shifted image was added to the one that is not. "
                "The jitter has to be undone."),
        Mistake("the first octave's shifts for all", _first_steps,
                "you use the first octave's shifts in every octave. Each octave has a tensor of its own, and may have "
                "another number of steps."),
        Mistake("no steps at the photograph's own size", _last_octave_missing,
                "nothing is dreamed at the photograph's own size: your last steps end one octave below. So the finest "
                "strokes are missing."),
    ),
    points=2,
    builds_on=("octave_sizes", "next_octave", "dream_step"),
    success="You have a machine that sees things. Give it a photograph.",
)  # fmt: skip
