from collections import OrderedDict

import torch
from torch import nn

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import style_transfer

SHAPES = {"low": (3, 4, 5), "middle": (4, 3, 2), "high": (5, 2, 2), "top": (6, 1, 1)}


def _module(g, name, dtype):
    """A stand-in for a loss: from features of a layer (N, C, H, W) to (N,)."""
    numbers = 1
    for side in SHAPES[name]:
        numbers *= side
    total = nn.Linear(numbers, 1)
    total.weight.data, total.bias.data = normal(g, 1, numbers) / numbers**0.5, 1 + uniform(g, 1)
    layers = OrderedDict(flatten=nn.Flatten(), total=total, each=nn.Flatten(0), positive=nn.Softplus())
    return nn.Sequential(layers).to(dtype).requires_grad_(False)


def _layers(images, content, style, more=(), alpha=lambda g: 0.3, beta=lambda g: 2.0, dtype=torch.float32):
    def inputs(g):
        names = dict.fromkeys([*more, *style, *content])
        features = {name: normal(g, images, *SHAPES[name], dtype=dtype) for name in names}
        modules = [{name: _module(g, name, dtype) for name in layers} for layers in (content, style)]
        return features, *modules, alpha(g), beta(g)

    return inputs


def _sum_up(share):
    """A module that gives the sum of an image's features, times a share."""
    total = nn.Linear(2, 1, bias=False)
    total.weight.data.fill_(share)
    return nn.Sequential(nn.Flatten(), total, nn.Flatten(0)).requires_grad_(False)


def _by_hand(g):
    features = {"low": torch.tensor([[[[1.0, 3.0]]]]), "high": torch.tensor([[[[5.0]], [[1.0]]]])}
    return features, {"high": _sum_up(1.0)}, {"low": _sum_up(1.0), "high": _sum_up(2.0)}, 0.5, 10.0


def _with(combine):
    """The wrong answer `combine(content losses, style losses, alpha, beta)`, both lists of (N,)."""

    def wrong(features, content, style, alpha, beta):
        both = [[module(features[name]) for name, module in modules.items()] for modules in (content, style)]
        return combine(*both, alpha, beta)

    return wrong


def _mean(losses):
    return sum(losses) / len(losses)


def _by_number_of_features(features, content, style, alpha, beta):
    content_sum, style_sum = (sum(m(features[name]) for name, m in modules.items()) for modules in (content, style))
    return (alpha * content_sum + beta * style_sum) / len(features)


def _content_or_style(count):
    """A layer of both is content only; the style of the others is divided by `count(their number, all)`."""

    def wrong(features, content, style, alpha, beta):
        of_content = [module(features[name]) for name, module in content.items()]
        of_style = [module(features[name]) for name, module in style.items() if name not in content]
        return alpha * _mean(of_content) + beta * sum(of_style) / count(len(of_style), len(style))

    return wrong


EXERCISE = Exercise(
    style_transfer.transfer_loss,
    cases=(
        Case("two layers by hand", _by_hand, random=False),
        Case("one content layer, two style layers, and their gradients", _layers(1, ["high"], ["low", "middle"]),
             observe=with_gradient),
        Case("layers that are in both, and one in neither",
             _layers(2, ["middle", "high"], ["low", "middle", "high"], more=["top"])),
        Case("alpha and beta for each of three images",
             _layers(3, ["high"], ["low", "high"], alpha=lambda g: uniform(g, 3), beta=lambda g: 5 * uniform(g, 3))),
        Case("no weight for content", _layers(2, ["low", "high"], ["middle"], alpha=lambda g: 0.0)),
        Case("double precision", _layers(2, ["top", "low"], ["high", "top", "middle"], dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("sum over the layers", _with(lambda c, s, alpha, beta: alpha * sum(c) + beta * sum(s)),
                "you added the layers up. With means, alpha against beta says the same however many layers there are."),
        Mistake("alpha and beta exchanged", _with(lambda c, s, alpha, beta: beta * _mean(c) + alpha * _mean(s)),
                "alpha and beta have changed places: alpha is the weight of content."),
        Mistake("one mean over all layers",
                _with(lambda c, s, alpha, beta: (alpha * sum(c) + beta * sum(s)) / (len(c) + len(s))),
                "you divided both sums by the number of all layers. Content and style each have a mean of their own."),
        Mistake("weights made shares",
                _with(lambda c, s, alpha, beta: (alpha * _mean(c) + beta * _mean(s)) / (alpha + beta)),
                "you divided by alpha + beta. They are weights, not shares; L-BFGS and Adam see the loss as it is."),
        Mistake("last layer only", _with(lambda c, s, alpha, beta: alpha * c[-1] + beta * s[-1]),
                "only the last layer of each kind counts in yours. Collect the losses of all, then take the mean."),
        Mistake("summed over the images",
                _with(lambda c, s, alpha, beta: (alpha * _mean(c) + beta * _mean(s)).sum()),
                "your result is one number for the batch. Images are optimized side by side, each for its own loss."),
        Mistake("beta forgotten", _with(lambda c, s, alpha, beta: alpha * _mean(c) + _mean(s)),
                "beta does not come in. Each of the two means has its weight."),
        Mistake("alpha forgotten", _with(lambda c, s, alpha, beta: _mean(c) + beta * _mean(s)),
                "alpha does not come in. Content has a weight as well as style."),
        Mistake("divided by the number of features", _by_number_of_features,
                "you divided by the number of layers in `features`. It may hold layers that nobody asked for; each "
                "mean is over the layers of its own dict."),
        Mistake("style of the other layers", _content_or_style(lambda others, all_layers: others),
                "your mean of style leaves out the layers that are in `content` as well. A layer may be in both dicts, "
                "and then it is asked twice."),
        Mistake("content or style", _content_or_style(lambda others, all_layers: all_layers),
                "a layer that is in both dicts counts for content only, as if it could not be both. It belongs to both "
                "means."),
        Mistake("alpha on everything", _with(lambda c, s, alpha, beta: alpha * (_mean(c) + beta * _mean(s))),
                "alpha multiplies style as well. Without content, at alpha = 0, nothing at all would be left."),
        Mistake("no gradient", lambda *inputs: style_transfer.transfer_loss(*inputs).detach(),
                "the sum is right, but no gradient comes back to the features. The pixels follow it, so the graph has "
                "to stay whole: no `item`, no `detach`, no `no_grad`."),
    ),
    points=2,
    success="Everything that follows is this sum, with other numbers in it.",
)  # fmt: skip
