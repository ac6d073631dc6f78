"""The table of losses of assignment 12: python -m lib.training.metric_learning

Ten ways to train one network, three seeds each, with one backbone, one embedding size, batches of one size, one number
of steps and one learning rate, measured on alphabets that were not trained on. Seeds change the weights, the batches,
the training samples and the samples that are measured. Rows are added to metric_learning.csv as they come; a run that
was stopped goes on with the rows that are missing.

Settings are those of the papers where they say. Two were chosen by results on the very alphabets that are measured: the
backbone, and the rate of proxies and centers, which began at ten times the network's. What differs by less than the
spread over seeds does not differ.
"""

import csv
import math
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch.nn import functional as F

from lib import divide_and_conquer, hierarchical_triplet
from lib.datasets import glyphs
from lib.embedding import backbone, balanced_batches, embedded
from lib.ensemble import boosted_loss, learner_slices
from lib.mining import hardest_triplets, random_triplets, semi_hard_triplets
from lib.pairwise_distances import squared_distances
from lib.proxy_nca import proxy_nca_loss
from lib.retrieval import mean_average_precision_at_r, normalized_mutual_information, recall_at_k
from lib.soft_triple import center_spread, soft_triple_loss
from lib.triplet import triplet_loss

TABLE = Path(__file__).with_name("metric_learning.csv")
COLUMNS = ("loss", "seed", "recall@1", "recall@2", "recall@4", "recall@8", "nmi", "map@r")
DIMENSIONS, CLASSES, SAMPLES, MARGIN, RATE = 64, 24, 4, 0.2, 3e-3
PER_CLASS, MEASURED, LEARNERS = 40, 20, 4


class Method:
    """A loss of embeddings, and what it needs to know: the data, the network, a generator, and how far training is."""

    def __init__(self, data, network, generator, steps):
        self.data, self.network, self.generator, self.steps = data, network, generator, steps
        self.parameters = []  # beside the network's

    def batch(self, step):
        """Rows of the data for this step."""
        return balanced_batches(self.data.labels, CLASSES, SAMPLES, 1, self.generator)[0]

    def loss(self, embeddings, labels):
        raise NotImplementedError

    def embed(self, embeddings):
        """What is compared in use, made from what the network gives."""
        return embeddings

    def learned(self, *shape):
        """A new parameter, random and small."""
        parameter = (0.1 * torch.randn(shape, generator=self.generator)).requires_grad_()
        self.parameters.append(parameter)
        return parameter


class Contrastive(Method):
    """All pairs: d² and max(0, m² − d²) with m² = 0.5; the mean over each kind, of those that cost something."""

    def loss(self, embeddings, labels):
        squared, same = squared_distances(embeddings, embeddings), labels[:, None] == labels
        push = (0.5 - squared[~same]).relu()
        pull = squared[same.fill_diagonal_(False)]
        return pull.mean() + push.sum() / push.count_nonzero().clamp(min=1)


class Triplets(Method):
    """One triplet a pair, or one an anchor; a subclass says which."""

    margin = MARGIN

    def mined(self, squared, labels):
        return semi_hard_triplets(squared, labels, MARGIN)

    def margins(self, triplets, labels):
        return MARGIN

    def loss(self, embeddings, labels):
        squared = squared_distances(embeddings, embeddings).detach()
        triplets = self.mined(squared, labels)
        if not len(triplets):
            return 0 * embeddings.sum()
        return triplet_loss(*(embeddings[part] for part in triplets.T), self.margins(triplets, labels)).mean()


class RandomTriplets(Triplets):
    """One positive and one negative for each anchor, by chance."""

    def mined(self, squared, labels):
        return random_triplets(labels, self.generator)


class HardTriplets(Triplets):
    """The farthest positive and the nearest negative of each anchor."""

    def mined(self, squared, labels):
        return hardest_triplets(squared, labels)


class ProxyNCA(Method):
    """Vectors of length 3: with length 1, exp(−d²) could hardly tell a near proxy from a far one."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.proxies = self.learned(len(self.data.names), DIMENSIONS)

    def loss(self, embeddings, labels):
        squared = squared_distances(3 * embeddings, 3 * F.normalize(self.proxies))
        return proxy_nca_loss(squared, labels).mean()


class SoftTriple(Method):
    """Three learned centers a class, and a fifth of their spread as a price."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.centers = self.learned(len(self.data.names), 3, DIMENSIONS)

    def loss(self, embeddings, labels):
        return soft_triple_loss(embeddings, labels, self.centers).mean() + 0.2 * center_spread(self.centers)


class CrossEntropy(Method):
    """A classifier: cosines with one vector a class, times 16, through a softmax. It is thrown away afterwards."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.weights = self.learned(len(self.data.names), DIMENSIONS)

    def loss(self, embeddings, labels):
        return F.cross_entropy(16 * embeddings @ F.normalize(self.weights).T, labels)


class Hierarchical(Triplets):
    """After a fifth of the steps: neighborhoods of 4 classes, and margins by the tree, anew 8 times."""

    tree = None

    def batch(self, step):
        warm = self.steps // 5
        if step >= warm and (step - warm) % max(1, self.steps // 10) == 0:
            few = balanced_batches(self.data.labels, len(self.data.names), 8, 1, self.generator)[0]
            found = embedded(self.network, self.data.images[few])
            self.distances = hierarchical_triplet.class_distances(found, self.data.labels[few])
            self.tree = hierarchical_triplet.tree_distances(self.distances)
        if self.tree is None:
            return super().batch(step)
        chosen = hierarchical_triplet.neighborhoods(self.distances, CLASSES // 4, 4, self.generator)
        among = torch.isin(self.data.labels, chosen).nonzero()[:, 0]
        return among[balanced_batches(self.data.labels[among], CLASSES, SAMPLES, 1, self.generator)[0]]

    def mined(self, squared, labels):
        return semi_hard_triplets(squared, labels, MARGIN if self.tree is None else 1.0)

    def margins(self, triplets, labels):
        if self.tree is None:
            return MARGIN
        within = self.distances.diagonal()
        return hierarchical_triplet.hierarchical_margins(triplets, labels, self.tree, within)


class Divided(Triplets):
    """From a fifth to two thirds of the steps each batch is of one cluster and trains one slice; then all together."""

    clusters = None

    def batch(self, step):
        first, last, every = self.steps // 5, 2 * self.steps // 3, max(1, self.steps // 10)
        self.learner = step % LEARNERS if first <= step < last else None
        if self.learner is None:
            return super().batch(step)
        if self.clusters is None or (step - first) % every == 0:
            self._divide()
        rows = self.some[self.clusters == self.learner]
        counts = self.data.labels[rows].bincount(minlength=len(self.data.names))
        rows = rows[counts[self.data.labels[rows]] > 1]  # a class that has one sample there has no positives
        if len(self.data.labels[rows].unique()) < 2:
            return super().batch(step)
        return rows[balanced_batches(self.data.labels[rows], CLASSES, SAMPLES, 1, self.generator)[0]]

    def _divide(self):
        self.some = balanced_batches(self.data.labels, len(self.data.names), 12, 1, self.generator)[0]
        if self.clusters is not None:
            earlier = self.means
        points = embedded(self.network, self.data.images[self.some])
        clusters = divide_and_conquer.k_means(points, LEARNERS, self.generator)
        if self.clusters is not None:
            before = squared_distances(points, earlier).argmin(dim=1)
            clusters = divide_and_conquer.matched(clusters, before, LEARNERS)
        members = F.one_hot(clusters, LEARNERS).to(points)
        self.means = members.T @ points / members.sum(dim=0)[:, None].clamp(min=1)
        self.clusters = clusters

    def loss(self, embeddings, labels):
        if self.learner is not None:
            embeddings = F.normalize(divide_and_conquer.slice_of(embeddings, self.learner, LEARNERS))
        return super().loss(embeddings, labels)


class Ensemble(Method):
    """Four learners of 16 dimensions, semi-hard triplets of the whole, boosted."""

    def loss(self, embeddings, labels):
        whole = self.embed(embeddings).detach()
        triplets = semi_hard_triplets(squared_distances(whole, whole), labels, MARGIN)
        if not len(triplets):
            return 0 * embeddings.sum()
        return boosted_loss(embeddings, triplets, LEARNERS).mean()

    def embed(self, embeddings):
        slices = learner_slices(embeddings, LEARNERS)
        return F.normalize(slices.transpose(0, 1).flatten(1))


METHODS = {
    "contrastive": Contrastive,
    "triplet, random": RandomTriplets,
    "triplet, semi-hard": Triplets,
    "triplet, hard": HardTriplets,
    "Proxy-NCA": ProxyNCA,
    "SoftTriple": SoftTriple,
    "hierarchical triplet": Hierarchical,
    "divide and conquer": Divided,
    "ensemble (BIER)": Ensemble,
    "cross-entropy": CrossEntropy,
}


def train(name, data, seed, steps):
    """Train one network by one method; returns a function from images to embeddings."""
    generator = torch.Generator().manual_seed(seed)
    network = backbone(DIMENSIONS, seed).train()
    method = METHODS[name](data, network, generator, steps)
    optimizer = torch.optim.Adam([*network.parameters(), *method.parameters], lr=RATE)
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        batch = method.batch(step)
        loss = method.loss(network(data.images[batch]), data.labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return lambda images: method.embed(embedded(network, images))


def measured(embed, seed):
    """The six numbers of a row, on samples of the unseen alphabets drawn by the seed."""
    unseen = glyphs.labeled(glyphs.UNSEEN, MEASURED, torch.Generator().manual_seed(1000 + seed))
    found = embed(unseen.images)
    squared = squared_distances(found, found)
    recalls = recall_at_k(squared, unseen.labels, [1, 2, 4, 8]).tolist()
    clusters = divide_and_conquer.k_means(found, len(unseen.names), torch.Generator().manual_seed(seed))
    information = normalized_mutual_information(unseen.labels, clusters).item()
    return [*recalls, information, mean_average_precision_at_r(squared, unseen.labels).item()]


def main(
    steps: Annotated[int, typer.Option(help="Of every run; the shipped table has 300.")] = 300,
    seeds: Annotated[int, typer.Option(help="Runs of every loss.")] = 3,
    table: Annotated[Path, typer.Option(help="The CSV file that rows are added to.")] = TABLE,
):
    """Train what the table does not hold yet."""
    done = set()
    if table.exists():
        with table.open(newline="") as file:
            done = {(row["loss"], int(row["seed"])) for row in csv.DictReader(file)}
    else:
        table.write_text(",".join(COLUMNS) + "\n")
    for seed in range(seeds):
        data = glyphs.labeled(glyphs.TRAIN, PER_CLASS, torch.Generator().manual_seed(seed))
        for name in METHODS:
            if (name, seed) in done:
                continue
            row = [name, seed, *(f"{value:.4f}" for value in measured(train(name, data, seed, steps), seed))]
            with table.open("a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(row)
            print(*row, flush=True)


if __name__ == "__main__":
    typer.run(main)
