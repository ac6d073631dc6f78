"""How the shipped networks were trained: runs that resume, and what stays with the grid is unsteady."""

import numpy as np
import pytest
import torch
import typer
from safetensors.torch import load_file
from typer.testing import CliRunner

from lib import images, networks
from lib import super_resolution as sr
from lib.training import resumable
from lib.training import super_resolution as training


@pytest.mark.parametrize("kind", training.STAGES)
def test_a_stopped_run_goes_on_as_if_nothing_had_happened(kind, tmp_path, monkeypatch):
    network = networks.load("zfnet")
    pictures = [np.random.default_rng(n).integers(0, 256, (140, 120 + 60 * n, 3), np.uint8) for n in range(2)]
    start = sr.beginning(torch.Generator().manual_seed(0), 4, 1)

    def run(folder):
        return training.train(kind, pictures, network, start, folder, 2, 1e-3, 2, 64, progress=False)

    monkeypatch.setattr(resumable, "CHECKPOINT_STEPS", 1)
    whole = run(tmp_path / "whole")
    kept = training.preview
    monkeypatch.setattr(training, "preview", lambda *_: 1 / 0)  # stopped right after the first checkpoint
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "stopped")
    monkeypatch.setattr(training, "preview", kept)
    resumed = run(tmp_path / "stopped")
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value)
    assert not torch.equal(whole["leave.weight"], start["leave.weight"])
    with pytest.raises(ValueError, match="choose another folder"):
        training.train(kind, pictures, network, start, tmp_path / "whole", 3, 1e-3, 2, 64, progress=False)


def test_a_grid_is_unsteady_and_nothing_added_is_less_so():
    weights = sr.beginning(torch.Generator().manual_seed(0), 4, 0)
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 64, 64)
    grid = weights | {"leave.weight": weights["leave.weight"].clone(), "enter.bias": torch.ones(4)}
    grid["leave.weight"][::5] = 0.05
    random = (np.random.default_rng(3) for _ in range(2))
    plain, squared = (
        training.unsteadiness(w, ramp, sr.super_resolve(sr.reduce(ramp), w), r)
        for w, r in zip((weights, grid), random)
    )
    assert squared > 10 * plain


def test_the_command_trains_and_writes_both_networks(tmp_path, monkeypatch):
    monkeypatch.setattr(training, "STAGES", {kind: (1, 1e-3) for kind in training.STAGES})
    images.save(images.sample("coffee", 256), tmp_path / "coffee.png")
    app, out = typer.Typer(), tmp_path / "run"
    app.command()(training.main)
    result = CliRunner().invoke(app, ["--images", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    for kind in training.STAGES:
        found = load_file(out / f"larger-{kind}.safetensors")
        assert {key: value.shape for key, value in found.items()} == {k: v.shape for k, v in sr.load(kind).items()}
    (tmp_path / "empty").mkdir()
    empty = CliRunner().invoke(app, ["--images", str(tmp_path / "empty"), "--out", str(out)])
    assert empty.exit_code == 1 and "holds no opaque, lively picture" in empty.output
