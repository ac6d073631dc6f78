import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import deconvnet


def _by_hand(g):
    switches = torch.tensor([[[[0, 7], [9, 10]]]])
    return torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), switches, (4, 4)


def _pooled(n, channels, height, width, dtype=torch.float32):
    def inputs(g):
        before = normal(g, n, channels, height, width, dtype=dtype)
        maps, switches = F.max_pool2d(before, 2, return_indices=True)
        return normal(g, *maps.shape, dtype=dtype), switches, (height, width)

    return inputs


def _corner(maps, switches, size):
    whole = maps.new_zeros(*maps.shape[:2], *size)
    height, width = maps.shape[-2:]
    whole[..., : 2 * height : 2, : 2 * width : 2] = maps
    return whole


def _even(maps, switches, size):
    height, width = maps.shape[-2:]
    return deconvnet.unpool(maps, switches, size)[..., : 2 * height, : 2 * width]


def _turned(maps, switches, size):
    places = switches % size[1] * size[0] + switches // size[1]
    return deconvnet.unpool(maps, places, size)


def _first_channel(maps, switches, size):
    return deconvnet.unpool(maps, switches[:, :1].expand_as(switches), size)


def _first_image(maps, switches, size):
    return deconvnet.unpool(maps, switches[:1].expand_as(switches), size)


def _marked(maps, switches, size):
    return deconvnet.unpool(torch.ones_like(maps), switches, size)


EXERCISE = Exercise(
    deconvnet.unpool,
    cases=(
        Case("four values by hand", _by_hand, random=False),
        Case("one image", _pooled(1, 3, 6, 6)),
        Case("a batch of 2, wider than tall", _pooled(2, 4, 4, 8)),
        Case("odd height and width", _pooled(2, 3, 7, 5)),
        Case("double precision", _pooled(1, 2, 5, 6, torch.float64)),
    ),
    mistakes=(
        Mistake("without switches, enlarged", lambda m, s, size: F.interpolate(m, size, mode="nearest"),
                "you spread each value over its whole window. The maximum was in one place; the switch knows which, "
                "and everywhere else it is zero."),
        Mistake("without switches, in the corner", _corner,
                "you put each value into the corner of its window. The switches say where the maximum really was; "
                "without them every edge moves."),
        Mistake("averaged back", lambda m, s, size: F.interpolate(m, size, mode="nearest") / 4,
                "you divided each value among its window, as average pooling would want it. Maximum pooling listened "
                "to one place only."),
        Mistake("always twice as large", _even,
                "your result is 2h × 2w. An odd height or width has lost a row or column in the pooling that has to "
                "come back, empty: take the size that is given."),
        Mistake("rows and columns exchanged", _turned,
                "your places are turned: a switch counts row by row, row · W + column."),
        Mistake("one channel's switches for all", _first_channel,
                "every channel has switches of its own; you used those of the first for all."),
        Mistake("one image's switches for all", _first_image,
                "every image of a batch has switches of its own; you used those of the first for all."),
        Mistake("ones in place of values", _marked,
                "the places are right, but you put ones there. The values themselves return."),
    ),
    points=1,
    success="Pooling forgets where. The switches are the note it leaves, and they come from this one image.",
)  # fmt: skip
