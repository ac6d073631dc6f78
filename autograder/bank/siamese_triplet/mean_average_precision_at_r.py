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


def _coinciding(g):
    """Four pictures of four classes in one place; all the others lie far from it, near each other."""
    labels = torch.arange(4).repeat(3)
    middles = 100 + 3 * normal(g, 4, 4)
    points = torch.cat([torch.zeros(4, 4), *(middles + normal(g, 4, 4) for _ in range(2))])
    return (points[:, None] - points).square().sum(dim=2), labels


def _with(own=False, divide=lambda hits, others: others, weigh=True, reach=None, per_class=False,
          dropped=False, only_hits=True, ranked=True):  # fmt: skip
    """The measure with one thing done differently."""

    def wrong(squared, labels):
        others = (labels[:, None] == labels).sum(dim=1) - 1
        ranking = squared.clone()
        if not own:
            ranking.fill_diagonal_(torch.inf)
        ranks = torch.arange(1, len(labels) + 1)
        order = ranking.argsort(dim=1, stable=True)
        if dropped:
            order = squared.argsort(dim=1, stable=True).roll(-1, dims=1)
        hits = labels[order] == labels[:, None]
        if not own:
            hits[:, -1] = False
        limit = others if reach is None else reach(others, len(labels))
        counted = ranks <= limit[:, None]
        hits = hits & counted
        precision = hits.cumsum(dim=1) / (ranks.double() if ranked else 1) if weigh else torch.ones(hits.shape)
        found = (precision.double() * (hits if only_hits else counted)).sum(dim=1) / divide(hits, others)
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
        Case("four pictures that coincide, of four classes", _coinciding),
        Case("double precision", _embedded([3, 3, 4], torch.float64)),
    ),
    mistakes=(
        Mistake("query is its own first hit", _with(own=True),
                "the query is the first in its own list, a hit that costs nothing. Leave it out before you rank."),
        Mistake("nearest dropped in place of the query", _with(dropped=True),
                "you rank everyone and drop whoever comes first. Where pictures coincide that may be another one, and "
                "the query stays in its own list as a hit."),
        Mistake("every place counted", _with(only_hits=False),
                "in effect every one of the first R places adds its precision, also where the neighbor is of another "
                "class. Only places with a hit count."),
        Mistake("sum over the hits", _with(divide=lambda hits, others: 1),
                "you add up the precisions at the hits and leave it there, so large classes give more than 1. Asked is "
                "a mean, and R is the number that it is over."),
        Mistake("hits so far, not their share", _with(ranked=False),
                "you weigh a hit by how many there were so far. Precision at a place is the share of them among all "
                "that were seen up to it."),
        Mistake("mean over the largest R", _with(divide=lambda hits, others: others.max()),
                "in effect every query is divided by the R of the largest class. A small class then looks bad however "
                "well it is found: each query has an R of its own to be divided by."),
        Mistake("no hits, no number", _with(divide=lambda hits, others: hits.sum(dim=1)),
                "you divide by the number of hits, and a query without any gives zero by zero: NaN. What was found is "
                "not the divisor; R is, and R is at least 1."),
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
