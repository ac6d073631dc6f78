import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import occlusion


def _by_hand(g):
    probabilities = torch.tensor([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1],
                                  [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]])  # fmt: skip
    return probabilities, torch.tensor([[0, 0], [0, 2], [0, 4], [2, 0], [2, 2], [2, 4]])


def _table(height, width, size, stride, classes=6):
    def inputs(g):
        positions = occlusion.occluder_positions(uniform(g, 1, 3, height, width), size, stride)
        return (2 * normal(g, len(positions), classes)).softmax(dim=1), positions

    return inputs


def _columns_first(probabilities, positions):
    columns = len(positions[:, 1].unique())
    return probabilities.argmax(dim=1).view(columns, -1).T


def _probability(probabilities, positions):
    rows = len(positions[:, 0].unique())
    return probabilities.amax(dim=1).view(rows, -1)


def _mean_label(probabilities, positions):
    numbers = torch.arange(probabilities.shape[1]).to(probabilities)
    return (probabilities @ numbers).round().long().view(len(positions[:, 0].unique()), -1)


EXERCISE = Exercise(
    occlusion.label_map,
    cases=(
        Case("two rows of three places by hand", _by_hand, random=False),
        Case("a square grid", _table(9, 9, 3, 2)),
        Case("wider than tall", _table(7, 16, 4, 3)),
        Case("taller than wide", _table(15, 6, 3, 3)),
        Case("one row", _table(4, 14, 4, 2, classes=3)),
    ),
    mistakes=(
        Mistake("rows and columns mixed up", _columns_first,
                "rows and columns are mixed up. The places come row by row, so the first numbers are the first row."),
        Mistake("transposed", lambda p, places: occlusion.label_map(p, places).T,
                "your map lies on its side: rows are down, columns across."),
        Mistake("probabilities, not labels", _probability,
                "this is how probable the best class is. Asked is which class that is, its number."),
        Mistake("not laid out", lambda p, places: p.argmax(dim=1),
                "the labels are right, but in one line. Lay them out as the places lie: how many different tops "
                "are there?"),
        Mistake("mean of the labels", _mean_label,
                "you averaged the numbers of the classes. The mean of a cat, 285, and an espresso, 967, would be a "
                "lighter, 626: labels can be counted but not averaged."),
        Mistake("best place of each class", lambda p, places: p.argmax(dim=0),
                "you looked for the place at which each class is strongest. Asked is the strongest class at each "
                "place: the maximum over the other axis."),
    ),
    points=1,
    success="No class was asked about this time: the map says what the network would rather see.",
)  # fmt: skip
