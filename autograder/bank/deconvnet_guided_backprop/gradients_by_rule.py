from functools import partial

import torch
from torch import nn

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import ReLUByFunction, network, normal, uniform, whole
from lib import saliency
from lib.swapping import swapped


def _plain_toy(rule, n=1):
    return lambda g: (network(g), uniform(g, n, 3, 8, 8), int(whole(g, 0, 4, 1)), rule)


def _drawn(g, made):
    for parameter in made.parameters():
        fan_in = parameter[0].numel() if parameter.dim() > 1 else 100
        parameter.data = normal(g, *parameter.shape) * (2 / fan_in) ** 0.5
    return made.eval().requires_grad_(False)


def _nested(rule, relu=nn.ReLU, brightness=1.0):
    def inputs(g):
        blocks = nn.Sequential(nn.Sequential(nn.Conv2d(6, 8, 3), relu()), nn.Sequential(nn.Conv2d(8, 8, 1), relu()))
        made = nn.Sequential(nn.Conv2d(3, 6, 3), relu(), blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))
        images = brightness * uniform(g, 2, 3, 9, 7)
        return _drawn(g, made), images, int(whole(g, 0, 4, 1)), rule

    return inputs


def _functional(g):
    made = nn.Sequential(ReLUByFunction(3, 6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 5))
    return _drawn(g, made), uniform(g, 1, 3, 8, 8), int(whole(g, 0, 4, 1)), "guided"


def _ceiling(module):
    return 6.0 if isinstance(module, nn.ReLU6) else float("inf")


def _swapping(choose=None, rules=None, ceiling=_ceiling, refuse=True, finish=None):
    """The method with one of its parts replaced. choose: from a network to its (name, module) pairs."""

    def wrong(net, images, class_index, rule):
        named = net.named_modules() if choose is None else choose(net)
        relus = {name: module for name, module in named if isinstance(module, (nn.ReLU, nn.ReLU6))}
        if not relus and refuse:
            raise ValueError
        chosen = (rules or {}).get(rule, rule)
        functions = {n: partial(saliency.rectify, rule=chosen, ceiling=ceiling(m)) for n, m in relus.items()}
        with swapped(net, functions):
            gradients = saliency.pixel_gradients(net, images, class_index)
        return gradients if finish is None else finish(gradients)

    return wrong


def _without_relu6(net):
    return [(name, module) for name, module in net.named_modules() if not isinstance(module, nn.ReLU6)]


def _last_relu(net):
    return [pair for pair in net.named_modules() if isinstance(pair[1], (nn.ReLU, nn.ReLU6))][-1:]


def _left_swapped(net, images, class_index, rule):
    gradients = saliency.gradients_by_rule(net, images, class_index, rule)
    for module in list(net.modules()):
        for name, child in list(module._modules.items()):
            if isinstance(child, (nn.ReLU, nn.ReLU6)):
                module._modules[name] = nn.ReLU6() if isinstance(child, nn.ReLU6) else nn.ReLU()
    return gradients


def _relu_at_pixels(gradients):
    return gradients.relu()


def _summed(gradients):
    return torch.sum(gradients, dim=1)


EXERCISE = Exercise(
    saliency.gradients_by_rule,
    cases=tuple(
        Case(name, inputs, observe=observe_results.refusing if "function" in name else observe_results.keeping_layers)
        for name, inputs in (
            ("guided, one image", _plain_toy("guided")),
            ("deconvnet, a batch of 3", _plain_toy("deconvnet", 3)),
            ("plain", _plain_toy("plain")),
            ("guided, ReLUs inside blocks", _nested("guided")),
            ("guided, ReLU6 inside blocks", _nested("guided", nn.ReLU6, 30.0)),
            ("a network whose ReLU is a function", _functional),
        )
    ),
    mistakes=(
        Mistake("functional ReLU left unguided", _swapping(refuse=False),
                "one of the networks calls `F.relu` in its forward pass, so there is no module to swap. Yours went on "
                "and returned the plain gradient as if it were guided; say so with a ValueError instead."),
        Mistake("outermost ReLUs only", _swapping(lambda net: net.named_children()),
                "you looked for ReLUs among the network's own children only. Those inside its blocks kept PyTorch's "
                "rule; `named_modules` goes to any depth."),
        Mistake("ReLU6 left out", _swapping(_without_relu6, refuse=False),
                "layers of ReLU6 kept PyTorch's rule: nn.ReLU6 is a class of its own. A network full of them is then "
                "not guided at all, without a word."),
        Mistake("last ReLU only", _swapping(_last_relu),
                "only one of the ReLUs follows the rule in your network. All have to, or what was stopped above comes "
                "back below."),
        Mistake("guided without the forward mask", _swapping(rules={"guided": "deconvnet"}),
                "asked for guided you give what the deconvnet's rule gives: the forward mask is missing."),
        Mistake("always guided", _swapping(rules={"plain": "guided", "deconvnet": "guided"}),
                "whatever rule is asked for, yours is guided. Pass the rule on."),
        Mistake("ReLU6 without its ceiling", _swapping(ceiling=lambda module: float("inf")),
                "you put ReLUs without a ceiling in the place of ReLU6. The network then computes other scores: the "
                "forward pass must stay what it was."),
        Mistake("cut off at the pixels", _swapping(finish=_relu_at_pixels),
                "the rules are right, but in the end you cut off what is negative at the pixels. No ReLU stands there; "
                "negative means that the pixel should become darker."),
        Mistake("colors summed", _swapping(finish=_summed),
                "you added up the colors. Keep them: (N, 3, H, W), to be looked at as an image."),
        Mistake("layers not put back", _left_swapped,
                "the values are right, but the network does not have its own layers any more when you are done. Put "
                "them back, also after an exception: `with swapped(...)` does."),
    ),
    points=2,
    builds_on=("pixel_gradients", "rectify"),
    success="Backpropagation, deconvnet and guided backpropagation in one function. Now ask whether they say anything.",
)  # fmt: skip
