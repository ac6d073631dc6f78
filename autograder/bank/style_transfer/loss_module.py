import torch
from torch import nn
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_modules import as_module
from autograder.toys import normal, uniform
from lib import style_transfer


def _holding(loss, *shape, weight=lambda g: 0.5, graph=False, dtype=torch.float32):
    """A loss of torch, a target that may require a gradient, and a weight."""

    def inputs(g):
        return loss, normal(g, *shape, dtype=dtype).requires_grad_(graph), weight(g)

    return inputs


def _by_hand(g):
    return F.mse_loss, torch.tensor([[0.0, 1.0, 2.0]]), 3.0


def _made(keep=lambda module, target: module.register_buffer("target", target.detach()),
          give=lambda module, loss, weight, features: weight * loss(features, module.target)):  # fmt: skip
    """A module with one thing done differently."""

    def wrong(loss, target, weight):
        class Loss(nn.Module):
            def __init__(self):
                super().__init__()
                keep(self, target)

            def forward(self, features):
                return give(self, loss, weight, features)

        return Loss()

    return wrong


def _attached(module, target):
    module.register_buffer("target", target * 1)


def _trained(module, target):
    module.target = nn.Parameter(target.detach().clone())


def _left_behind(module, target):
    module.target = target.detach()


EXERCISE = Exercise(
    style_transfer.loss_module,
    cases=(
        Case("mean squared error by hand", _by_hand, random=False, observe=as_module),
        Case("a target that hangs in a graph", _holding(F.mse_loss, 2, 3, 4, 5, graph=True), observe=as_module),
        Case("a loss in which the roles differ", _holding(F.poisson_nll_loss, 2, 5), observe=as_module),
        Case("a weight for each image",
             _holding(nn.PairwiseDistance(), 3, 7, weight=lambda g: 0.5 + uniform(g, 3)), observe=as_module),
        Case("double precision", _holding(F.l1_loss, 1, 2, 3, 3, graph=True, dtype=torch.float64), observe=as_module),
    ),
    mistakes=(
        Mistake("target not detached", _made(keep=_attached),
                "the target that you keep still hangs in the graph it was computed in. Gradients would run through the "
                "network a second time, to a picture that must not change; cut the target off first."),
        Mistake("target as a parameter", _made(keep=_trained),
                "your target is a parameter, so an optimizer that is given the module would move the goal toward the "
                "picture. It is a constant that belongs to the module: torch has another word for that."),
        Mistake("target left behind", _made(keep=_left_behind),
                "your target is a plain attribute. When the module is moved, to a GPU or to another type, it stays "
                "where it was; the module has to be told about it."),
        Mistake("weight left out", _made(give=lambda module, loss, weight, features: loss(features, module.target)),
                "the weight does not come in. The result of the loss is multiplied by it."),
        Mistake("roles exchanged",
                _made(give=lambda module, loss, weight, features: weight * loss(module.target, features)),
                "features and target have changed places. Squares do not notice, but other losses do."),
        Mistake("features detached",
                _made(give=lambda module, loss, weight, features: weight * loss(features.detach(), module.target)),
                "you cut off the features in place of the target. Then no gradient reaches the picture, and it never "
                "changes."),
        Mistake("weight on the difference",
                _made(give=lambda module, loss, weight, features: loss(
                    (features.movedim(0, -1) * weight).movedim(-1, 0),
                    (module.target.movedim(0, -1) * weight).movedim(-1, 0))),
                "you multiplied features and target by the weight. A loss that squares would square the weight; "
                "multiply its result."),
    ),
    points=2,
    success="A goal that cannot move, and that goes wherever the network goes.",
)  # fmt: skip
