"""How the shipped networks were trained: runs that resume, crops by seed, and paint that does not stick to a grid."""

from hashlib import sha256

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from safetensors.torch import load_file
from typer.testing import CliRunner

from lib import fast_style_transfer as fst
from lib import networks
from lib.paintings import painting
from lib.style_features import stacked, style_targets
from lib.training import fast_style, resumable
from lib.transformation_layers import CHECKSUMS, initial_weights, load


@pytest.fixture
def pictures():
    return [np.random.default_rng(n).integers(0, 256, (140, 120 + 60 * n, 3), np.uint8) for n in range(2)]


def test_a_stopped_run_goes_on_as_if_nothing_had_happened(tmp_path, pictures, monkeypatch):
    network = networks.load("zfnet")
    targets = stacked([style_targets(network, painting(name, 64, 64)) for name in ("ink", "wheat")])
    start = fast_style.conditional(initial_weights(torch.Generator().manual_seed(0), (2, 3, 4), 1), 2)

    def run(folder):
        return fast_style.train(pictures, network, targets, start, folder, 2, 2, steady=1.0, progress=False)

    monkeypatch.setattr(resumable, "CHECKPOINT_STEPS", 1)
    whole = run(tmp_path / "whole")
    kept = fast_style.preview
    monkeypatch.setattr(fast_style, "preview", lambda *_: 1 / 0)  # stopped right after the first checkpoint
    with pytest.raises(ZeroDivisionError):
        run(tmp_path / "stopped")
    monkeypatch.setattr(fast_style, "preview", kept)
    resumed = run(tmp_path / "stopped")
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value)
        assert not torch.equal(value, start[name])
    with pytest.raises(ValueError, match="choose another folder"):
        fast_style.train(pictures, network, targets, start, tmp_path / "whole", 3, 2, progress=False)


def test_crops_depend_on_the_generator_alone_and_come_from_the_pictures(pictures):
    one, other = (fast_style.crops(pictures, 3, 48, np.random.default_rng(5)) for _ in range(2))
    assert torch.equal(one, other) and one.shape == (3, 3, 48, 48)
    assert one.min() >= 0 and one.max() <= 1


def test_the_faster_norm_gives_the_same(device):
    x, scale, shift = (torch.randn(*shape, device=device) for shape in ((2, 3, 5, 4), (2, 3), (2, 3)))
    torch.testing.assert_close(fast_style.native_norm(x, scale, shift), fst.instance_norm(x, scale, shift, 1e-5))


def test_what_does_not_follow_the_photograph_is_unsteady():
    weights = fast_style.conditional(initial_weights(torch.Generator().manual_seed(0), (2, 3, 4), 0), 1)
    photographs, styles = torch.rand(1, 3, 48, 48), torch.zeros(1, dtype=torch.long)
    painted = fast_style.stylize(weights, photographs, styles)
    random = np.random.default_rng(0)
    own = fast_style.unsteadiness(weights, photographs, painted, styles, random, 0.0)
    other = fast_style.unsteadiness(weights, photographs, 1 - painted, styles, random, 0.0)
    assert own < other


def test_pictures_are_gathered_if_lively_and_opaque(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (100, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "lively.png")
    Image.new("RGB", (100, 100), "red").save(tmp_path / "flat.png")
    found = fast_style.gather(tmp_path)
    assert len(found) == 1 and np.array_equal(found[0], noise)
    (tmp_path / "lively.png").unlink()
    with pytest.raises(ValueError, match="no opaque, lively picture"):
        fast_style.gather(tmp_path)


def test_released_weights_come_back(tmp_path):
    weights = {"a.weight": torch.randn(3, 4), "a.scale": torch.ones(3)}
    fast_style.release(weights, tmp_path / "style.safetensors")
    found = load_file(tmp_path / "style.safetensors")
    torch.testing.assert_close(found["a.weight"].float(), weights["a.weight"], atol=1e-3, rtol=1e-3)


def test_lines_four_pixels_apart_are_found_and_others_are_not(device):
    steps = torch.arange(32, device=device)
    found = {}
    for pixels in (2, 4, 8):
        wave = 0.5 + 0.2 * (2 * torch.pi * steps / pixels).cos()
        upright, level = wave.expand(1, 3, 32, 32), wave[:, None].expand(1, 3, 32, 32)
        found[pixels] = fast_style.lines(torch.cat([upright, upright.roll(1, 3), level]))
    assert found[4].shape == (3,) and (found[4] - 0.2**2).abs().max() < 1e-6
    assert found[2].max() < 1e-8 and found[8].max() < 1e-8


def test_the_command_trains_and_writes_every_network_that_ships(tmp_path, pictures, monkeypatch):
    """Its whole chain, with one step a stage."""
    monkeypatch.setattr(fast_style, "STAGES", [(folder, 1, *how) for folder, _, *how in fast_style.STAGES])
    monkeypatch.setattr(fast_style, "preview", lambda *_: None)
    for n, picture in enumerate(pictures):
        Image.fromarray(picture).save(tmp_path / f"{n}.png")
    app, out = typer.Typer(), tmp_path / "run"
    app.command()(fast_style.main)
    result = CliRunner().invoke(app, ["--images", str(tmp_path), "--out", str(out), "--alone", "1"])
    assert result.exit_code == 0, result.output
    for name in CHECKSUMS:
        assert sha256((out / f"style-{name}.safetensors").read_bytes()).hexdigest() in result.output
        found = load_file(out / f"style-{name}.safetensors")
        assert {key: value.shape for key, value in found.items()} == {k: v.shape for k, v in load(name).items()}
