"""Mining, losses and retrieval of 512 embeddings of 128 numbers, against pytorch-metric-learning."""

import torch
from pytorch_metric_learning.distances import LpDistance
from pytorch_metric_learning.losses import TripletMarginLoss
from pytorch_metric_learning.miners import TripletMarginMiner
from pytorch_metric_learning.reducers import AvgNonZeroReducer
from pytorch_metric_learning.utils.accuracy_calculator import AccuracyCalculator
from pytorch_metric_learning.utils.inference import CustomKNN
from torch.nn import functional as F

from lib.batch_all import batch_all_loss
from lib.mining import triplets_of_kind
from lib.pairwise_distances import squared_distances
from lib.retrieval import mean_average_precision_at_r, recall_at_k

MARGIN = 0.2


def run(measure):
    labels = torch.arange(128).repeat_interleave(4)
    generator = torch.Generator().manual_seed(0)
    middles = torch.randn(128, 128, generator=generator)
    points = F.normalize(middles[labels] + 1.5 * torch.randn(512, 128, generator=generator))
    distance = LpDistance(normalize_embeddings=False, power=2)
    library = "pytorch-metric-learning"

    miner = TripletMarginMiner(MARGIN, "all", distance=distance)
    measure(
        "all triplets that cost something", library,
        lambda: triplets_of_kind(squared_distances(points, points), labels, MARGIN, "violating"),
        lambda: torch.stack(miner(points, labels), dim=1),
        lambda a, b: torch.equal(a, b[(b[:, 0] * 512 + b[:, 1]).mul(512).add(b[:, 2]).argsort()]),
        details=", 512 embeddings of 128 numbers",
    )  # fmt: skip

    loss = TripletMarginLoss(MARGIN, distance=distance, reducer=AvgNonZeroReducer())

    def with_gradient(function):
        def call():
            x = points.clone().requires_grad_()
            value = function(x, labels)
            return value.detach(), torch.autograd.grad(value, x)[0]

        return call

    measure(
        "triplet loss and its gradient", library, with_gradient(lambda x, y: batch_all_loss(x, y, MARGIN)),
        with_gradient(loss), lambda a, b: all(torch.allclose(x, y, atol=1e-5) for x, y in zip(a, b)),
        details=", all 780,288 triplets",
    )  # fmt: skip

    calculator = AccuracyCalculator(
        ("precision_at_1", "mean_average_precision_at_r"), k="max_bin_count", device=torch.device("cpu"),
        knn_func=CustomKNN(LpDistance(normalize_embeddings=False)),
    )  # fmt: skip

    def ours():
        squared = squared_distances(points, points)
        return recall_at_k(squared, labels, [1])[0].item(), mean_average_precision_at_r(squared, labels).item()

    def theirs():
        found = calculator.get_accuracy(points, labels)
        return found["precision_at_1"], found["mean_average_precision_at_r"]

    measure(
        "siamese_triplet", f"{library}'s calculator", ours, theirs,
        lambda a, b: all(abs(x - y) < 1e-6 for x, y in zip(a, b)), details=", Recall@1 and MAP@R",
    )  # fmt: skip
