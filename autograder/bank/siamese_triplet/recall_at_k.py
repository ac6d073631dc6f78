import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import retrieval


def _embedded(counts, ks, dtype=torch.float32, spread=1.0):
    """Classes of these sizes around random middles, in random order."""

    def inputs(g):
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
        labels = labels[torch.randperm(len(labels), generator=g)]
        points = normal(g, len(counts), 4, dtype=dtype)[labels] + spread * normal(g, len(labels), 4, dtype=dtype)
        return (points[:, None] - points).square().sum(dim=2), labels, ks

    return inputs


def _by_hand(g):
    places = torch.tensor([0.0, 1.0, 3.0, 7.0, 8.5, 4.5])
    return (places[:, None] - places).square(), torch.tensor([0, 1, 0, 2, 2, 1]), [1, 2]


def _coinciding(g):
    """Four pictures of four classes in one place; each has two more of its class somewhere else."""
    labels = torch.arange(4).repeat(3)
    middles = 10 + 10 * normal(g, 4, 4)
    points = torch.cat([torch.zeros(4, 4), *(middles + normal(g, 4, 4) for _ in range(2))])
    return (points[:, None] - points).square().sum(dim=2), labels, [1, 3]


def _ranked(squared):
    return squared.clone().fill_diagonal_(torch.inf).argsort(dim=1)


def _hits(squared, labels, ranking=_ranked):
    return labels[ranking(squared)] == labels[:, None]


def _made_of(combine, ranking=_ranked):
    def wrong(squared, labels, ks):
        hits = _hits(squared, labels, ranking)
        return torch.stack([combine(hits, k).double().mean() for k in ks])

    return wrong


def _largest(squared, labels, ks):
    order = squared.clone().fill_diagonal_(torch.inf).topk(max(ks)).indices
    hits = labels[order] == labels[:, None]
    return torch.stack([hits[:, :k].any(dim=1).double().mean() for k in ks])


def _as_far_as_the_last(squared, labels, ks):
    hits = _hits(squared, labels)[:, : ks[-1]]
    return torch.stack([hits[:, :k].any(dim=1).double().mean() for k in ks])


def _of_all_relevant(squared, labels, ks):
    hits = _hits(squared, labels)
    others = (labels[:, None] == labels).sum(dim=1) - 1
    return torch.stack([(hits[:, :k].sum(dim=1) / others).double().mean() for k in ks])


def _farthest_first(squared):
    return squared.clone().fill_diagonal_(-torch.inf).argsort(dim=1, descending=True)


EXERCISE = Exercise(
    retrieval.recall_at_k,
    cases=(
        Case("six points on a line by hand", _by_hand, random=False),
        Case("4 classes of 5", _embedded([5, 5, 5, 5], [1, 2, 4])),
        Case("K not in order", _embedded([4, 4, 4, 4], [3, 1])),
        Case("classes of different sizes", _embedded([2, 7, 3, 4], [1, 2, 4, 8])),
        Case("pairs only, far from each other", _embedded([2] * 10, [1, 2, 4], spread=0.3)),
        Case("four pictures that coincide, of four classes", _coinciding),
        Case("double precision", _embedded([3, 3, 4], [1, 2], torch.float64)),
    ),
    mistakes=(
        Mistake("query among its neighbors", _made_of(lambda h, k: h[:, :k].any(dim=1), lambda s: s.argsort(dim=1)),
                "the query is its own nearest neighbor, so it always finds its class, and Recall@1 is 1 for any "
                "embedding at all. It must not be among its neighbors."),
        Mistake("query among its neighbors, mended by one more",
                _made_of(lambda h, k: h[:, 1:k].any(dim=1) if k > 1 else h[:, :0].any(dim=1), lambda s: s.argsort(1)),
                "you count the query as one of the K and then skip it, so only K − 1 neighbors are left."),
        Mistake("first neighbor dropped",
                _made_of(lambda h, k: h[:, :k].any(dim=1), lambda s: s.argsort(dim=1, stable=True)[:, 1:]),
                "you drop the nearest and trust that it is the query itself. Where two pictures coincide it may be the "
                "other one; a query is known by its place in the table, not by its distance."),
        Mistake("precision", _made_of(lambda h, k: h[:, :k].double().mean(dim=1)),
                "this is the share of the K neighbors that are of the class, which is precision. Recall@K asks only "
                "whether there is one among them."),
        Mistake("recall of the whole class", _of_all_relevant,
                "this is the share of the class that is found. In this field Recall@K means something simpler: is "
                "one of the class among the K nearest?"),
        Mistake("only the K-th", _made_of(lambda h, k: h[:, k - 1]),
                "you look at the K-th neighbor alone. Any of the first K may be the one."),
        Mistake("all K must be right", _made_of(lambda h, k: h[:, :k].all(dim=1)),
                "you ask that all K neighbors are of the class. One is enough."),
        Mistake("the largest of the table", _largest,
                "in effect you take the K largest entries of a row, and the query, which you put at infinity, comes "
                "first. Neighbors are the smallest."),
        Mistake("as far as the last K", _as_far_as_the_last,
                "you rank as far as the last K of the list. It need not be in order: the largest decides how far."),
        Mistake("the farthest first", _made_of(lambda h, k: h[:, :k].any(dim=1), _farthest_first),
                "you rank the farthest first. Small distances are near."),
    ),
    points=2,
    success="The number that every paper of this field reports, and the kindest.",
)  # fmt: skip
