import torch
from torch import nn
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_modules import as_module
from autograder.toys import normal, uniform
from lib import style_transfer


def _holding(loss, *shape, weight=lambda g: 0.5, graph=False, dtype=torch.float32):
    """A loss of torch, a target that may hang in a graph, and a weight."""

    def inputs(g):
        target = normal(g, *shape, dtype=dtype)
        return loss, target.requires_grad_() * 1 if graph else target, weight(g)

    return inputs


def _by_hand(g):
    return F.mse_loss, torch.tensor([[0.0, 1.0, 2.0]]), 3.0


def _made(keep=lambda module, target: module.register_buffer("target", target.detach()),
          weigh=lambda module, weight: module.register_buffer("weight", torch.as_tensor(weight)),
          give=lambda module, loss, features: module.weight * loss(features, module.target)):  # fmt: skip
    """A module with one thing done differently, or two."""

    def wrong(loss, target, weight):
        class Loss(nn.Module):
            def __init__(self):
                super().__init__()
                keep(self, target)
                weigh(self, weight)

            def forward(self, features):
                return give(self, loss, features)

        return Loss()

    return wrong


def _attached(module, target):
    module.register_buffer("target", target)


def _trained(module, target):
    module.target = nn.Parameter(target.detach().clone())


def _left_behind(module, target):
    module.target = target.detach()


def _as_it_came(module, target):
    module.target = target


def _plain(module, weight):
    module.weight = weight


def _trained_weight(module, weight):
    module.weight = nn.Parameter(torch.as_tensor(weight).detach().clone())


def _unweighted(module, loss, features):
    return loss(features, module.target)


def _exchanged(module, loss, features):
    return module.weight * loss(module.target, features)


def _detached(module, loss, features):
    return module.weight * loss(features.detach(), module.target)


def _on_the_difference(module, loss, features):
    weighted = [(x.movedim(0, -1) * module.weight).movedim(-1, 0) for x in (features, module.target)]
    return loss(*weighted)


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
    # Most programs keep the weight as it is, as a closure does. It shows in one case only, so what else goes wrong is
    # here once with a weight that moves and once with one that does not.
    mistakes=(
        Mistake("weight left behind", _made(weigh=_plain),
                "your target moves with the module, but a weight that is a tensor does not. It would stay on the old "
                "device and in the old type; the module has to own it, too."),
        Mistake("target not detached", _made(keep=_attached),
                "the target that you keep still hangs in the graph it was computed in. Gradients would run through the "
                "network a second time, to a picture that must not change; cut the target off first."),
        Mistake("target not detached, weight left behind", _made(keep=_attached, weigh=_plain),
                "two things. The target that you keep still hangs in the graph it was computed in, so gradients would "
                "run through the network a second time. And a weight that is a tensor stays behind when the module is "
                "moved."),
        Mistake("target left behind", _made(keep=_left_behind),
                "the module does not own your target. When the module is moved, to a GPU or to another type, the "
                "target stays where it was; a plain attribute is not enough, nor is a variable from outside."),
        Mistake("target as it came", _made(keep=_as_it_came),
                "you keep the target just as it came. It hangs in its graph, so gradients would run on into the "
                "network that made it; and the module does not own it, so it stays behind when the module is moved."),
        Mistake("target as a parameter", _made(keep=_trained),
                "something that your module holds, the target or the weight, is a parameter. An optimizer that is "
                "given the module would move the goal toward the picture, or change the weight; torch has another word "
                "for a constant that belongs to a module."),
        Mistake("target as a parameter, weight left behind", _made(keep=_trained, weigh=_plain),
                "your target is a parameter, so an optimizer that is given the module would move the goal toward the "
                "picture. Torch has another word for a constant that belongs to a module, and a weight that is a "
                "tensor should be such a one as well: yours stays behind."),
        Mistake("target and weight as parameters", _made(keep=_trained, weigh=_trained_weight),
                "target and weight are both parameters. An optimizer that is given the module would change both; they "
                "are constants, for which torch has another word."),
        Mistake("weight left out", _made(give=_unweighted),
                "the weight does not come in. The result of the loss is multiplied by it."),
        Mistake("roles exchanged", _made(give=_exchanged),
                "features and target have changed places. Squares do not notice, but other losses do."),
        Mistake("features detached", _made(give=_detached),
                "you cut off the features in place of the target. Then no gradient reaches the picture, and it never "
                "changes."),
        Mistake("features detached, weight left behind", _made(weigh=_plain, give=_detached),
                "you cut off the features, so no gradient reaches the picture. It is the target that has to leave its "
                "graph. And a weight that is a tensor stays behind when the module is moved."),
        Mistake("weight on the difference", _made(give=_on_the_difference),
                "you multiplied features and target by the weight. A loss that squares would square the weight; "
                "multiply its result."),
    ),
    points=2,
    success="A goal that cannot move, and that goes wherever the network goes.",
)  # fmt: skip
