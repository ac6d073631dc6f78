"""Oracles: pytorch-metric-learning's accuracy calculator (precision at 1, MAP@R), scikit-learn's NMI, loops."""

import pytest
import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from sklearn.metrics import normalized_mutual_info_score

from lib.pairwise_distances import squared_distances
from lib.retrieval import mean_average_precision_at_r, normalized_mutual_information, recall_at_k


def embedded(counts=(5, 3, 7, 2, 4), device="cpu", spread=0.8):
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    points = torch.randn(len(counts), 4)[labels] + spread * torch.randn(len(labels), 4)
    order = torch.randperm(len(labels))
    return points[order].to(device), labels[order].to(device)


def test_the_librarys_calculator_gives_the_same():
    points, labels = embedded((6, 6, 3, 8))
    nearest = CustomKNN(LpDistance(normalize_embeddings=False))
    calculator = AccuracyCalculator(("precision_at_1", "mean_average_precision_at_r"), k="max_bin_count",
                                    device=torch.device("cpu"), knn_func=nearest)  # fmt: skip
    theirs = calculator.get_accuracy(points, labels)
    squared = squared_distances(points, points)
    assert recall_at_k(squared, labels, [1]).item() == pytest.approx(theirs["precision_at_1"])
    assert mean_average_precision_at_r(squared, labels).item() == pytest.approx(theirs["mean_average_precision_at_r"])


def test_recall_by_loops(device):
    points, labels = embedded(device=device)
    squared = squared_distances(points, points)
    for k, found in zip((4, 1, 2), recall_at_k(squared, labels, [4, 1, 2]).tolist()):
        hits = 0
        for query in range(len(labels)):
            order = sorted(set(range(len(labels))) - {query}, key=lambda j: squared[query, j].item())
            hits += any(labels[j] == labels[query] for j in order[:k])
        assert found == pytest.approx(hits / len(labels))


def test_random_embeddings_get_no_credit_for_the_query_itself():
    labels = torch.arange(200).repeat_interleave(2)
    points = torch.randn(400, 16)
    squared = squared_distances(points, points)
    assert recall_at_k(squared, labels, [1]).item() < 0.05 and mean_average_precision_at_r(squared, labels) < 0.05


def test_perfect_and_worst(device):
    labels = torch.tensor([0, 0, 0, 1, 1], device=device)
    together = labels[:, None].float()
    squared = squared_distances(together, together)
    assert recall_at_k(squared, labels, [1]).item() == mean_average_precision_at_r(squared, labels).item() == 1
    far = (labels[:, None] == labels).float()
    assert recall_at_k(far, labels, [1, 2]).tolist()[0] == 0


def test_map_at_r_of_a_list_by_hand():
    """R = 3: right, wrong, right is (1 + 2/3) / 3; wrong, right, right is (1/2 + 2/3) / 3."""
    labels = torch.tensor([0, 0, 0, 0, 1, 1])
    for order, expected in (([1, 4, 2, 3, 5], 5 / 9), ([4, 1, 2, 3, 5], 7 / 18)):
        squared = torch.full((6, 6), 50.0)
        squared[0, order] = torch.arange(1.0, 6.0)
        others = torch.tensor([1, 2, 3, 4, 5])
        squared[1:, 1:] = torch.where(labels[others][:, None] == labels[others], 1.0, 9.0)
        squared[1:4, 0] = 1.0
        rest = mean_average_precision_at_r(squared, labels) * 6 - expected
        assert rest.item() == pytest.approx(5.0)


def test_the_table_stays_as_it_was():
    points, labels = embedded()
    squared = squared_distances(points, points)
    before = squared.clone()
    recall_at_k(squared, labels, [1]), mean_average_precision_at_r(squared, labels)
    assert torch.equal(squared, before)


@pytest.mark.parametrize("classes, clusters", [(4, 4), (3, 9), (1, 5), (5, 1), (1, 1)])
def test_nmi_is_scikit_learns(classes, clusters, device):
    labels, found = (torch.randint(n, (60,), device=device) for n in (classes, clusters))
    expected = normalized_mutual_info_score(labels.cpu(), found.cpu())
    assert normalized_mutual_information(labels, 7 * found + 3).item() == pytest.approx(expected, abs=1e-9)
