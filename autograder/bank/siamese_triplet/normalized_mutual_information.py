import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import whole
from lib import retrieval


def _groups(count, classes, clusters, agree=0.6):
    """Clusters that follow the classes for a share of the samples."""

    def inputs(g):
        labels = whole(g, 0, classes - 1, count)
        found = whole(g, 0, clusters - 1, count)
        keep = torch.rand(count, generator=g) < agree
        return labels, torch.where(keep, labels % clusters, found)

    return inputs


def _named_otherwise(g):
    labels = whole(g, 0, 3, 24)
    names = torch.tensor([70, 11, 40, 5])
    return labels + 100, names[torch.where(torch.rand(24, generator=g) < 0.7, labels, whole(g, 0, 3, 24))]


def _by_hand(g):
    return torch.tensor([0, 0, 1, 1]), torch.tensor([5, 5, 5, 8])


def _entropies(labels, clusters):
    rows, columns = (x.unique(return_inverse=True)[1] for x in (labels, clusters))
    counts = torch.zeros(int(rows.max()) + 1, int(columns.max()) + 1, dtype=torch.double)
    counts.index_put_((rows, columns), torch.ones(len(rows), dtype=torch.double), accumulate=True)
    joint = counts / len(labels)
    return [-torch.xlogy(p, p).sum() for p in (joint.sum(dim=1), joint.sum(dim=0), joint.flatten())]


def _bare(labels, clusters):
    """2 I / (H + H) with p log p as it stands, NaN where p is zero."""
    rows, columns = (x.unique(return_inverse=True)[1] for x in (labels, clusters))
    counts = torch.zeros(int(rows.max()) + 1, int(columns.max()) + 1, dtype=torch.double)
    counts.index_put_((rows, columns), torch.ones(len(rows), dtype=torch.double), accumulate=True)
    joint = counts / len(labels)
    a, b, both = (-(p * p.log()).sum() for p in (joint.sum(dim=1), joint.sum(dim=0), joint))
    return 2 * (a + b - both) / (a + b)


def _bare_but_one_group(labels, clusters):
    found = _bare(labels, clusters)
    return found if len(labels.unique()) > 1 or len(clusters.unique()) > 1 else torch.ones(())


def _with(combine):
    def wrong(labels, clusters):
        return combine(*_entropies(labels, clusters))

    return wrong


def _purity(labels, clusters):
    majority = [labels[clusters == name].unique(return_counts=True)[1].max() for name in clusters.unique()]
    return sum(majority) / len(labels)


EXERCISE = Exercise(
    retrieval.normalized_mutual_information,
    cases=(
        Case("four samples by hand", _by_hand, random=False),
        Case("30 samples, 4 classes and 4 clusters", _groups(30, 4, 4)),
        Case("more clusters than classes", _groups(40, 3, 8, 0.3)),
        Case("other names for the clusters", _named_otherwise),
        Case("one group of each", lambda g: (torch.full((5,), 3), torch.zeros(5, dtype=torch.long)), random=False),
        Case("one cluster for all", lambda g: (whole(g, 0, 2, 12), torch.zeros(12, dtype=torch.long))),
    ),
    mistakes=(
        Mistake("one group of each gives 0",
                _with(lambda a, b, both: 2 * (a + b - both) / (a + b).clamp(min=1e-12)),
                "all but one case is right: with one class and one cluster yours is 0. There both entropies are zero, "
                "and nothing is left to tell that the clusters do not tell; the docstring says what it is then."),
        Mistake("one group of each gives NaN", _with(lambda a, b, both: 2 * (a + b - both) / (a + b)),
                "with one class and one cluster you divide zero by zero. Neither grouping leaves anything to tell, so "
                "they agree perfectly; the docstring has the number."),
        Mistake("zero times its logarithm", _bare_but_one_group,
                "a class and a cluster that never meet give 0 · log 0, and in a computer that is zero times minus "
                "infinity: NaN. Its limit is 0, and what never occurs adds nothing to an entropy."),
        Mistake("zero times its logarithm, and zero by zero", _bare,
                "two places give NaN: 0 · log 0, where a class and a cluster never meet, and 0 / 0, where there is one "
                "group of each. The first is 0 here, the second 1."),
        Mistake("by the entropy of the classes",
                _with(lambda a, b, both: (a + b - both) / a if a else torch.ones(())),
                "you divide by the entropy of the classes alone. Then many small clusters cost nothing; the mean of "
                "both entropies makes them pay."),
        Mistake("not normalized", _with(lambda a, b, both: a + b - both),
                "this is the mutual information itself. It grows with the number of groups; divide it by the mean of "
                "the two entropies."),
        Mistake("by the sum of the entropies",
                _with(lambda a, b, both: (a + b - both) / (a + b) if a + b else torch.ones(())),
                "you divide by the sum of the entropies, so that a perfect clustering gets one half. Their mean is "
                "meant."),
        Mistake("by the geometric mean",
                _with(lambda a, b, both: (a + b - both) / (a * b).sqrt() if a * b else (a + b == 0).double()),
                "you divide by the geometric mean of the entropies. There are programs that do; here it is the "
                "arithmetic one."),
        Mistake("by the larger entropy",
                _with(lambda a, b, both: (a + b - both) / max(a, b) if max(a, b) else torch.ones(())),
                "you divide by the larger entropy. That is a normalization too, but not this one: take the mean of "
                "the two."),
        Mistake("joint entropy for the information", _with(lambda a, b, both: 2 * both / (a + b) if a + b else both),
                "you put the joint entropy where the information belongs. What two groupings share is the sum of "
                "their entropies less the joint one."),
        Mistake("accuracy", lambda labels, clusters: (labels == clusters).double().mean(),
                "you compare the numbers of class and cluster. A cluster's number is only a name; what counts is which "
                "samples it holds together."),
        Mistake("purity", _purity,
                "this is purity: the share of the most frequent class in each cluster. It is perfect if every sample "
                "is a cluster of its own."),
    ),
    points=2,
    success="The only one of the three that needs no query: it looks at groups.",
)  # fmt: skip
