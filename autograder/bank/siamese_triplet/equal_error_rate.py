import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import verification


def _pairs(count, equal, apart=1.0, dtype=torch.float32):
    """`equal` of the pairs, more than half, are of one class; the others lie `apart` farther on average, one of them
    so far that no grid from the smallest to the largest distance finds its way among the rest."""

    def inputs(g):
        same = torch.randperm(count, generator=g) < equal
        squared = normal(g, count, dtype=dtype).square() + torch.where(same, 0.0, apart).to(dtype)
        squared[(~same).nonzero()[0]] = 1e8
        return squared, same

    return inputs


def _by_hand(g):
    squared = torch.tensor([0.1, 0.5, 0.9, 0.4, 0.7, 1.2, 2.0])
    return squared, torch.tensor([True, True, True, False, False, False, False])


def _jumping_past_each_other(g):
    """From (FAR, FRR) = (0.1, 0.5) both jump to (0.6, 0.3): closer to each other, and worse."""
    genuine = torch.tensor([0.2] * 5 + [0.6] * 2 + [0.9] * 3)
    impostors = torch.tensor([0.3] + [0.6] * 5 + [1.5] * 4)
    return torch.cat([genuine, impostors]), torch.arange(20) < 10


def _quantized(g):
    return whole(g, 0, 5, 30).float(), torch.arange(30) % 3 == 0


def _curves(squared, same):
    accepted = squared <= squared.unique()[:, None]
    return accepted[:, ~same].double().mean(dim=1), (~accepted[:, same]).double().mean(dim=1)


def _with(combine):
    def wrong(squared, same):
        return combine(*_curves(squared, same))

    return wrong


def _threshold(squared, same):
    accept, reject = _curves(squared, same)
    return squared.unique()[torch.maximum(accept, reject).argmin()]


def _most_right(squared, same):
    accepted = squared <= squared.unique()[:, None]
    return (accepted != same).double().mean(dim=1).min()


def _few_thresholds(squared, same):
    tried = torch.linspace(squared.min().item(), squared.max().item(), 5).to(squared)
    return torch.maximum(*verification.verification_rates(squared, same, tried)).min()


def _where_closest(combine):
    def wrong(squared, same):
        accept, reject = _curves(squared, same)
        closest = (accept - reject).abs().argmin()
        return combine(accept[closest], reject[closest])

    return wrong


EXERCISE = Exercise(
    verification.equal_error_rate,
    cases=(
        Case("seven pairs by hand", _by_hand, random=False),
        Case("errors that jump past each other, by hand", _jumping_past_each_other, random=False),
        Case("30 pairs, one of them very far apart", _pairs(30, 18)),
        Case("many of one class, few of two", _pairs(60, 53)),
        Case("equal distances", _quantized),
        Case("no errors at all", _pairs(20, 12, apart=100.0)),
        Case("double precision", _pairs(25, 15, 0.5, torch.float64)),
    ),
    mistakes=(
        Mistake("mean of the two errors", _with(lambda accept, reject: ((accept + reject) / 2).min()),
                "you minimize the mean of the two errors. That may leave one of them large; asked is the threshold "
                "at which the larger one is smallest."),
        Mistake("mean where the two are closest", _where_closest(lambda accept, reject: (accept + reject) / 2),
                "you took the mean of the two errors where they are closest, as some textbooks do. Here it is the "
                "larger of the two at each threshold, and of those the smallest."),
        Mistake("larger where the two are closest", _where_closest(torch.maximum),
                "in effect you take the threshold where the two errors are closest. Both jump, and a jump can bring "
                "them closer while the larger one grows: asked is where that one is smallest."),
        Mistake("false acceptance where the two are closest", _where_closest(lambda accept, reject: accept),
                "in effect you report false acceptance at the threshold where the two errors are closest. With "
                "finitely many pairs they are not equal there, and the other one may be larger."),
        Mistake("smaller of the two", _with(lambda accept, reject: torch.minimum(accept, reject).max()),
                "you took the smaller of the two errors at each threshold. The larger one is what a threshold has to "
                "answer for."),
        Mistake("the threshold itself", _threshold,
                "this is the threshold, a squared distance. Asked is the error there, a share."),
        Mistake("share of wrong decisions", _most_right,
                "this is the smallest share of wrong decisions. It depends on how many pairs of each kind there are: "
                "with few pairs of one class, rejecting everything looks good."),
        Mistake("largest of all", _with(lambda accept, reject: torch.maximum(accept, reject).max()),
                "you took the worst threshold. Of all thresholds the best one is meant."),
        Mistake("a coarse grid of thresholds", _few_thresholds,
                "your thresholds are a grid, so they may miss the best. Nothing changes between two neighboring "
                "distances; the distances that occur are all you need."),
        Mistake("false acceptance alone", _with(lambda accept, reject: accept.min()),
                "you looked at one of the two errors. Each alone can be made zero, by rejecting or accepting all."),
    ),
    points=1,
    builds_on=("verification_rates",),
    success="One number for the whole curve, and it hides everything else about it.",
)  # fmt: skip
