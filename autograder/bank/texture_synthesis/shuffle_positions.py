import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import gram_matrix


def _shuffled(*shape, dtype=torch.float32):
    def inputs(g):
        return normal(g, *shape, dtype=dtype), torch.randperm(shape[2] * shape[3], generator=g)

    return inputs


def _by_hand(g):
    return torch.tensor([[[[1.0, 2.0, 3.0]], [[4.0, 5.0, 6.0]]]]), torch.tensor([2, 0, 1])


def _column_by_column(features, order):
    return gram_matrix.shuffle_positions(features.transpose(2, 3), order).transpose(2, 3)


def _each_channel_its_own(features, order):
    channels = features.split(1, dim=1)
    found = [gram_matrix.shuffle_positions(channel, order.roll(n)) for n, channel in enumerate(channels)]
    return torch.cat(found, dim=1)


def _each_image_its_own(features, order):
    found = [gram_matrix.shuffle_positions(image, order.roll(n)) for n, image in enumerate(features.split(1))]
    return torch.cat(found)


EXERCISE = Exercise(
    gram_matrix.shuffle_positions,
    cases=(
        Case("three positions by hand", _by_hand, random=False),
        Case("one image", _shuffled(1, 4, 4, 4)),
        Case("a batch of 3, wider than tall", _shuffled(3, 2, 2, 7)),
        Case("taller than wide", _shuffled(2, 3, 6, 3)),
        Case("double precision", _shuffled(1, 2, 3, 4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("the other way round",
                lambda f, order: gram_matrix.shuffle_positions(f, order.argsort()),
                "you sent position k to position order[k]. Asked is the reverse: position k gets what position "
                "order[k] has."),
        Mistake("column by column", _column_by_column,
                "you count the positions column by column. They are counted as one reads, row by row, which is also "
                "how a tensor lies in memory."),
        Mistake("another order for each channel", _each_channel_its_own,
                "each channel has been shuffled in another way. Then features that belong together are torn apart, "
                "and the Gram matrix changes. One order for all channels."),
        Mistake("another order for each image", _each_image_its_own,
                "each image has been shuffled in another way. One order is given, and it holds for the whole batch."),
        Mistake("left flat", lambda f, order: gram_matrix.shuffle_positions(f, order).flatten(2),
                "the values are in the right order, but you left them flat. Give the map its height and width back."),
    ),
    points=1,
    success="Every vector has a new place. Compare the two Gram matrices before you read on.",
)  # fmt: skip
