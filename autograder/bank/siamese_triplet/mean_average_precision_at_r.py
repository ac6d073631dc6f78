import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import retrieval


def _embedded(counts, dtype=torch.float32, spread=1.0):
    def inputs(g):
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        labels = labels[torch.randperm(len(labels), generator=g)]
        points = normal(g, len(counts), 4, dtype=dtype)[labels] + spread * normal(g, len(labels), 4, dtype=dtype)
        return (points[:, None] - points).square().sum(dim=2), labels

    return inputs


def _by_hand(g):
    places = torch.tensor([0.0, 1.0, 3.0, 7.0, 8.5, 4.6])
    return (places[:, None] - places).square(), torch.tensor([0, 1, 0, 1, 1, 0])


def _with(own=False, divide=lambda hits, others: others, weigh=True, reach=None, per_class=False):
    """The measure with one thing done differently."""

    def wrong(squared, labels):
        others = (labels[:, None] == labels).sum(dim=1) - 1
        ranking = squared.clone()
        if not own:
            ranking.fill_diagonal_(torch.inf)
        ranks = torch.arange(1, len(labels) + 1)
        hits = labels[ranking.argsort(dim=1)] == labels[:, None]
        if not own:
            hits[:, -1] = False
        limit = others if reach is None else reach(others, len(labels))
        hits = hits & (ranks <= limit[:, None])
        precision = hits.cumsum(dim=1) / ranks.double() if weigh else torch.ones(hits.shape, dtype=torch.double)
        found = (precision * hits).sum(dim=1) / divide(hits, others)
        if per_class:
            return torch.stack([found[labels == name].mean() for name in labels.unique()]).mean()
        return found.mean()

    return wrong


EXERCISE = Exercise(
    retrieval.mean_average_precision_at_r,
    cases=(
        Case("six points on a line by hand", _by_hand, random=False),
        Case("4 classes of 5", _embedded([5, 5, 5, 5])),
        Case("classes of different sizes", _embedded([2, 7, 3, 4])),
        Case("pairs only", _embedded([2] * 8, spread=0.5)),
        Case("one large class and two small ones", _embedded([12, 2, 3], spread=0.7)),
        Case("double precision", _embedded([3, 3, 4], torch.float64)),
    ),
    mistakes=(
        Mistake("query is its own first hit", _with(own=True),
                "the query is the first in its own list, a hit that costs nothing. Leave it out before you rank."),
        Mistake("divided by the hits", _with(divide=lambda hits, others: hits.sum(dim=1).clamp(min=1)),
                "you divide by the number of hits among the first R. Then one hit at the top and nothing else is "
                "perfect; R is the divisor, whatever was found."),
        Mistake("precision at R", _with(weigh=False),
                "this is R-precision: the share of the first R that are of the class. The place does not count in it. "
                "Each hit is worth the precision at its place."),
        Mistake("the whole ranking", _with(reach=lambda others, n: torch.full_like(others, n)),
                "you go on through the whole list. That is ordinary average precision; here one looks at the first R "
                "only."),
        Mistake("one R for all", _with(reach=lambda others, n: others.max().expand_as(others)),
                "you look at as many neighbors as the largest class has, for every query. R is the query's own."),
        Mistake("R with the query", _with(reach=lambda others, n: others + 1, divide=lambda hits, others: others + 1),
                "your R counts the query as well. It is the number of others of the class."),
        Mistake("classes weigh the same", _with(per_class=True),
                "you averaged over the classes. Each query counts once, so larger classes count more."),
    ),
    points=3,
    success="One lucky neighbor no longer suffices.",
)  # fmt: skip
