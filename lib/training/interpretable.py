"""The table of assignment 15: python -m lib.training.interpretable

An ordinary network, an interpretable one, and three that are in between, each with five seeds: the same layers,
images, batches, steps and learning rate. Seeds change the weights, the batches, the training images and the test
images. Rows are added to interpretable.csv as they come; a run that was stopped goes on with the rows that are missing.

GAIN, SHARPNESS and WEIGHT were chosen by results on images that are neither trained on nor measured here. The category
of a filter, and the part that it counts for, are chosen on training images and measured on test images.
"""

import csv
from pathlib import Path
from typing import Annotated

import torch
import typer
from torch.nn import functional as F

from lib.datasets.planted_parts import planted
from lib.interpretable_filters import filter_categories, mask_maps
from lib.interpretable_training import (
    FIRST,
    POSITIONS,
    SIZE,
    STRIDE,
    backbone,
    maps_and_scores,
    mixed_batches,
    target_numbers,
    train_network,
)
from lib.mutual_information_loss import interpretable_loss, mutual_information_loss, target_gradient, template_scores
from lib.part_localization import location_instability, part_localization, peak_points
from lib.part_templates import template_bank

TABLE = Path(__file__).with_name("interpretable.csv")
COLUMNS = ("network", "seed", "accuracy", "instability", "instability of the best", "on its part",
           "on its part, the best", "filters", "filters that mean a part")  # fmt: skip
KINDS = {"ordinary": (False, None), "mask only": (True, None), "loss only": (False, "short"),
         "mask and exact gradient": (True, "exact"), "interpretable": (True, "short")}  # fmt: skip
IMAGES, TESTS, EPOCHS, BATCH, RATE = 3000, 1000, 6, 40, 5e-3
GAIN, SHARPNESS, WEIGHT, REACH = 2.0, 5.0, 60.0, 8.0


def trained(kind, seed, data, epochs=EPOCHS):
    """One network of a kind, trained."""
    masked, gradient = KINDS[kind]
    templates = template_bank(POSITIONS)
    network = backbone(lambda maps: GAIN * mask_maps(maps, templates / templates.max()) if masked else maps, seed=seed)

    def loss(scores, labels, maps, over):
        if gradient is None:
            return F.cross_entropy(scores, labels)
        if gradient == "exact":
            losses, weight = mutual_information_loss(template_scores(maps, SHARPNESS * templates)), 3.0
        else:
            targets = target_numbers(maps, labels, filter_categories(maps.detach(), labels, len(data.names)))
            losses = (target_gradient(maps, SHARPNESS * templates, targets) * maps).sum(dim=(0, 2, 3))
            weight = WEIGHT
        return interpretable_loss(scores, labels, losses, min(1, over / 0.3) * weight)

    batches = mixed_batches(data.labels, BATCH, epochs, torch.Generator().manual_seed(seed))
    return train_network(network, data.images, data.labels, batches, loss, RATE)


def measured(network, data, tests):
    """The numbers of a row, over the filters whose category has parts."""
    seen, (maps, scores) = maps_and_scores(network, data.images[:TESTS])[0], maps_and_scores(network, tests.images)
    accuracy = (scores.argmax(dim=1) == tests.labels).float().mean().item()
    categories = filter_categories(seen, data.labels[:TESTS], len(data.names))
    before, points = (peak_points(found, STRIDE, FIRST) for found in (seen, maps))
    unstable, hits = [], []
    for number, category in enumerate(categories.tolist()):
        if category == len(data.names) - 1:  # no parts to look at
            continue
        old, new = data.labels[:TESTS] == category, tests.labels == category
        part = part_localization(before[old][:, [number]], data.centers[:TESTS][old], REACH)[0].argmax()
        hits.append(part_localization(points[new][:, [number]], tests.centers[new], REACH)[0, part])
        unstable.append(location_instability(points[new][:, [number]], tests.centers[new], SIZE * 2**0.5)[0])
    unstable, hits = torch.stack(unstable), torch.stack(hits)
    values = (accuracy, unstable.mean(), unstable.min(), hits.mean(), hits.max())
    return [*(f"{float(value):.4f}" for value in values), len(hits), int((hits >= 0.9).sum())]


def main(
    seeds: Annotated[int, typer.Option(help="Runs of every kind.")] = 5,
    table: Annotated[Path, typer.Option(help="The CSV file that rows are added to.")] = TABLE,
):
    """Train what the table does not hold yet."""
    done = set()
    if table.exists():
        with table.open(newline="") as file:
            done = {(row["network"], int(row["seed"])) for row in csv.DictReader(file)}
    else:
        with table.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(COLUMNS)
    for seed in range(seeds):
        data = planted(IMAGES, SIZE, torch.Generator().manual_seed(seed))
        tests = planted(TESTS, SIZE, torch.Generator().manual_seed(100_000 + seed))
        for kind in KINDS:
            if (kind, seed) in done:
                continue
            row = [kind, seed, *measured(trained(kind, seed, data), data, tests)]
            with table.open("a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(row)
            print(*row, flush=True)


if __name__ == "__main__":
    typer.run(main)
