import math

import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, whole
from lib import mutual_information_loss
from lib.part_templates import template_bank


def _inputs(images, channels, size, scale=1.0, dtype=torch.float32):
    """Maps, templates of the usual shape with a maximum of `scale`, and a target for each map."""

    def inputs(g):
        templates = (template_bank(size) * 2 * size**2 * scale).to(dtype)
        targets = whole(g, 0, size**2, images, channels)
        return normal(g, images, channels, size, size, dtype=dtype).relu(), templates, targets

    return inputs


def _by_hand(g):
    third = math.log(3)
    maps = torch.tensor([[[[third, 0.0], [0.0, 0.0]]], [[[0.0, third], [0.0, 0.0]]]])
    templates = torch.zeros(2, 2, 2)
    templates[0, 0, 0] = templates[1, 0, 1] = 1.0
    return maps, templates, torch.tensor([[0], [0]])


def _strength(maps, templates, targets, ratio=True, prior=True, images=0, probability=True):
    """The number that the target template is multiplied by, with one thing wrong."""
    log_given = mutual_information_loss.template_scores(maps, templates).log_softmax(dim=images)
    log_any = log_given.logsumexp(dim=2) - math.log(len(templates))
    log_target = log_given.gather(2, targets[:, :, None])[:, :, 0]
    found = log_target - log_any if ratio else log_target
    found = found * log_target.exp() if probability else found
    return found / len(templates) if prior else found


def _with(**changes):
    """The wrong answer with changes in the strength."""

    def wrong(maps, templates, targets):
        return -_strength(maps.detach(), templates, targets, **changes)[:, :, None, None] * templates[targets]

    return wrong


def _attached(maps, templates, targets):
    return -_strength(maps, templates, targets)[:, :, None, None] * templates[targets]


def _by_autograd(loss):
    """The wrong answer that is the exact gradient of `loss(maps, templates, targets)`."""

    def wrong(maps, templates, targets):
        with torch.enable_grad():
            maps = maps.detach().clone().requires_grad_()
            loss(maps, templates, targets).backward()
        return maps.grad

    return wrong


def _losses(maps, templates, targets):
    return mutual_information_loss.mutual_information_loss(mutual_information_loss.template_scores(maps, templates))


_of_the_whole = _by_autograd(lambda *inputs: _losses(*inputs).sum())


def _of_a_copy(maps, templates, targets):
    """The gradient of something that is no leaf where the maps hang on a graph, and then there is none."""
    return None if maps.requires_grad else _of_the_whole(maps, templates, targets)


def _times_the_map(maps, templates, targets):
    return mutual_information_loss.target_gradient(maps, templates, targets) * maps.detach()


def _attached_without_prior(maps, templates, targets):
    return _attached(maps, templates, targets) * len(templates)


def _of_the_first(maps, templates, targets):
    return mutual_information_loss.target_gradient(maps, templates, targets[:1].expand_as(targets))


def _at_the_maximum(maps, templates, targets):
    numbers = maps.flatten(2).argmax(dim=2) % len(templates)
    return mutual_information_loss.target_gradient(maps, templates, numbers)


EXERCISE = Exercise(
    mutual_information_loss.target_gradient,
    cases=(
        Case("two images and two templates by hand", _by_hand, random=False),
        Case("a batch of 4", _inputs(4, 3, 3)),
        Case("one channel", _inputs(6, 1, 4, 0.3)),
        Case("large scores", _inputs(5, 2, 4, 60.0)),
        Case("maps that hang on a graph", _inputs(3, 2, 3), observe=with_gradient),
        Case("double precision", _inputs(3, 4, 5, 2.0, torch.float64)),
    ),
    mistakes=(
        Mistake("uphill", lambda *inputs: -mutual_information_loss.target_gradient(*inputs),
                "this is the direction in which the information grows. An optimizer walks against what you hand it, so "
                "it would lead away from parts; here the gradient of the loss is asked."),
        Mistake("gradient of the whole loss", _of_the_whole,
                "this is the exact gradient of the loss, by all templates. The shortcut looks at one template for each "
                "map, the target, and treats Z and p(x) as constants."),
        Mistake("gradient of the whole loss, averaged", _by_autograd(lambda *inputs: _losses(*inputs).mean()),
                "this is the exact gradient of the mean of all filters' losses. Neither is asked: each filter has its "
                "own loss, and of that only the term of the target counts."),
        Mistake("gradient of the whole loss, of a copy", _of_a_copy,
                "you differentiate the loss with all its templates, and for maps that hang on a graph nothing comes "
                "out. The formula for the one target template needs no differentiation any more."),
        Mistake("gradient of the target's term", _by_autograd(lambda *inputs: -_strength(*inputs).sum()),
                "you have the target's term alone, but differentiated through everything in it. In the shortcut the "
                "probabilities are fixed weights; only the target's score changes with the map."),
        Mistake("left on the graph", _attached,
                "the values are right, but they still hang on the graph of the maps. They take the place of a "
                "gradient, and in training they are to count as constants."),
        Mistake("prior left out", _with(prior=False),
                "the probability of the target template itself is missing. All K templates share one unit."),
        Mistake("prior left out, and left on the graph", _attached_without_prior,
                "two things: the probability of the target template is not in it, one of K that are equally probable; "
                "and the result still hangs on the graph of the maps, while it is to count as a constant."),
        Mistake("not weighted by p(x | T)", _with(probability=False),
                "only the logarithm of the ratio is there. It is weighted by p(x | T) of the target, so that images "
                "that fit it well count most."),
        Mistake("p(x) left out", _with(ratio=False),
                "you took the logarithm of p(x | T) alone. It is compared with p(x): only if the target fits this "
                "image better than templates do on average, the map is to grow into it."),
        Mistake("softmax over the channels", _with(images=1),
                "your probabilities add up to 1 over the filters. Each filter stands for itself; its maps in all N "
                "images compete."),
        Mistake("multiplied by the map", _times_the_map,
                "you multiplied by the map as well. That is how much each position adds to the score; its gradient is "
                "the template alone."),
        Mistake("targets of the first image", _of_the_first,
                "all images get the targets of the first one. The part is elsewhere in each."),
        Mistake("always the template of the maximum", _at_the_maximum,
                "you chose the templates yourself, by the maximum of each map. The targets are given: in images of "
                "other categories it is the negative one."),
    ),
    points=3,
    builds_on=("template_scores",),
    success="A map that fits its target better than the average template goes along with it; one that fits worse, "
    "against.",
)  # fmt: skip
