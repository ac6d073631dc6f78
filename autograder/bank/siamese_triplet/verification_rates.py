import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import verification


def _pairs(count, thresholds, dtype=torch.float32):
    def inputs(g):
        same = whole(g, 0, 2, count) == 0
        same[:2] = torch.tensor([True, False])
        squared = normal(g, count, dtype=dtype).square() + torch.where(same, 0.0, 0.8).to(dtype)
        return squared, same, torch.linspace(0.1, 3, thresholds, dtype=dtype)

    return inputs


def _by_hand(g):
    squared = torch.tensor([0.1, 0.5, 0.9, 0.5, 0.7, 1.2, 2.0])
    same = torch.tensor([True, True, True, False, False, False, False])
    return squared, same, torch.tensor([0.0, 0.5, 1.0, 2.0])


def _at_the_threshold(g):
    squared = whole(g, 0, 4, 20).float()
    same = torch.arange(20) % 3 == 0
    return squared, same, torch.tensor([3.0, 0.0, 1.0, 2.0])


def _rates(squared, same, thresholds, accept=lambda s, t: s <= t):
    accepted = accept(squared, thresholds[:, None])
    return accepted, accepted[:, ~same].double().mean(dim=1), (~accepted[:, same]).double().mean(dim=1)


def _of_all_pairs(squared, same, thresholds):
    accepted, _, _ = _rates(squared, same, thresholds)
    return (accepted & ~same).double().mean(dim=1), (~accepted & same).double().mean(dim=1)


def _of_the_accepted(squared, same, thresholds):
    accepted, _, _ = _rates(squared, same, thresholds)
    wrong, missed = (accepted & ~same).sum(dim=1), (~accepted & same).sum(dim=1)
    return wrong / accepted.sum(dim=1).clamp(min=1), missed / (~accepted).sum(dim=1).clamp(min=1)


def _of_the_other_kind(squared, same, thresholds):
    accepted, _, _ = _rates(squared, same, thresholds)
    wrong, missed = (accepted & ~same).sum(dim=1), (~accepted & same).sum(dim=1)
    return wrong / same.sum(), missed / (~same).sum()


def _counts(squared, same, thresholds):
    accepted, _, _ = _rates(squared, same, thresholds)
    return (accepted & ~same).sum(dim=1).double(), (~accepted & same).sum(dim=1).double()


EXERCISE = Exercise(
    verification.verification_rates,
    cases=(
        Case("seven pairs by hand", _by_hand, random=False),
        Case("20 pairs, 5 thresholds", _pairs(20, 5)),
        Case("one threshold", _pairs(15, 1)),
        Case("distances at the thresholds, not in order", _at_the_threshold),
        Case("many thresholds", _pairs(40, 60)),
        Case("double precision", _pairs(12, 4, torch.float64)),
    ),
    mistakes=(
        Mistake("the two exchanged", lambda *inputs: verification.verification_rates(*inputs)[::-1],
                "the two rates are in the other order: false acceptance first."),
        Mistake("true acceptance", lambda *inputs: (verification.verification_rates(*inputs)[0],
                                                    1 - verification.verification_rates(*inputs)[1]),
                "the second is the share of equal pairs that are accepted. Asked is the error, those rejected."),
        Mistake("shares of all pairs", _of_all_pairs,
                "you divide by the number of all pairs. Each error has its own reference: false acceptance among "
                "pairs of two classes, false rejection among pairs of one class."),
        Mistake("shares of the decisions", _of_the_accepted,
                "you divide by the number of accepted pairs, and of rejected ones. That answers how far an accepted "
                "pair can be trusted, and depends on how many impostors come."),
        Mistake("classes inverted", lambda s, same, t: verification.verification_rates(s, ~same, t),
                "the two kinds of pairs have changed places: you count equal pairs that are accepted and different "
                "ones that are rejected. Both of these are right decisions."),
        Mistake("denominators exchanged", _of_the_other_kind,
                "your errors are counted rightly, but each is divided by the number of pairs of the other kind. A rate "
                "is a share of those that it can happen to."),
        Mistake("counted, not divided", _counts,
                "these are counts. Divide each by the number of pairs that it could have gone wrong for."),
        Mistake("accepted when far", lambda s, same, t: _rates(s, same, t, lambda a, b: a >= b)[1:],
                "you accept the pairs that are far apart."),
        Mistake("a distance at the threshold rejected", lambda s, same, t: _rates(s, same, t, lambda a, b: a < b)[1:],
                "a pair exactly at the threshold is accepted: at most, not below."),
        Mistake("threshold squared", lambda s, same, t: _rates(s, same, t.square())[1:],
                "you squared the threshold. It is in units of squared distance already."),
    ),
    points=2,
    success="Two errors, one knob. Where it is set is no question of mathematics.",
)  # fmt: skip
