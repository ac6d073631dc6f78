import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import style_transfer


def _maps(images, targets, *shape, dtype=torch.float32):
    return lambda g: (normal(g, images, *shape, dtype=dtype).relu(), normal(g, targets, *shape, dtype=dtype).relu())


def _by_hand(g):
    return torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]]), torch.tensor([[[[1.0, 0.0]], [[3.0, 4.0]]]])


EXERCISE = Exercise(
    style_transfer.content_loss,
    cases=(
        Case("two channels by hand", _by_hand, random=False),
        Case("one image, and its gradient", _maps(1, 1, 3, 4, 5), observe=with_gradient),
        Case("three images, each with its own photograph", _maps(3, 3, 4, 2, 3)),
        Case("three images of one photograph", _maps(3, 1, 2, 5, 2)),
        Case("one position, double precision", _maps(2, 2, 6, 1, 1, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("half left out", lambda f, t: (f - t).square().sum(dim=(1, 2, 3)),
                "the half is missing. It is there so that the derivative is the plain difference F − P."),
        Mistake("mean in place of the sum", lambda f, t: 0.5 * (f - t).square().mean(dim=(1, 2, 3)),
                "you averaged the squares. The equation adds them up; how much a layer counts is what its weight is "
                "for."),
        Mistake("summed over the batch", lambda f, t: 0.5 * (f - t).square().sum(),
                "you added up the batch as well. Images are made side by side, each for itself: (N,)."),
        Mistake("magnitudes", lambda f, t: 0.5 * (f - t).abs().sum(dim=(1, 2, 3)),
                "you added magnitudes. With squares, one large difference counts more than many small ones."),
        Mistake("positions averaged first",
                lambda f, t: 0.5 * (f.mean(dim=(2, 3)) - t.mean(dim=(2, 3))).square().sum(dim=1),
                "you averaged over the positions before you compared. Content is what is where: here the place "
                "matters."),
        Mistake("a root on top", lambda f, t: 0.5 * (f - t).flatten(1).norm(dim=1),
                "you took the length of the difference. Asked is its square, which also has a gradient at zero."),
        Mistake("features detached", lambda f, t: style_transfer.content_loss(f.detach(), t),
                "the values are right, but no gradient comes back to the features. Nothing would ever move."),
    ),
    points=1,
    success="Place by place: this is the term that keeps the cat where it is.",
)  # fmt: skip
