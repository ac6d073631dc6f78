import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import patches


def _maps(n, height, width, k, dtype=torch.float32):
    return lambda g: (uniform(g, n, height, width, dtype=dtype), k)


def _by_hand(g):
    maps = torch.zeros(3, 2, 3)
    maps[0, 1, 2], maps[1, 0, 1], maps[1, 0, 2], maps[2, 0, 0] = 3, 5, 4, 1
    return maps, 2


def _one_bright_image(g):
    """One image in which everything is stronger than anywhere else."""
    maps = uniform(g, 6, 4, 5)
    maps[2] += 3
    return maps, 4


def _signed(g):
    return normal(g, 8, 3, 5) - 1, 4


def _unravel(flat, maps):
    height, width = maps.shape[1:]
    return torch.stack([flat // (height * width), flat // width % height, flat % width], dim=1)


def _anywhere(maps, k):
    return _unravel(maps.flatten().topk(k).indices, maps)


def _ranked(rank, largest=True, position=None):
    def wrong(maps, k):
        image = rank(maps.flatten(1)).topk(k, largest=largest).indices
        flat = (maps if position is None else position(maps)).flatten(1).argmax(dim=1)[image]
        return torch.stack([image, flat // maps.shape[2], flat % maps.shape[2]], dim=1)

    return wrong


def _weakest_first(maps, k):
    return patches.strongest_places(maps, k).flip(0)


def _height_for_width(maps, k):
    image = maps.flatten(1).amax(dim=1).topk(k).indices
    flat = maps.flatten(1).argmax(dim=1)[image]
    return torch.stack([image, flat // maps.shape[1], flat % maps.shape[1]], dim=1)


def _place_of_the_wrong_image(maps, k):
    image = maps.flatten(1).amax(dim=1).topk(k).indices
    flat = maps.flatten(1).argmax(dim=1)[:k]
    return torch.stack([image, flat // maps.shape[2], flat % maps.shape[2]], dim=1)


def _in_order_of_images(maps, k):
    found = patches.strongest_places(maps, k)
    return found[found[:, 0].argsort()]


EXERCISE = Exercise(
    patches.strongest_places,
    cases=(
        Case("three images by hand", _by_hand, random=False),
        Case("the strongest 9 of 20, wider than tall", _maps(20, 4, 7, 9)),
        Case("the strongest 9 of 20, taller than wide", _maps(20, 7, 4, 9)),
        Case("one image stronger than all others", _one_bright_image),
        Case("all of 8, square", _maps(8, 5, 5, 8)),
        Case("before the ReLU, mostly negative", _signed),
        Case("double precision", _maps(12, 3, 4, 5, torch.float64)),
    ),
    mistakes=(
        Mistake("k places of one image", _anywhere,
                "you took the strongest places of all, wherever they are. Most of them then lie in one image, next to "
                "each other, and you see one thing k times. Take at most one place from each image."),
        Mistake("ranked by the mean", _ranked(lambda values: values.mean(dim=1)),
                "you ranked the images by their mean activation. A channel that is very sure of one small thing has "
                "a low mean. Rank by the maximum."),
        Mistake("weakest images", _ranked(lambda values: values.amax(dim=1), largest=False),
                "these are the images in which the channel is weakest. Sorting starts with the smallest unless told "
                "otherwise."),
        Mistake("weakest first", _weakest_first,
                "the right places in the reverse order. The strongest comes first."),
        Mistake("height for width", _height_for_width,
                "rows and columns come out wrong where a map is not square. A flattened position is row · width + "
                "column, so take it apart with the width."),
        Mistake("place of another image", _place_of_the_wrong_image,
                "the images are right, their places are not: after sorting, row i is no longer image i. Pick the "
                "positions by the images that were chosen."),
        Mistake("ranked by absolute value",
                _ranked(lambda values: values.abs().amax(dim=1), position=lambda maps: maps.abs()),
                "you ranked by absolute value. A strongly negative unit is silenced by the ReLU that follows; "
                "strongest means largest."),
        Mistake("in order of images", _in_order_of_images,
                "the right places, sorted by the number of the image. Sort them by strength, the strongest first."),
    ),
    points=1,
    success="You know where to look. Next, how much of the photograph belongs to that place.",
)  # fmt: skip
