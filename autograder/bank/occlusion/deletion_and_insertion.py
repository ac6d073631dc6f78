import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, normal, uniform, whole
from lib import faithfulness


def _judged(height, width, steps):
    def inputs(g):
        image, blank = uniform(g, 1, 3, height, width), uniform(g, 1, 3, 1, 1).expand(1, 3, height, width).clone()
        return network(g), image, blank, normal(g, height, width), int(whole(g, 0, 4, 1)), steps

    return inputs


def _curves(output=lambda scores: scores.softmax(1), choose=lambda first, class_index: class_index):
    def wrong(net, image, blank, heat, class_index, steps):
        with torch.no_grad():
            values = [
                output(net(faithfulness.replace_hottest(start, end, heat, steps)))
                for start, end in ((image, blank), (blank, image))
            ]
        chosen = choose(values[0][0], class_index)
        return values[0][:, chosen], values[1][:, chosen]

    return wrong


def _film_backwards(net, image, blank, heat, class_index, steps):
    deletion, _ = faithfulness.deletion_and_insertion(net, image, blank, heat, class_index, steps)
    return deletion, deletion.flip(0)


def _exchanged(net, image, blank, heat, class_index, steps):
    return faithfulness.deletion_and_insertion(net, image, blank, heat, class_index, steps)[::-1]


def _complement(net, image, blank, heat, class_index, steps):
    deletion, _ = faithfulness.deletion_and_insertion(net, image, blank, heat, class_index, steps)
    return deletion, 1 - deletion


EXERCISE = Exercise(
    faithfulness.deletion_and_insertion,
    cases=(
        Case("6 × 6 pixels in 4 steps", _judged(6, 6, 4), observe=observe.on_network),
        Case("wider than tall, 5 steps", _judged(6, 11, 5), observe=observe.on_network),
        Case("taller than wide, 3 steps", _judged(9, 7, 3), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("softmax left out", _curves(lambda scores: scores),
                "these are scores, not probabilities. Areas under scores cannot be compared between images: their "
                "scale differs and they may be negative. Softmax first."),
        Mistake("log-probability", _curves(lambda scores: scores.log_softmax(1)),
                "these are logarithms. The area under a curve of probabilities lies between 0 and 1, and that is what "
                "the paper compares."),
        Mistake("insertion read backwards", _film_backwards,
                "your insertion is the deletion read backwards, so it puts the coldest pixels back first. Insertion "
                "asks something new: how few of the hottest pixels are enough."),
        Mistake("the two exchanged", _exchanged,
                "deletion and insertion have changed places: deletion begins with the image and comes first."),
        Mistake("insertion as one minus deletion", _complement,
                "your insertion is one minus the deletion. What the network says of a few pixels does not follow from "
                "what it says of the rest; it has to be asked."),
        Mistake("most probable class", _curves(choose=lambda first, c: first.argmax().item()),
                "you followed the class that the network prefers. The map was made for `class_index`; follow "
                "that one."),
    ),
    points=1,
    builds_on=("replace_hottest",),
    success="A picture has made a prediction, and you have tested it.",
)  # fmt: skip
