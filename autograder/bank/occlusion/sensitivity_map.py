import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import occlusion


def _mapped(height, width, size, stride, batch_size):
    def inputs(g):
        return network(g), uniform(g, 1, 3, height, width), int(whole(g, 0, 4, 1)), size, stride, batch_size

    return inputs


def _from(compare, output=lambda scores: scores.softmax(1), choose=lambda before, class_index: class_index):
    """A map made from the class's value before and after, by `compare(before, after)`."""

    def wrong(net, image, class_index, size, stride, batch_size):
        positions = occlusion.occluder_positions(image, size, stride)
        with torch.no_grad():
            before, after = output(net(image)), output(net(occlusion.occlude(image, positions, size)))
        chosen = choose(before, class_index)
        values = compare(before[0, chosen], after[:, chosen])
        return occlusion.average_overlaps(values, positions, size, *image.shape[2:])

    return wrong


def _side_by_side(net, image, class_index, size, stride, batch_size):
    return occlusion.sensitivity_map(net, image, class_index, size, size, batch_size)


EXERCISE = Exercise(
    occlusion.sensitivity_map,
    cases=(
        Case("8 × 8 pixels", _mapped(8, 8, 4, 2, 4), observe=observe.on_network),
        Case("a last step that is shorter, wider than tall", _mapped(7, 12, 4, 3, 3), observe=observe.on_network),
        Case("taller than wide", _mapped(11, 6, 3, 2, 16), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("drop of the score", _from(lambda before, after: before - after, lambda scores: scores),
                "this is the drop of the score. A score may fall by ten and leave the class as certain as before. "
                "The map asks for the probability, after softmax."),
        Mistake("probability, not its drop", _from(lambda before, after: after),
                "your map shows the probability that is left, so it is cold where the class needs to see. Show what is "
                "lost: before minus after."),
        Mistake("sign turned", _from(lambda before, after: after - before),
                "right but for the sign: a drop is what was there before minus what is left after."),
        Mistake("share of the probability", _from(lambda before, after: (before - after) / before),
                "you divided the drop by the probability before. That makes a doubtful image look like a sure one. The "
                "drop itself is asked, in probability."),
        Mistake("negative drops cut off", _from(lambda before, after: (before - after).relu()),
                "you cut off the negative drops. They are places where covering something helps the class, most often "
                "another object; that is worth seeing."),
        Mistake("most probable class", _from(lambda b, a: b - a, choose=lambda before, c: before.argmax(1).item()),
                "you took the class that the network prefers. One may ask about any class; use `class_index`."),
        Mistake("stride ignored", _side_by_side,
                "your squares stand side by side: the stride is not used. Overlapping squares make the map finer than "
                "the square is."),
    ),
    points=1,
    builds_on=("occluder_positions", "occlude", "occluded_probabilities", "average_overlaps"),
    success="A map for any network that answers questions, even one that you cannot open.",
)  # fmt: skip
