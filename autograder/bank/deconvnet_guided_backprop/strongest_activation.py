import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import deconvnet


def _by_hand(g):
    return torch.tensor([[[[1.0, 9.0], [2.0, 0.0]], [[3.0, 0.0], [4.0, 1.0]]]]), 1


def _maps(n, channels, height, width, dtype=torch.float32):
    return lambda g: (uniform(g, n, channels, height, width, dtype=dtype) * 5, int(whole(g, 0, channels - 1, 1)))


def _whole_channel(maps, channel):
    kept = torch.zeros_like(maps)
    kept[:, channel] = maps[:, channel]
    return kept


def _where(keep):
    return lambda maps, channel: maps * keep(maps, channel)


def _of_all(maps, channel):
    return maps == maps.amax(dim=(1, 2, 3), keepdim=True)


def _whole_column(maps, channel):
    chosen = maps[:, [channel]]
    return chosen == chosen.amax(dim=(2, 3), keepdim=True)


def _each_channels(maps, channel):
    return maps == maps.amax(dim=(2, 3), keepdim=True)


def _of_the_batch(maps, channel):
    kept = _whole_channel(maps, channel)
    return kept * (kept == kept.max())


def _of_each_row(maps, channel):
    kept = _whole_channel(maps, channel)
    return kept * (kept == kept.amax(dim=3, keepdim=True))


def _set_to_one(maps, channel):
    return (deconvnet.strongest_activation(maps, channel) > 0).to(maps)


EXERCISE = Exercise(
    deconvnet.strongest_activation,
    cases=(
        Case("two channels by hand", _by_hand, random=False),
        Case("one image", _maps(1, 4, 3, 3)),
        Case("a batch of 3, wider than tall", _maps(3, 5, 4, 7)),
        Case("double precision", _maps(2, 3, 5, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("the whole channel kept", _whole_channel,
                "you kept the whole channel. All its places send their patterns down at once, and they overlap; the "
                "question is what excited it most, in one place."),
        Mistake("strongest of all channels", _where(_of_all),
                "you kept the strongest activation of the layer, whichever channel it is in. Ask the one channel."),
        Mistake("all channels at that place", _where(_whole_column),
                "you kept every channel at the strongest place. The others respond to other things; set them to zero."),
        Mistake("every channel's strongest", _where(_each_channels),
                "you kept the strongest activation of every channel. Only the one that is asked about stays."),
        Mistake("strongest of the batch", _of_the_batch,
                "you kept one activation for the whole batch. Each image has its own strongest place."),
        Mistake("strongest of each row", _of_each_row,
                "one activation is left in each row; a maximum over one axis only. It is the maximum over the whole "
                "map that stays."),
        Mistake("set to one", _set_to_one,
                "the place is right, but you put a one there. The activation keeps its value, so that a weak response "
                "gives a weak picture."),
    ),
    points=1,
    success="One number in one place. Everything in the picture will come from it.",
)  # fmt: skip
