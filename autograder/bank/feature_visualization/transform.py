import math

import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
from lib import transformations


def _moved(n, height, width, jitter=True, turn=True, grow=True, least=1.2, dtype=torch.float32):
    def inputs(g):
        down, right = (int(whole(g, 1, 3, 1)) for _ in range(2)) if jitter else (0, 0)
        degrees = 10 + 20 * float(uniform(g, 1)) if turn else 0.0
        scale = least + 0.3 * float(uniform(g, 1)) if grow else 1.0
        return normal(g, n, 3, height, width, dtype=dtype), down, -right, degrees, scale

    return inputs


def _quarter_by_hand(g):
    return torch.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), 0, 0, 90.0, 1.0


def _with(
    move=None, padding="reflection", corners=False, sign=1, inverted=False, aspect=1, last=False, radians=False
):
    """The move with one of its parts replaced."""

    def wrong(images, down, right, degrees, scale):
        height, width = images.shape[2:]
        moving = move or (lambda images, down, right: images.roll((down, right), dims=(2, 3)))
        moved = images if last else moving(images, down, right)
        angle = sign * (degrees if radians else math.radians(degrees))
        factor = scale if inverted else 1 / scale
        cosine, sine = factor * math.cos(angle), factor * math.sin(angle)
        ratio = (height / width) ** aspect
        matrix = images.new_tensor([[cosine, -sine * ratio, 0], [sine / ratio, cosine, 0]])
        places = F.affine_grid(matrix.expand(len(images), 2, 3), images.shape, align_corners=corners)
        moved = F.grid_sample(moved, places, padding_mode=padding, align_corners=corners)
        return moving(moved, down, right) if last else moved

    return wrong


def _cut_off(images, down, right):
    rolled = images.roll((down, right), dims=(2, 3))
    height, width = images.shape[2:]
    rows, columns = torch.arange(height) - down, torch.arange(width) - right
    inside = ((rows >= 0) & (rows < height))[:, None] & ((columns >= 0) & (columns < width))
    return rolled * inside


EXERCISE = Exercise(
    transformations.transform,
    cases=(
        Case("a quarter turn by hand", _quarter_by_hand, random=False),
        Case("moved only", _moved(2, 5, 7, turn=False, grow=False), observe=observe_results.with_gradient),
        Case("turned only", _moved(1, 6, 6, jitter=False, grow=False), observe=observe_results.with_gradient),
        Case("enlarged only", _moved(1, 6, 8, jitter=False, turn=False), observe=observe_results.with_gradient),
        Case("shrunk only", _moved(1, 7, 6, jitter=False, turn=False, least=0.4)),
        Case("all of it, wider than tall", _moved(2, 6, 10), observe=observe_results.with_gradient),
        Case("all of it, taller than wide, double precision", _moved(3, 9, 5, dtype=torch.double)),
    ),
    mistakes=(
        Mistake("turned the other way", _with(sign=-1),
                "your images turn clockwise. Rows count downward, which turns the mathematician's angle round."),
        Mistake("scale the other way", _with(inverted=True),
                "you shrink where you should enlarge. The matrix says where each pixel of the result is *read*: to "
                "enlarge, read from a smaller area."),
        Mistake("stretched coordinates", _with(aspect=0),
                "an image that is not square is sheared when you turn it. The sampling coordinates run from −1 to 1 "
                "along both sides, whatever their lengths; the sine terms need the ratio of the sides."),
        Mistake("ratio of the sides turned over", _with(aspect=-1),
                "the two ratios have changed places. One step of the horizontal coordinate is half a width, one of the "
                "vertical coordinate half a height: what turns down into right must shrink on a wide image."),
        Mistake("black outside", _with(padding="zeros"),
                "what lies beyond the border is black in your result, and the network would see a frame. It should be "
                "mirrored."),
        Mistake("border smeared", _with(padding="border"),
                "beyond the border you repeat the last pixel; the docstring asks for a mirror."),
        Mistake("corners aligned", _with(corners=True),
                "you placed −1 and 1 at the centers of the outermost pixels (`align_corners`). Here they are the "
                "outer edges of the image; otherwise enlarging by two does not enlarge by two."),
        Mistake("jitter last", _with(last=True),
                "you moved the image last, so that the seam where the roll closes is cut straight through the result. "
                "Move first, then turn."),
        Mistake("zeros come in", _with(move=_cut_off),
                "your jitter pulls in zeros. What leaves on one side comes in on the opposite one."),
        Mistake("down and right swapped", _with(lambda images, down, right: images.roll((right, down), dims=(2, 3))),
                "down and right have changed places: the first moves rows, axis 2."),
        Mistake("degrees as radians", _with(radians=True),
                "you gave degrees to a function that takes radians: 90 of them are fourteen turns."),
        Mistake("no jitter", _with(move=lambda images, down, right: images),
                "`down` and `right` are not used. Turning and enlarging leave the center where it is; only the jitter "
                "moves it."),
    ),
    points=2,
    success="The gradient finds its way back through the move, so the one image you keep learns from all its copies.",
)  # fmt: skip
