import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import occlusion


def _squares(count, size, height, width, dtype=torch.float32):
    def inputs(g):
        tops, lefts = whole(g, 0, height - size, count), whole(g, 0, width - size, count)
        return uniform(g, 1, 3, height, width, dtype=dtype), torch.stack([tops, lefts], dim=1), size

    return inputs


def _by_hand(g):
    return torch.ones(1, 3, 2, 3), torch.tensor([[0, 0], [0, 2]]), 1


def _filled(values):
    """The wrong answer whose squares hold `values(image)`, (1, 3, 1, 1)."""

    def wrong(image, positions, size):
        gray = occlusion.occlude(torch.zeros_like(image), positions, size) == 0.5
        return torch.where(gray, values(image), image)

    return wrong


def _all_squares_stay(image, positions, size):
    squares = occlusion.occlude(torch.zeros_like(image), positions, size).cumsum(dim=0) > 0
    return torch.where(squares, torch.full_like(image, 0.5), image)


def _the_rest(image, positions, size):
    squares = occlusion.occlude(torch.zeros_like(image), positions, size) == 0.5
    return torch.where(squares, image, torch.full_like(image, 0.5))


def _first_color(image, positions, size):
    copies = occlusion.occlude(image, positions, size)
    return torch.cat([copies[:, :1], image[:, 1:].expand(len(copies), -1, -1, -1)], dim=1)


EXERCISE = Exercise(
    occlusion.occlude,
    cases=(
        Case("two squares of one pixel by hand", _by_hand, random=False),
        Case("one square", _squares(1, 3, 7, 7)),
        Case("five squares, wider than tall", _squares(5, 3, 6, 11)),
        Case("four squares, taller than wide", _squares(4, 2, 9, 5)),
        Case("a square as large as the image", _squares(2, 4, 4, 4)),
        Case("double precision", _squares(3, 2, 5, 6, torch.float64)),
    ),
    mistakes=(
        Mistake("all squares stay", _all_squares_stay,
                "the squares pile up: square 1 is still there when square 2 comes. Each copy begins with the image as "
                "it was. Do they all share one memory?"),
        Mistake("black", _filled(lambda image: image.new_zeros(1, 3, 1, 1)),
                "your squares are black. Gray, 0.5 in all colors, is in the middle of what the network is used to; "
                "black may well be something that it knows."),
        Mistake("mean color", _filled(lambda image: image.mean(dim=(2, 3), keepdim=True)),
                "your squares have the mean color of the image. A fair choice, but another one: here it is gray, 0.5 "
                "in all colors, for every image."),
        Mistake("top and left swapped", lambda i, p, size: occlusion.occlude(i, p.flip(1), size),
                "top and left have changed places. Position (top, left) means rows from top on, columns from left on."),
        Mistake("one row and column too many", lambda i, p, size: occlusion.occlude(i, p, size + 1),
                "your squares are one pixel too large. A slice ends before its end."),
        Mistake("the rest covered", _the_rest,
                "you covered everything but the square. That asks what is enough for the class; this exercise asks "
                "what is missed."),
        Mistake("first color only", _first_color,
                "only the first color is covered; what is left of the others still shows the object. Gray means "
                "0.5 in all three."),
    ),
    points=1,
    success="A stack of photographs, each with one thing missing. Now ask the network about all of them.",
)  # fmt: skip
