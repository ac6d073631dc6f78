"""The table of losses: what ships is complete, and a run that was stopped goes on."""

import csv

import pytest
import torch

from lib.datasets import glyphs
from lib.training import metric_learning


def rows(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_shipped_table_has_three_runs_of_every_loss():
    found = {(row["loss"], int(row["seed"])) for row in rows(metric_learning.TABLE)}
    assert found == {(name, seed) for name in metric_learning.METHODS for seed in range(3)}
    for row in rows(metric_learning.TABLE):
        values = [float(row[column]) for column in metric_learning.COLUMNS[2:]]
        assert values[:4] == sorted(values[:4]) and all(0 < value < 1 for value in values)


@pytest.mark.parametrize("name", metric_learning.METHODS)
def test_every_method_trains_and_embeds(name):
    data = glyphs.labeled(["digits"], 13, torch.Generator().manual_seed(0))
    embed = metric_learning.train(name, data, 0, 12)
    found = embed(data.images[:5])
    assert found.shape == (5, 64) and found.isfinite().all()
    torch.testing.assert_close(found.norm(dim=1), torch.ones(5))


def test_a_run_goes_on_with_what_is_missing(tmp_path, monkeypatch):
    table, trained = tmp_path / "table.csv", []
    monkeypatch.setattr(metric_learning, "train", lambda name, data, seed, steps: trained.append((name, seed)))
    monkeypatch.setattr(metric_learning, "measured", lambda embed, seed: [0.5] * 6)
    monkeypatch.setattr(metric_learning.glyphs, "labeled", lambda *arguments: None)
    table.write_text(",".join(metric_learning.COLUMNS) + '\n"triplet, hard",0,' + ",".join(["0.1"] * 6) + "\n")
    metric_learning.main(1, 1, table)
    assert ("triplet, hard", 0) not in trained and len(trained) == len(metric_learning.METHODS) - 1
    metric_learning.main(1, 1, table)
    assert len(rows(table)) == len(metric_learning.METHODS) == len(trained) + 1
