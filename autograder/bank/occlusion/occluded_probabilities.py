import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import occlusion


def _asked(count, batch_size, height=8, width=8, size=4):
    def inputs(g):
        tops, lefts = whole(g, 0, height - size, count), whole(g, 0, width - size, count)
        net, image = network(g), uniform(g, 1, 3, height, width)
        return net, image, torch.stack([tops, lefts], dim=1), size, batch_size

    return inputs


def _of_scores(measure):
    def wrong(net, image, positions, size, batch_size):
        copies = [occlusion.occlude(image, places, size) for places in positions.split(batch_size)]
        with torch.no_grad():
            return measure(torch.cat([net(batch) for batch in copies]))

    return wrong


def _softmax_over_places(net, image, positions, size, batch_size):
    with torch.no_grad():
        return torch.cat([net(occlusion.occlude(image, p, size)).softmax(0) for p in positions.split(batch_size)])


def _last_batch_lost(net, image, positions, size, batch_size):
    whole_batches = positions[: len(positions) // batch_size * batch_size]
    return occlusion.occluded_probabilities(net, image, whole_batches, size, batch_size)


EXERCISE = Exercise(
    occlusion.occluded_probabilities,
    cases=(
        Case("5 places in batches of 2", _asked(5, 2), observe=observe.counting_passes),
        Case("7 places in batches of 3, wider than tall", _asked(7, 3, 6, 11), observe=observe.counting_passes),
        Case("4 places in one batch", _asked(4, 4), observe=observe.counting_passes),
        Case("fewer places than fit", _asked(3, 3, 9, 7), observe=observe.counting_passes),
    ),
    mistakes=(
        Mistake("softmax left out", _of_scores(lambda scores: scores),
                "these are scores. Zeiler and Fergus ask for the probability: softmax over the classes, so that a "
                "drop of 0.5 means the same for every image. In Grad-CAM it was the other way round."),
        Mistake("log-probability", _of_scores(lambda scores: scores.log_softmax(1)),
                "these are logarithms of the probabilities. They fall without end where a class is already gone; "
                "the map shall say how much of the probability is lost."),
        Mistake("softmax over the places", _softmax_over_places,
                "your softmax runs over the places, so each class adds up to one over a batch. Each image is to "
                "be shared out among the classes: the other axis."),
        Mistake("sigmoid", _of_scores(lambda scores: scores.sigmoid()),
                "you took the sigmoid of each score by itself. This network chooses one class among many, so its "
                "probabilities add up to one: softmax."),
        Mistake("one forward pass per place",
                lambda net, i, p, size, batch: occlusion.occluded_probabilities(net, i, p, size, 1),
                "the values are right, but you ask the network about one copy at a time. It is built for "
                "batches; several at once cost much less than one by one."),
        Mistake("all places at once",
                lambda net, i, p, size, batch: occlusion.occluded_probabilities(net, i, p, size, len(p)),
                "the values are right, but all copies go through in one pass, whatever `batch_size` says. With a "
                "thousand places of a large photograph that does not fit into memory."),
        Mistake("last batch lost", _last_batch_lost,
                "the places after the last full batch are missing. The last batch may be smaller, but it has to be "
                "asked."),
    ),
    points=2,
    builds_on=("occlude",),
    success="The expensive part is done, and once: every map below is made from such a table.",
)  # fmt: skip
