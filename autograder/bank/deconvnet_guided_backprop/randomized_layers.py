import copy

import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, whole
from lib import randomization

LAYERS = ["linear", "conv2", "conv1"]


def _from_the_top(count, channels=6):
    def inputs(g):
        seed = int(whole(g, 0, 2**31 - 1, 1))
        return network(g, channels=channels), LAYERS[:count], torch.Generator().manual_seed(seed)

    return inputs


def _redrawn(weight=None, bias=None, choose=None, given=False):
    """The method with one of its parts replaced."""

    def wrong(net, names, generator):
        fresh = net if given else copy.deepcopy(net)
        for name in names if choose is None else choose(names):
            layer = fresh.get_submodule(name)
            noise = torch.randn(layer.weight.shape, generator=generator)
            new = noise * layer.weight.std() if weight is None else weight(layer.weight, noise, generator)
            layer.weight.data = new
            layer.bias.data = torch.zeros_like(layer.bias) if bias is None else bias(layer.bias)
        return fresh

    return wrong


def _shuffled(old, noise, generator):
    return old.flatten()[noise.flatten().argsort()].view_as(old)


EXERCISE = Exercise(
    randomization.randomized_layers,
    cases=(
        Case("the last layer", _from_the_top(1), observe=observe_results.new_network),
        Case("two layers", _from_the_top(2, 4), observe=observe_results.new_network),
        Case("all three layers", _from_the_top(3, 5), observe=observe_results.new_network),
    ),
    mistakes=(
        Mistake("the network itself changed", _redrawn(given=True),
                "the new weights are right, but they are in the network that you were given: what it had learned is "
                "gone. Work on a copy."),
        Mistake("weights set to zero", _redrawn(weight=lambda old, noise, g: torch.zeros_like(old)),
                "you set the weights to zero. Then nothing passes that layer at all; an untrained network has random "
                "weights."),
        Mistake("noise added", _redrawn(weight=lambda old, noise, g: old + noise * old.std()),
                "you added noise to the weights. What was learned is still underneath; replace them."),
        Mistake("weights shuffled", _redrawn(weight=_shuffled),
                "you shuffled the learned weights. That is a fair test of its own, but here they are drawn anew from a "
                "normal distribution."),
        Mistake("standard deviation ignored", _redrawn(weight=lambda old, noise, g: noise),
                "your new weights have a standard deviation of one, whatever the old ones had. Signals then grow or "
                "vanish from layer to layer, and you measure that instead."),
        Mistake("variance for deviation", _redrawn(weight=lambda old, noise, g: noise * old.var()),
                "you multiplied by the variance of the old weights. To have their size again take the standard "
                "deviation."),
        Mistake("biases kept", _redrawn(bias=lambda old: old),
                "the biases of those layers are still the learned ones. They have learned something too; set them "
                "to zero."),
        Mistake("only the first name", _redrawn(choose=lambda names: names[:1]),
                "only the first of the layers is new. Every layer in the list is drawn anew."),
        Mistake("every layer", _redrawn(choose=lambda names: LAYERS),
                "you drew every layer anew. Only those in the list: it is the cascade from the top that shows what a "
                "map depends on."),
    ),
    points=2,
    success="A network that has forgotten, layer by layer. Which of your pictures notice?",
)  # fmt: skip
