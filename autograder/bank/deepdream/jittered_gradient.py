import torch
from torch import nn

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import deepdream


def _by_hand(g):
    """An objective that adds up the pixels, each with a weight of its own: 1 to 12."""
    weighted = nn.Sequential(nn.Flatten(), nn.Linear(12, 1, bias=False)).requires_grad_(False)
    weighted[1].weight.data = torch.arange(1.0, 13).view(1, 12)
    return weighted.eval(), torch.zeros(1, 3, 2, 2), (1, 0)


def _rolled(height, width, shift):
    """Double precision, because a ReLU near its kink may not depend on how the image was rolled."""
    return lambda g: (network(g, classes=1).double(), uniform(g, 1, 3, height, width, dtype=torch.float64), shift)


def _gradient(objective, image):
    pixels = image.detach().clone().requires_grad_()
    return torch.autograd.grad(objective(pixels).sum(), pixels)[0]


def _shifted_in_zeros(objective, image, shift):
    (down, right), (height, width) = shift, image.shape[2:]
    rows, columns = torch.arange(height)[:, None], torch.arange(width)
    there = (rows >= down) & (rows < height + down) & (columns >= right) & (columns < width + right)
    pixels = image.detach().clone().requires_grad_()
    shifted = pixels.roll(shift, (2, 3)) * there
    return torch.autograd.grad(objective(shifted).sum(), pixels)[0]


def _attached(objective, image, shift):
    pixels = image.detach().clone().requires_grad_()
    score = objective(pixels.roll(shift, (2, 3))).sum()
    return torch.autograd.grad(score, pixels, create_graph=True)[0] + 0 * pixels


EXERCISE = Exercise(
    deepdream.jittered_gradient,
    cases=(
        Case("four pixels by hand", _by_hand, random=False, observe=observe.on_network),
        Case("down and right", _rolled(8, 8, (3, 1)), observe=observe.on_network),
        Case("up and left, wider than tall", _rolled(7, 11, (-1, -4)), observe=observe.on_network),
        Case("right only, taller than wide", _rolled(10, 6, (0, 1)), observe=observe.on_network),
        Case("not rolled", _rolled(6, 9, (0, 0)), observe=observe.on_network),
        Case("further than the image is wide", _rolled(6, 7, (1, 10)), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("jitter not undone", lambda o, i, s: _gradient(o, i.roll(s, (2, 3))),
                "the gradient is still rolled: it belongs to the shifted image. Added as it is, it puts every stroke "
                "in the wrong place, another one in each step. Undo the shift."),
        Mistake("rolled twice", lambda o, i, s: _gradient(o, i.roll(s, (2, 3))).roll(s, (2, 3)),
                "you rolled the gradient in the direction in which the image had gone. To undo a shift, go the other "
                "way."),
        Mistake("never rolled", lambda o, i, s: _gradient(o, i),
                "the shift is not used. Without it the same pixels always meet the same corners of the network's "
                "strides, and what comes out is a grid."),
        Mistake("rolled the other way", lambda o, i, s: _gradient(o, i.roll((-s[0], -s[1]), (2, 3))).roll(s, (2, 3)),
                "you went up and left where down and right was asked, and came back. A positive shift moves the "
                "picture towards higher rows and columns."),
        Mistake("down and right exchanged", lambda o, i, s: deepdream.jittered_gradient(o, i, (s[1], s[0])),
                "down and right have changed places. The rows are axis 2; the columns are axis 3."),
        Mistake("only rows", lambda o, i, s: deepdream.jittered_gradient(o, i, (s[0], 0)),
                "your image moves down only. The shift has two numbers, one for each axis."),
        Mistake("zeros come in", _shifted_in_zeros,
                "black comes in where the picture has moved away. Then the network sees an edge that nobody drew, and "
                "dreams along it. A roll brings in what went out at the other side."),
        Mistake("downhill", lambda o, i, s: -deepdream.jittered_gradient(o, i, s),
                "right but for the sign. The gradient points uphill, and uphill is where the dream goes."),
        Mistake("graph kept", _attached,
                "the values are right, but the result still hangs on the graph. In a loop the graph of every step "
                "would stay in memory."),
    ),
    points=2,
    success="The network looked from another place, and the gradient is where it belongs.",
)  # fmt: skip
