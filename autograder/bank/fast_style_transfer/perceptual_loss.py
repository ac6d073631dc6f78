import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform
from lib import fast_style_transfer

SHAPES = {"low": (3, 5, 6), "middle": (4, 3, 2), "high": (5, 2, 2)}


def _maps(g, images, names, dtype):
    return {name: normal(g, images, *SHAPES[name], dtype=dtype).relu() for name in names}


def _layers(images, contents, styles, samples=1, weight_each=False, dtype=torch.float32):
    """Layers for content and for style; `samples` is 1 for one style for all, or the number of images."""

    def inputs(g):
        names = dict.fromkeys([*contents, *styles])
        features, photographs = _maps(g, images, names, dtype), _maps(g, images, names, dtype)
        grams = {}
        for name, maps in _maps(g, samples, styles, dtype).items():
            flat = maps.flatten(2)
            grams[name] = flat @ flat.transpose(1, 2) / maps[0].numel()
        shape = (images,) if weight_each else ()
        both = []
        for chosen, factor in ((contents, 1), (styles, 20)):
            weights = {name: (0.2 + 3 * uniform(g, *shape, dtype=dtype)) * factor for name in chosen}
            both.append(weights if weight_each else {name: weight.item() for name, weight in weights.items()})
        return features, photographs, grams, *both

    return inputs


def _by_hand(g):
    features, contents = torch.tensor([[[[1.0, 3.0]]]]), torch.tensor([[[[0.0, 1.0]]]])
    return {"only": features}, {"only": contents}, {"only": torch.tensor([[[2.0]]])}, {"only": 2.0}, {"only": 0.5}


def _gram(maps):
    flat = maps.flatten(2)
    return flat @ flat.transpose(1, 2) / maps[0].numel()


def _stacked(maps):
    flat = maps.transpose(0, 1).flatten(1)
    return (flat @ flat.T / maps.numel())[None]


def _built(gram=_gram, content=lambda d: d.square().mean(dim=(1, 2, 3)), style=lambda d: d.square().sum(dim=(1, 2)),
           weigh=lambda weight, loss: weight * loss, parts=("content", "style"), share=lambda maps: 1):
    """The loss with one thing wrong."""

    def wrong(features, contents, grams, content_weights, style_weights):
        total = 0
        for name, weight in content_weights.items():
            if "content" in parts:
                total = total + weigh(weight, content(features[name] - contents[name]))
        for name, weight in style_weights.items():
            if "style" in parts:
                loss = style(gram(features[name]) - grams[name]) * share(features[name])
                total = total + weigh(weight, loss)
        return total

    return wrong


def _every_layer(features, contents, grams, content_weights, style_weights):
    weight = sum(content_weights.values()) / len(content_weights)
    chosen = {name: content_weights.get(name, weight) for name in contents}
    return fast_style_transfer.perceptual_loss(features, contents, grams, chosen, style_weights)


def _mean_over_layers(features, contents, grams, content_weights, style_weights):
    inputs = features, contents, grams
    parts = [(content_weights, {}), ({}, style_weights)]
    return sum(fast_style_transfer.perceptual_loss(*inputs, *part) / sum(map(len, part)) for part in parts)


def _without_graph(features, *others):
    return fast_style_transfer.perceptual_loss({name: maps.detach() for name, maps in features.items()}, *others)


EXERCISE = Exercise(
    fast_style_transfer.perceptual_loss,
    cases=(
        Case("one layer by hand", _by_hand, random=False),
        Case("one image, a layer for each, and their gradients", _layers(1, ["high"], ["low"]), observe=with_gradient),
        Case("three images, one style", _layers(3, ["middle"], ["low", "high"])),
        Case("two images, each with its own style", _layers(2, ["middle", "high"], ["low", "middle"], samples=2)),
        Case("a weight for each image", _layers(3, ["high"], ["low", "middle"], samples=3, weight_each=True)),
        Case("double precision", _layers(2, ["low"], ["middle", "high"], dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("Gram matrix of the whole batch", _built(gram=_stacked),
                "you made one Gram matrix of the whole batch. Then the pictures only need to have the style together, "
                "and each gets the same loss; every picture has a Gram matrix of its own."),
        Mistake("Gram matrix not divided", _built(gram=lambda maps: _gram(maps) * maps[0].numel()),
                "the pictures' Gram matrices are plain sums, as Gatys has them. The targets are divided by C · H · W: "
                "otherwise a large photograph could never match a small painting."),
        Mistake("divided by the positions only", _built(gram=lambda maps: _gram(maps) * maps.shape[1]),
                "your Gram matrices are divided by H · W. Johnson divides by the channels too, and the targets are "
                "made in this way."),
        Mistake("divided twice", _built(style=lambda d: d.square().mean(dim=(1, 2))),
                "you took the mean of the C² squared differences of the Gram matrices. They are divided already; here "
                "the squares are summed."),
        Mistake("Gatys's constants as well", _built(share=lambda maps: 0.25 / maps[0].numel() ** 2),
                "the squares of the style are divided by 4 C² H² W², as Gatys divides them. His Gram matrices are "
                "plain sums; yours have been divided by C · H · W before."),
        Mistake("content summed", _built(content=lambda d: d.square().sum(dim=(1, 2, 3))),
                "you summed the squared differences of the content over channels and positions. It is their mean, so "
                "that the size of the photograph does not matter."),
        Mistake("not squared", _built(content=lambda d: d.abs().mean((1, 2, 3)), style=lambda d: d.abs().sum((1, 2))),
                "you took the magnitudes of the differences. They are squared, in both parts."),
        Mistake("content not squared", _built(content=lambda d: d.abs().mean(dim=(1, 2, 3))),
                "in the content you took the magnitudes of the differences. They are squared, as in the style."),
        Mistake("style not squared", _built(style=lambda d: d.abs().sum(dim=(1, 2))),
                "in the style you took the magnitudes of the differences. They are squared, as in the content."),
        Mistake("roots of the sums", _built(style=lambda d: d.square().sum(dim=(1, 2)).sqrt()),
                "you took the norm of the difference of the Gram matrices. The loss is its square."),
        Mistake("weights left out", _built(weigh=lambda weight, loss: loss),
                "the weights are missing. They decide between photograph and painting."),
        Mistake("content only", _built(parts=("content",)),
                "only the content counts. A network that copies the photograph would be perfect."),
        Mistake("style only", _built(parts=("style",)),
                "only the style counts. The photograph would not matter."),
        Mistake("every layer counts as content", _every_layer,
                "you compare the photographs in every layer that there is. Only those in the weights of the content "
                "count."),
        Mistake("mean over the layers", _mean_over_layers,
                "you divided by the number of layers. Losses of several layers are added; the weights do the rest."),
        Mistake("number of pictures in the Gram matrices", _built(gram=lambda maps: _gram(maps) / len(maps)),
                "your Gram matrices get smaller with more pictures in the batch: their number is among what you divide "
                "by. C · H · W are those of one picture."),
        Mistake("content over the batch", _built(content=lambda d: d.square().mean()),
                "the content of each picture is compared over the whole batch, so a good picture pays for a bad one "
                "beside it. The mean runs over channels and positions of one."),
        Mistake("style over the batch", _built(style=lambda d: d.square().sum()),
                "the style of each picture is summed over the whole batch. The sum runs over the two channel axes of "
                "one picture's matrix."),
        Mistake("both over the batch", _built(content=lambda d: d.square().mean(), style=lambda d: d.square().sum()),
                "neither part keeps the pictures apart: the mean of the content and the sum of the style both run over "
                "the axis of the batch as well."),
        Mistake("one number for the batch", lambda *inputs: fast_style_transfer.perceptual_loss(*inputs).mean(),
                "you have one number for the whole batch. Each picture has a loss of its own: (N,)."),
        Mistake("no gradient", _without_graph,
                "the loss is right, but no gradient comes back to the features, and a painter could not learn from it. "
                "Nothing may cut the graph: no `item`, no `detach`, no `no_grad`."),
    ),
    points=3,
    success="In 09 this loss looked at one picture. Now it judges a painter, by every picture that it paints.",
)  # fmt: skip
