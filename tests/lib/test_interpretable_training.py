"""The two networks, their batches, their training, and the table that ships."""

import csv

import pytest
import torch
from torch.nn import functional as F

from lib.datasets.planted_parts import NAMES, planted
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
from lib.training import interpretable


def test_networks_differ_in_the_mask_only_and_the_global_generator_stays():
    before = torch.get_rng_state()
    one, same, other = backbone(seed=3), backbone(lambda maps: 2 * maps, seed=3), backbone(seed=4)
    assert torch.equal(torch.get_rng_state(), before) and one.training
    for (name, a), (_, b) in zip(one.state_dict().items(), same.state_dict().items(), strict=True):
        assert torch.equal(a, b), name
    assert not torch.equal(one.conv1.weight, other.conv1.weight)
    images = torch.rand(2, 3, SIZE, SIZE)
    (maps, scores), (twins, doubled) = (maps_and_scores(net.eval(), images) for net in (one, same))
    assert maps.shape == (2, 32, POSITIONS, POSITIONS) and torch.equal(maps, twins)
    bias = one.classes.bias
    torch.testing.assert_close(doubled - bias, 2 * (scores - bias))


@torch.no_grad()
def test_position_i_looks_at_pixel_first_plus_stride_times_i():
    """The pixels that a position depends on lie around that place, as many on one side as on the other, but for one."""
    network = backbone(seed=0).eval()
    image = torch.rand(1, 3, SIZE, SIZE)
    with torch.enable_grad():
        image.requires_grad_()
        maps = network[: list(dict(network.named_children())).index("conv4") + 1](image)
        maps[0, :, 9, 7].square().sum().backward()
    seen = image.grad.abs().sum(dim=(0, 1)) > 0
    for axis, position in ((1, 9), (0, 7)):
        where = seen.any(dim=axis).nonzero()
        middle = (where.min() + where.max()).item() / 2
        assert abs(middle - (FIRST + STRIDE * position)) <= 0.5


def test_batches_hold_as_many_of_each_class_and_no_image_twice():
    labels = torch.tensor([0] * 9 + [1] * 13 + [2] * 8)
    batches = mixed_batches(labels, 6, 2, torch.Generator().manual_seed(0))
    assert len(batches) == 8
    assert all(labels[rows].bincount().tolist() == [2, 2, 2] for rows in batches)
    assert len(torch.cat(batches[:4]).unique()) == 24
    with pytest.raises(ValueError, match="a batch of 7 cannot hold 3 classes"):
        mixed_batches(labels, 7, 1)


def test_targets_are_the_maxima_in_the_own_category_and_nowhere_in_others():
    maps = torch.zeros(2, 2, 3, 3)
    maps[0, 0, 1, 2] = maps[0, 1, 0, 0] = maps[1, 0, 2, 0] = maps[1, 1, 2, 2] = 1.0
    assert target_numbers(maps, torch.tensor([0, 1]), torch.tensor([0, 1])).tolist() == [[5, 9], [9, 8]]


def test_training_learns_and_ends_in_eval_mode():
    data = planted(100, SIZE, torch.Generator().manual_seed(0))
    seen = []

    def loss(scores, labels, maps, over):
        seen.append((over, maps.shape[0], maps.requires_grad))
        return F.cross_entropy(scores, labels)

    batches = mixed_batches(data.labels, 20, 18, torch.Generator().manual_seed(0))
    network = train_network(backbone(), data.images, data.labels, batches, loss)
    assert not network.training and len(seen) == 90 and seen[0] == (0, 20, True) and seen[45][0] == 0.5
    scores = maps_and_scores(network, data.images, together=30)[1]
    assert (scores.argmax(dim=1) == data.labels).float().mean() > 0.7


@pytest.mark.parametrize("kind", interpretable.KINDS)
def test_every_kind_trains_and_is_measured(kind, monkeypatch):
    monkeypatch.setattr(interpretable, "TESTS", 50)
    data, tests = (planted(100, SIZE, torch.Generator().manual_seed(seed)) for seed in (0, 1))
    network = interpretable.trained(kind, 0, data, epochs=1)
    row = interpretable.measured(network, data, tests)
    assert len(row) == len(interpretable.COLUMNS) - 2 and all(0 <= float(value) <= 1 for value in row[:5])
    assert float(row[1]) >= float(row[2]) and float(row[3]) <= float(row[4]) and row[6] <= row[5] <= 32


def test_peaks_on_the_parts_are_measured_as_such(monkeypatch):
    """Maps that are made by hand: filter k is at part k mod 3 of species k mod 4, and nowhere else."""
    data, tests = (planted(60, SIZE, torch.Generator().manual_seed(seed)) for seed in (0, 1))

    def by_hand(network, images):
        found = data if torch.equal(images, data.images) else tests
        maps = torch.zeros(60, 12, POSITIONS, POSITIONS)
        for image in range(60):
            for number in range(12):
                if found.labels[image] == number % 4:
                    x, y = ((found.centers[image, number % 3] - FIRST) / STRIDE).round().long().tolist()
                    maps[image, number, y, x] = 1.0
        return maps, F.one_hot(found.labels, 5).float()

    monkeypatch.setattr(interpretable, "maps_and_scores", by_hand)
    accuracy, unstable, _, hits, _, filters, meaning = interpretable.measured(None, data, tests)
    assert float(accuracy) == 1 and float(hits) == 1 and filters == meaning == 12 and float(unstable) < 0.05


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_table_is_complete_and_shows_what_the_notebook_says():
    table = rows(interpretable.TABLE)
    assert {(row["network"], int(row["seed"])) for row in table} == {
        (kind, seed) for kind in interpretable.KINDS for seed in range(5)
    }

    def mean(kind, column):
        return sum(float(row[column]) for row in table if row["network"] == kind) / 5

    assert mean("interpretable", "accuracy") > mean("ordinary", "accuracy") - 0.02
    assert 2 * (1 - mean("interpretable", "on its part")) < 1 - mean("ordinary", "on its part")
    assert 2 * mean("interpretable", "instability") < mean("ordinary", "instability")


def test_a_run_goes_on_with_what_is_missing(tmp_path, monkeypatch):
    table, trained = tmp_path / "table.csv", []
    monkeypatch.setattr(interpretable, "trained", lambda kind, seed, data: trained.append((kind, seed)))
    monkeypatch.setattr(interpretable, "measured", lambda network, data, tests: [0.5] * 7)
    monkeypatch.setattr(interpretable, "planted", lambda *arguments: None)
    table.write_text(",".join(f'"{name}"' for name in interpretable.COLUMNS) + "\nordinary,0" + ",0.1" * 7 + "\n")
    interpretable.main(1, table)
    assert ("ordinary", 0) not in trained and len(trained) == len(interpretable.KINDS) - 1
    interpretable.main(1, table)
    assert len(rows(table)) == len(interpretable.KINDS) == len(trained) + 1
    assert NAMES[-1] == "stone"
