"""Oracles: brute force over all triplets, and pytorch-metric-learning's miners with squared distances.

Their "semihard" is ours but for the upper end, which they include; random distances do not lie on it.
"""

from itertools import product

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.miners import BatchHardMiner, TripletMarginMiner

from lib.mining import hardest_triplets, random_triplets, semi_hard_triplets, triplets_of_kind
from lib.pairwise_distances import squared_distances

SQUARED = LpDistance(normalize_embeddings=False, power=2)
BATCHES = ([0, 0, 0, 1, 1, 2, 2, 2], [5, 3, 5, 3, 3], [0, 1, 1, 2], [0, 1, 2], [4, 4, 4], [0, 0, 1, 1, 2, 2] * 3)


def batch(labels, device="cpu"):
    points = torch.randn(len(labels), 3, device=device)
    return points, squared_distances(points, points), torch.tensor(labels, device=device)


def every_triplet(labels):
    names = labels.tolist()
    for a, p, n in product(range(len(names)), repeat=3):
        if a != p and names[a] == names[p] and names[a] != names[n]:
            yield a, p, n


def as_set(triplets):
    return set(map(tuple, torch.as_tensor(triplets).tolist()))


@pytest.mark.parametrize("labels", BATCHES)
def test_the_hardest_are_those_of_brute_force(labels, device):
    _, squared, labels = batch(labels, device)
    best = {}
    for a, p, n in every_triplet(labels):
        cost = (squared[a, p] - squared[a, n]).item()
        if a not in best or cost > best[a][0]:
            best[a] = cost, (a, p, n)
    found = hardest_triplets(squared, labels)
    assert found.tolist() == [list(best[a][1]) for a in sorted(best)]


@pytest.mark.parametrize("labels", BATCHES)
def test_the_semi_hard_are_those_of_brute_force(labels, device):
    _, squared, labels = batch(labels, device)
    best = {}
    for a, p, n in every_triplet(labels):
        near, far = squared[a, p].item(), squared[a, n].item()
        if near < far < near + 1.5 and ((a, p) not in best or far < best[a, p][0]):
            best[a, p] = far, n
    found = semi_hard_triplets(squared, labels, 1.5)
    assert found.tolist() == [[*pair, best[pair][1]] for pair in sorted(best)]


def test_batch_hard_is_the_librarys():
    points, squared, labels = batch([0, 1, 2, 3] * 4)
    theirs = torch.stack(BatchHardMiner(distance=SQUARED)(points, labels), dim=1)
    assert as_set(hardest_triplets(squared, labels)) == as_set(theirs)


@pytest.mark.parametrize("kind, theirs", [("hard", "hard"), ("semi-hard", "semihard"), ("violating", "all")])
def test_all_of_a_kind_are_the_librarys(kind, theirs):
    points, squared, labels = batch([0, 1, 2, 3] * 4)
    expected = torch.stack(TripletMarginMiner(1.5, theirs, distance=SQUARED)(points, labels), dim=1)
    found = triplets_of_kind(squared, labels, 1.5, kind)
    assert as_set(found) == as_set(expected) and found.tolist() == sorted(found.tolist())


def test_one_semi_hard_negative_is_the_nearest_of_all_semi_hard_ones():
    _, squared, labels = batch([0, 1, 2] * 5)
    every = triplets_of_kind(squared, labels, 1.0, "semi-hard")
    nearest = {}
    for a, p, n in every.tolist():
        if (a, p) not in nearest or squared[a, n] < squared[a, nearest[a, p]]:
            nearest[a, p] = n
    assert as_set(semi_hard_triplets(squared, labels, 1.0)) == {(a, p, n) for (a, p), n in nearest.items()}


def test_random_triplets_are_valid_and_come_to_all_negatives():
    labels = torch.tensor([0, 0, 1, 2, 2])
    generator = torch.Generator().manual_seed(0)
    seen = [tuple(t) for _ in range(60) for t in random_triplets(labels, generator).tolist()]
    assert set(seen) == set(every_triplet(labels))
    again = random_triplets(labels, torch.Generator().manual_seed(3))
    assert torch.equal(again, random_triplets(labels, torch.Generator().manual_seed(3)))


def test_an_unknown_kind_is_told():
    with pytest.raises(ValueError, match="choose from hard, semi-hard, violating"):
        triplets_of_kind(torch.zeros(2, 2), torch.zeros(2), 0.1, "soft")
