import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import gram_matrix

SHAPES = {"low": (3, 5, 6), "middle": (4, 3, 2), "high": (5, 2, 2)}


def _maps(g, images, names, dtype=torch.float32):
    return {name: normal(g, images, *SHAPES[name], dtype=dtype).relu() for name in names}


def _layers(images, samples, names, more=(), dtype=torch.float32, weight_each=False):
    """Some layers, with `more` in the features that are no targets."""

    def inputs(g):
        features = _maps(g, images, [*more, *names], dtype)
        sample = _maps(g, samples, names, dtype)
        targets = {name: gram_matrix.gram_matrix(maps) for name, maps in sample.items()}
        shape = (images,) if weight_each else ()
        weights = {name: 0.1 + 3 * uniform(g, *shape, dtype=dtype) for name in names}
        return features, targets, weights if weight_each else {n: w.item() for n, w in weights.items()}

    return inputs


def _by_hand(g):
    return {"only": torch.tensor([[[[1.0, 3.0]]]])}, {"only": torch.tensor([[[2.0]]])}, {"only": 0.5}


def _losses(features, targets):
    found = {}
    for name, target in targets.items():
        positions = features[name][0, 0].numel()
        found[name] = gram_matrix.layer_loss(gram_matrix.gram_matrix(features[name]), target, positions)
    return found


def _weighted(weigh):
    """The wrong answer that adds up `weigh(weight, loss)`."""

    def wrong(features, targets, weights):
        return sum(weigh(weights[name], loss) for name, loss in _losses(features, targets).items())

    return wrong


def _mean(features, targets, weights):
    return gram_matrix.texture_loss(features, targets, weights) / len(targets)


def _shares(features, targets, weights):
    return gram_matrix.texture_loss(features, targets, weights) / sum(weights.values())


def _last(features, targets, weights):
    name = list(targets)[-1]
    return weights[name] * _losses(features, targets)[name]


def _first(features, targets, weights):
    name = next(iter(targets))
    return weights[name] * _losses(features, targets)[name]


def _gram_of_the_targets(features, targets, weights):
    twice = {name: gram_matrix.gram_matrix(target) for name, target in targets.items()}
    return gram_matrix.texture_loss(features, twice, weights)


def _other_positions(count):
    """The wrong answer in which `count(features, name)` stands for the number of positions."""

    def wrong(features, targets, weights):
        total = 0
        for name, target in targets.items():
            gram = gram_matrix.gram_matrix(features[name])
            total = total + weights[name] * gram_matrix.layer_loss(gram, target, count(features, name))
        return total

    return wrong


def _gram_of_the_mean(features, targets, weights):
    total = 0
    for name, target in targets.items():
        maps, positions = features[name], features[name][0, 0].numel()
        gram = gram_matrix.gram_matrix(maps) / positions
        total = total + weights[name] * gram_matrix.layer_loss(gram, target, positions)
    return total


EXERCISE = Exercise(
    gram_matrix.texture_loss,
    cases=(
        Case("one layer by hand", _by_hand, random=False),
        Case("two layers, and their gradients", _layers(1, 1, ["low", "high"]), observe=with_gradient),
        Case("three layers, two images, each with its own sample", _layers(2, 2, ["low", "middle", "high"])),
        Case("a layer more than is asked for", _layers(2, 1, ["middle", "high"], more=["low"])),
        Case("a weight for each image", _layers(3, 3, ["low", "middle"], weight_each=True)),
        Case("double precision", _layers(1, 1, ["high", "low"], dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("mean over the layers", _mean,
                "you divided by the number of layers. The loss is their sum; how much each one counts is what the "
                "weights are for."),
        Mistake("weights made shares", _shares,
                "you divided by the sum of the weights. They are no shares: w = 2 means that this layer counts twice."),
        Mistake("weights left out", _weighted(lambda weight, loss: loss),
                "you added the losses as they are. Each is multiplied by its layer's weight first."),
        Mistake("weights squared", _weighted(lambda weight, loss: weight**2 * loss),
                "the weights come in squared. They multiply the loss of a layer, not its Gram matrices."),
        Mistake("last layer only", _last,
                "you return the last layer's loss alone. Start from zero before the loop, and add."),
        Mistake("first layer only", _first,
                "only the first layer counts in what you return. Perhaps the function ends within the loop, after its "
                "first round: it has to wait until all layers are added."),
        Mistake("Gram matrices of the targets", _gram_of_the_targets,
                "you made Gram matrices of the targets. They are Gram matrices already; only the images' maps still "
                "have to become some."),
        Mistake("summed over the images", lambda *inputs: gram_matrix.texture_loss(*inputs).sum(),
                "you added up the losses of all images. They are separate pictures, each with its own loss: (N,)."),
        Mistake("only one side counted", _other_positions(lambda features, name: features[name].shape[2]),
                "you took the height alone for the number of positions. It is H · W."),
        Mistake("positions of the first layer",
                _other_positions(lambda features, name: next(iter(features.values()))[0, 0].numel()),
                "you count the positions once, for all layers. Each layer has its own number; pooling shrinks it."),
        Mistake("channels counted as positions", _other_positions(lambda features, name: features[name][0].numel()),
                "you counted C · H · W positions. A position has C channels, and is one position."),
        Mistake("the whole batch counted as positions", _other_positions(lambda features, name: features[name].numel()),
                "you counted all numbers of the batch, images and channels included, as positions. They are H · W: "
                "one image and one channel."),
        Mistake("Gram matrix normalized on the way", _gram_of_the_mean,
                "you divided the images' Gram matrices by the number of positions, while the targets are plain sums. "
                "The two no longer measure the same, and the constants do it once more."),
        Mistake("no gradient",
                lambda features, *rest: gram_matrix.texture_loss({n: f.detach() for n, f in features.items()}, *rest),
                "the sum is right, but no gradient comes back to the features, and an image could never follow it. "
                "Leave the graph whole: no `no_grad`, no `item`, no `detach`."),
    ),
    points=2,
    builds_on=("gram_matrix", "layer_loss"),
    success="The whole texture model is this function. All that is missing is an image that makes it small.",
)  # fmt: skip
