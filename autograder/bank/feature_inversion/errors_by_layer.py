import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import feature_inversion
from lib.feature_maps import feature_maps


def _seen(layers, n, height, width):
    def inputs(g):
        return network(g), layers, uniform(g, n, 3, height, width), uniform(g, 1, 3, height, width)

    return inputs


def _codes(net, layers, images, original):
    with torch.no_grad():
        found = feature_maps(net, torch.cat([original, images]), layers)
    return [(found[layer][1:], found[layer][:1]) for layer in layers]


def _by(loss):
    def wrong(net, layers, images, original):
        return torch.stack([loss(found, target) for found, target in _codes(net, layers, images, original)])

    return wrong


def _squares(x):
    return x.flatten(1).square().sum(dim=1)


def _one_by_one(net, layers, images, original):
    kept = []
    for layer in layers:
        kept.append(feature_inversion.errors_by_layer(net, [layer], images, original)[0])
    return torch.stack(kept)


def _two_passes(net, layers, images, original):
    with torch.no_grad():
        found, target = feature_maps(net, images, layers), feature_maps(net, original, layers)
    return torch.stack([feature_inversion.relative_feature_loss(found[layer], target[layer]) for layer in layers])


def _attached(net, layers, images, original):
    errors = feature_inversion.errors_by_layer(net, layers, images, original)
    return errors.requires_grad_()


EXERCISE = Exercise(
    feature_inversion.errors_by_layer,
    cases=(
        Case("one image, two layers", _seen(["relu1", "linear"], 1, 6, 6), observe=observe.counting_passes),
        Case("three images, four layers", _seen(["conv1", "pool", "relu2", "linear"], 3, 8, 8),
             observe=observe.counting_passes),
        Case("layers from back to front, wider than tall", _seen(["linear", "relu2", "conv1"], 2, 6, 10),
             observe=observe.counting_passes),
        Case("as many images as layers, taller than wide", _seen(["conv2", "relu1", "pool"], 3, 9, 7),
             observe=observe.counting_passes),
    ),
    mistakes=(
        Mistake("not normalized", _by(lambda found, target: _squares(found - target)),
                "these are squared distances, not shares. Layers differ in how large their activations are, so "
                "without dividing by the code's own size no two rows can be compared."),
        Mistake("divided by the reconstruction", _by(lambda found, target: _squares(found - target) / _squares(found)),
                "you divided by the size of the reconstruction's code. The original is the measure: it is the same for "
                "all reconstructions."),
        Mistake("root of the loss", _by(lambda found, target: (_squares(found - target) / _squares(target)).sqrt()),
                "you took the root. Keep the relative loss as it was minimized, squares over squares, so that these "
                "numbers and those of the search agree."),
        Mistake("mean over the images",
                lambda *inputs: feature_inversion.errors_by_layer(*inputs).mean(dim=1),
                "you averaged over the images. The table has a row for each layer and a column for each image."),
        Mistake("rows and columns exchanged", lambda *inputs: feature_inversion.errors_by_layer(*inputs).T,
                "rows and columns have changed places: layers are rows, images are columns."),
        Mistake("layers sorted front to back",
                lambda net, layers, images, original: feature_inversion.errors_by_layer(
                    net, [name for name, _ in net.named_modules() if name in layers], images, original),
                "your rows come in the order in which the network computes the layers. They belong in the order of "
                "the list that was given."),
        Mistake("a pass for each layer", _one_by_one,
                "the values are right, but the network ran once for each layer. One pass sees all layers; ask for all "
                "of them at once, original and images together."),
        Mistake("a pass for the original", _two_passes,
                "the values are right, but images and original went through the network one after the other. In one "
                "batch they need one pass, and none of them knows of its neighbors."),
        Mistake("still in the graph", _attached,
                "the values are right, but they are still attached to the graph. Nothing is optimized here, so "
                "nothing needs to be kept for a backward pass."),
    ),
    points=2,
    builds_on=("relative_feature_loss",),
    success="Now any layer can be asked what it thinks of any reconstruction.",
)  # fmt: skip
