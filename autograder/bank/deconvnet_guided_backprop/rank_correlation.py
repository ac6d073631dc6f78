import torch
from scipy.stats import rankdata

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import randomization


def _by_hand(g):
    return torch.tensor([[1.0, 2.0], [3.0, 100.0]]), torch.tensor([[2.0, 1.0], [30.0, 20.0]])


def _related(*shape, share=0.7, dtype=torch.float32):
    def inputs(g):
        one = normal(g, *shape, dtype=dtype)
        other = share * one + (1 - abs(share)) * normal(g, *shape, dtype=dtype)
        return one, other.exp()

    return inputs


def _with_ties(g):
    one = normal(g, 9, 9)
    return one.relu(), (one + normal(g, 9, 9)).relu()


def _few_values(g):
    one = normal(g, 6, 8)
    return one.round(), (one + 0.5 * normal(g, 6, 8)).round()


def _pearson(one, other):
    return torch.corrcoef(torch.stack([one.flatten().double(), other.flatten().double()]))[0, 1].item()


def _of_ranks(rank):
    return lambda one, other: _pearson(*(torch.as_tensor(rank(v.flatten()), dtype=torch.double) for v in (one, other)))


def _row_by_row(one, other):
    return sum(randomization.rank_correlation(a, b) for a, b in zip(one, other)) / len(one)


EXERCISE = Exercise(
    randomization.rank_correlation,
    cases=(
        Case("four values by hand", _by_hand, random=False),
        Case("two related maps", _related(6, 5)),
        Case("two opposed maps", _related(4, 8, share=-0.6)),
        Case("maps with many zeros", _with_ties),
        Case("maps of few values", _few_values),
        Case("double precision", _related(3, 4, share=0.3, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("Pearson's", _pearson,
                "you correlated the values. A few very large ones then decide everything; rank them first, so that "
                "only their order counts."),
        Mistake("argsort taken for ranks", _of_ranks(lambda v: v.argsort(stable=True)),
                "you correlated what argsort returns. That says which value comes first, second, third; a rank says "
                "of each value what place it has."),
        Mistake("ties ranked by position", _of_ranks(lambda v: v.argsort(stable=True).argsort()),
                "equal values got different ranks, by where they stand. Guided maps are full of equal zeros, and two "
                "such maps then agree for no reason; equal values share the mean of their ranks."),
        Mistake("smallest rank for ties", _of_ranks(lambda v: rankdata(v, method="min")),
                "equal values got the smallest of their ranks. They share the mean of them."),
        Mistake("ranks without gaps", _of_ranks(lambda v: rankdata(v, method="dense")),
                "you numbered the different values without gaps. Ten equal values take up ten ranks, and share their "
                "mean."),
        Mistake("absolute value", lambda a, b: abs(randomization.rank_correlation(a, b)),
                "you dropped the sign. Two maps in opposite order are not in the same order."),
        Mistake("ranked by magnitude", lambda a, b: randomization.rank_correlation(a.abs(), b.abs()),
                "you ranked magnitudes. Whether the sign of a map matters is for the caller to decide; rank the values "
                "as they come."),
        Mistake("row by row", _row_by_row,
                "you ranked each row for itself. A map is one list of pixels; its rows mean nothing here."),
    ),
    points=1,
    success="A number between −1 and 1 that does not care how a map was scaled for drawing.",
)  # fmt: skip
