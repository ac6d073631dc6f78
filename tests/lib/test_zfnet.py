"""zfnet: what a student opens, how it was trained, and whether it came out as it should."""

import io
import math
from hashlib import sha256

import numpy as np
import pytest
import torch
import typer
from PIL import Image
from torch import nn
from torch.nn import functional as F
from typer.testing import CliRunner

from lib import images, networks, shipped_weights, zfnet
from lib.training import evidence, pictures, release
from lib.training import zfnet as training


@pytest.fixture(scope="module")
def network():
    return networks.load("zfnet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Sixteen pictures: stripes in as many directions, one of them twice and at two sizes, and a cut-out disk."""
    path = tmp_path_factory.mktemp("pictures")
    rows, columns = np.mgrid[:150, :150]
    for number in range(15):
        angle = math.pi * number / 15
        wave = np.sin((rows * math.sin(angle) + columns * math.cos(angle)) / (3 + number))
        shades = np.stack([wave, wave * math.cos(number), np.full_like(wave, number / 15)], 2)
        picture = Image.fromarray((127 + 127 * shades).astype(np.uint8))
        picture.save(path / f"stripes-{number}.png")
        if number == 14:
            picture.resize((300, 300), Image.BICUBIC).save(path / "twice.png")
    disk = np.zeros((120, 120, 4), np.uint8)
    disk[..., 0] = 255
    disk[..., 3] = 255 * ((np.mgrid[:120, :120] - 60) ** 2).sum(0).__lt__(2500)
    Image.fromarray(disk).save(path / "disk.png")
    return path


@pytest.fixture(scope="module")
def cache(folder, tmp_path_factory):
    teacher = networks.load("efficientnet-lite0")
    return pictures.build_cache(folder, tmp_path_factory.mktemp("run"), teacher, crops=40, progress=False)


# What a student opens


def test_layers_are_convolution_relu_pooling_linear_and_nothing_else(network):
    kinds = [type(layer) for layer in network]
    assert kinds[0] is networks.Normalize
    assert set(kinds[1:]) == {nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.AdaptiveAvgPool2d, nn.Flatten, nn.Linear}
    names = "normalize conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 conv4 relu4 pool4 conv5 relu5"
    assert list(network._modules) == [*names.split(), "pool", "flatten", "classifier"]
    assert not any(layer.inplace for layer in network if isinstance(layer, nn.ReLU))


@pytest.mark.parametrize("size, first, last", [((112, 112), (56, 56), (7, 7)), ((97, 131), (49, 66), (6, 8))])
def test_shapes(network, size, first, last):
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(0))
    assert network[:2](x).shape == (2, 48, *first)
    assert network[:14](x).shape == (2, 256, *last)
    assert network(x).shape == (2, 1000)


def test_weights_are_small_on_disk_and_float32_in_memory(network):
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in network.parameters())
    assert not network.training
    assert sum(path.stat().st_size for path in shipped_weights.FOLDER.glob("zfnet*.safetensors")) < 8e6
    assert all(torch.equal(p, p.half().float()) for p in network.parameters())  # stored as float16


def test_checksums_are_those_of_the_files():
    found = {p.name: sha256(p.read_bytes()).hexdigest() for p in shipped_weights.FOLDER.glob("zfnet*.safetensors")}
    assert found == zfnet.CHECKSUMS


@pytest.mark.parametrize("size", [(112, 112), (99, 131)])
def test_switches_bring_every_maximum_back_to_its_place(network, size):
    x = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(1))
    part = network[:7]  # as far as pool2
    output, kept = zfnet.forward_with_switches(part, x)
    assert torch.equal(output, part(x))
    assert list(kept) == ["pool1", "pool2"]
    before = network[:6](x)
    switches, shape = kept["pool2"]
    assert shape == before.shape
    unpooled = F.max_unpool2d(output, switches, 2, 2, output_size=shape)
    places = unpooled != 0
    assert torch.equal(unpooled[places], before[places])
    assert torch.equal(F.max_pool2d(unpooled, 2, 2), output)


# Whether it came out as it should


def gratings(size=7):
    """Gratings in 12 directions, 4 frequencies and 4 phases under a Gaussian window, blobs, and edges."""
    rows, columns = torch.meshgrid(*[torch.arange(size) - (size - 1) / 2] * 2, indexing="ij")
    window = torch.exp(-(rows**2 + columns**2) / (2 * 2.0**2))
    made = [window]
    for step in range(12):
        across = rows * math.sin(math.pi * step / 12) + columns * math.cos(math.pi * step / 12)
        made.append(window * across.sign())
        made += [
            window * torch.cos(2 * math.pi * (frequency * across + phase / 8))
            for frequency in (0.1, 0.15, 0.2, 0.25)
            for phase in range(4)
        ]
    tint = torch.tensor([1.0, -0.5, 0.3]).view(3, 1, 1)
    return torch.stack(made)[:, None] * tint


def test_smoothness_tells_gratings_from_noise():
    noise = torch.randn(500, 3, 7, 7, generator=torch.Generator().manual_seed(2))
    clean = gratings()
    assert evidence.smoothness(clean).min() >= evidence.SMOOTH
    assert evidence.smoothness(noise).max() < evidence.SMOOTH - 0.15
    unit = clean / clean.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    drowned = unit + noise[: len(unit)] / noise[: len(unit)].flatten(1).norm(dim=1).view(-1, 1, 1, 1)
    assert (evidence.smoothness(drowned) < evidence.SMOOTH).float().mean() > 0.9


def test_smoothness_is_exact_where_it_can_be_computed_by_hand():
    checkers = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).view(1, 1, 2, 2)
    assert evidence.smoothness(checkers).item() == pytest.approx(1)  # along the diagonals
    corner = torch.tensor([[1.0, 0.0], [0.0, 0.0]]).view(1, 1, 2, 2)
    assert evidence.smoothness(corner).item() == 0
    ramp = torch.tensor([[1.0, 2.0], [2.0, 0.0]]).view(1, 1, 2, 2)
    assert evidence.smoothness(ramp).item() == pytest.approx(1)  # 2 · 2 / √(2² · 2²), up the diagonal


def test_at_least_40_of_48_first_filters_are_smooth(network):
    assert (evidence.smoothness(network.conv1.weight) >= evidence.SMOOTH).sum() >= 40


def test_no_channel_of_the_first_layer_is_dead(network):
    photographs = [images.sample(name, 160) for name in ("cat", "coffee", "motorcycle", "grass", "hubble")]
    dead, count = evidence.dead_channels(network, photographs, ["relu1"])["relu1"]
    assert (dead, count) == (0, 48)


def test_dead_channels_are_found(network):
    broken = zfnet.load()
    with torch.no_grad():
        broken.conv2.weight[[3, 5]], broken.conv2.bias[[3, 5]] = 0, -1
        sound = zfnet.load()
        pictures_ = [images.sample("cat", 96)]
        before = evidence.dead_channels(sound, pictures_, ["relu2"])["relu2"]
    assert evidence.dead_channels(broken, pictures_, ["relu2"])["relu2"] == (before[0] + 2, 80)


def test_evolution_goes_from_noise_to_the_trained_filters(network):
    stages = zfnet.evolution()
    assert len(stages) == 8 and list(stages) == sorted(stages)
    last = list(stages.values())[-1]
    assert torch.equal(last.conv3.weight, network.conv3.weight)
    smooth = [evidence.smoothness(stage.conv1.weight).median().item() for stage in stages.values()]
    assert smooth[0] < 0.6 < smooth[-1]
    assert last(torch.rand(1, 3, 64, 64)).shape == (1, 128, 8, 8)


def test_two_first_layers_shrink_an_image_alike():
    both = zfnet.first_layers()
    assert [blocks.conv1.kernel_size[0] for blocks in both.values()] == [7, 11]
    x = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(3))
    assert {blocks(x).shape for blocks in both.values()} == {(1, 128, 14, 14)}


# How it was trained


def test_folding_batch_norm_changes_nothing():
    torch.manual_seed(4)
    student = training.Student().double().eval()
    for module in student.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.1, 2)
            nn.init.normal_(module.weight)
            nn.init.normal_(module.bias)
    x = torch.rand(2, 3, 112, 112, dtype=torch.float64)
    expected = student(x)[1]
    plain = training.folded(student).double()
    plain.normalize.mean, plain.normalize.std = student.network.normalize.mean, student.network.normalize.std
    assert not any(isinstance(m, nn.BatchNorm2d) for m in plain.modules())
    torch.testing.assert_close(plain(x), expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


def test_learning_rate_rises_falls_and_never_jumps():
    rates = [training.one_cycle(step / 1000) for step in range(1001)]
    assert rates[0] == pytest.approx(3e-3 / 25) and rates[-1] == pytest.approx(3e-7)
    assert max(rates) == pytest.approx(3e-3) and rates.index(max(rates)) == 200
    assert max(abs(b - a) for a, b in zip(rates, rates[1:])) < 3e-5


def test_milestones_are_geometric_and_end_with_training():
    steps = training.milestones(20_000)
    assert len(steps) == 8 and steps[0] == 20 and steps[-1] == 20_000
    ratios = [b / a for a, b in zip(steps, steps[1:])]
    assert max(ratios) / min(ratios) < 1.05


def test_each_round_shows_every_crop_once_and_a_resumed_run_sees_the_same():
    crops = np.arange(100, 124)
    drawn = [indices for _, indices in training.batches(crops, 6, 8, seed=1)]
    for half in (drawn[:4], drawn[4:]):
        assert sorted(np.concatenate(half)) == crops.tolist()
    assert not np.array_equal(drawn[0], drawn[4])
    resumed = dict(training.batches(crops, 6, 8, seed=1, start=5))
    assert list(resumed) == [5, 6, 7] and np.array_equal(resumed[5], drawn[5])
    with pytest.raises(ValueError, match="do not fill one batch"):
        next(training.batches(crops, 30, 8, seed=1))


def test_decay_is_strong_on_the_first_convolution_only():
    student = training.Student()
    groups = training.optimizer_for(student, 0.3).param_groups
    assert [group["weight_decay"] for group in groups] == [0.3, 0.05, 0.0]
    assert groups[0]["params"] == [student.network.conv1.conv.weight]
    assert sum(len(group["params"]) for group in groups) == len(list(student.parameters()))
    assert all(p.dim() == 1 for p in groups[2]["params"])


def test_training_is_repeatable_resumable_and_learns(cache, tmp_path, monkeypatch):
    def weights(out, samples=48):
        student = training.train(cache, tmp_path / out, samples, batch=8, progress=False)
        return torch.cat([p.detach().flatten() for p in student.parameters()])

    whole = weights("whole")
    assert torch.equal(weights("again"), whole)
    step = training.batches
    monkeypatch.setattr(training, "CHECKPOINT_STEPS", 3)
    monkeypatch.setattr(training, "batches", lambda *a: (pair for pair in step(*a) if pair[0] < 3))
    assert not torch.equal(weights("stopped"), whole)
    monkeypatch.setattr(training, "batches", step)
    assert torch.equal(weights("stopped"), whole)
    kept = [
        sorted(path.name for path in (tmp_path / out).glob("evolution-*")) for out in ("whole", "stopped")
    ]
    assert kept[0] == kept[1] == [f"evolution-{samples}.safetensors" for samples in (16, 48, 8)]


def test_command_trains_and_release_puts_the_weights_in_place(folder, tmp_path, monkeypatch):
    app, run = typer.Typer(), CliRunner()
    app.command()(training.main)
    options = [
        "--images",
        str(folder),
        "--crops",
        "20",
        "--batch",
        "4",
        "--device",
        "cpu",
        "--out",
        str(tmp_path),
    ]
    for first in ("7x2", "11x4"):
        result = run.invoke(app, [*options, "--samples", "40", "--first", first])
        assert result.exit_code == 0, result.output
    seven, eleven = tmp_path / "first-7x2", tmp_path / "first-11x4"
    assert torch.load(eleven / "checkpoint.pt", weights_only=True)["settings"]["first"] == [11, 4]
    sums = release.release(seven, seven, eleven, tmp_path / "weights")
    monkeypatch.setattr(shipped_weights, "FOLDER", tmp_path / "weights")
    monkeypatch.setattr(zfnet, "CHECKSUMS", sums)
    trained = zfnet.load()
    assert list(zfnet.evolution()) == [4, 16, 40]
    assert torch.equal(zfnet.first_layers()["7x7, stride 2"].conv3.weight, trained.conv3.weight)
    assert zfnet.first_layers()["11x11, stride 4"].conv1.stride == (4, 4)

    again = run.invoke(app, [*options, "--samples", "44"])
    assert again.exit_code == 1 and "holds a run with" in again.output
    assert isinstance(again.exception, SystemExit)  # one sentence, no traceback
    assert run.invoke(app, [*options, "--first", "7by2"]).exit_code == 2


def test_gram_matrix_by_hand():
    maps = torch.tensor([[1.0, 2.0], [3.0, 0.0]]).view(1, 2, 1, 2)
    assert torch.equal(evidence.gram(maps), torch.tensor([[2.5, 1.5], [1.5, 4.5]]))


def test_synthesis_comes_nearer_to_its_texture():
    style = images.sample("brick", 64)
    network, layers = evidence.beginning("zfnet"), evidence.TEXTURE_LAYERS["zfnet"]

    def distance(image):
        with torch.no_grad():
            ours, theirs = (evidence.features(network, x, layers) for x in (image, style))
        grams = [(evidence.gram(ours[layer]), evidence.gram(theirs[layer])) for layer in layers]
        return sum(((a - b).norm() / b.norm()).item() for a, b in grams)

    few, done, _ = evidence.synthesize("zfnet", style, seconds=60, steps=2)
    more, steps, _ = evidence.synthesize("zfnet", style, seconds=60, steps=60)
    assert (done, steps) == (2, 60)
    assert distance(more) < 0.6 * distance(few)
    assert more.shape == style.shape
    hard, *_ = evidence.synthesize("zfnet", style, 60, content=(style > style.median()).float(), steps=5)
    assert hard.min() == 0 and hard.max() == 1
    assert evidence.synthesize("zfnet", style, seconds=0.3)[1] < 300


def test_losses_by_hand():
    scores = torch.tensor([[0.0, 2 * math.log(3)]])
    answers = {"eighth": torch.zeros(1, 2, 1, 1), "scores": torch.zeros(1, 2)}
    losses = pictures.distillation_losses({"eighth": torch.full((1, 2, 1, 1), 3.0)}, scores, answers)
    assert losses["eighth"].item() == pytest.approx(9)
    # The teacher says 1/2 and 1/2, the student 1/4 and 3/4 at temperature 2; the factor is 4.
    assert losses["scores"].item() == pytest.approx(4 * (math.log(2) + math.log(2 / 3)) / 2)
    same = pictures.distillation_losses({}, scores, {"scores": scores})
    assert same["scores"].item() == pytest.approx(0, abs=1e-7)


# Its pictures


def test_gather_is_repeatable_drops_doubles_and_keeps_pictures_apart(folder):
    crops, held_out, names = pictures.gather(folder, 40, progress=False)
    again = pictures.gather(folder, 40, progress=False)
    assert np.array_equal(crops, again[0]) and names == again[2]
    assert not np.array_equal(crops, pictures.gather(folder, 40, seed=1, progress=False)[0])
    assert crops.shape[1:] == (112, 112, 3) and crops.dtype == np.uint8
    assert len(names) == 16 and "twice.png" not in names
    assert [name for name in names if pictures.is_held_out(name)] and 0 < held_out.sum() < 20


def test_a_cut_out_covers_what_lies_beneath():
    disk = np.zeros((120, 120, 4), np.uint8)
    disk[30:90, 30:90] = (255, 0, 0, 255)
    ground = Image.new("RGBA", (200, 200), (0, 0, 255, 255))
    random = np.random.default_rng(0)
    shown = [np.asarray(pictures.crop(Image.fromarray(disk), [ground], random)) for _ in range(20)]
    assert all(tuple(picture[56, 56]) == (255, 0, 0) for picture in shown)
    assert 8 <= sum(tuple(picture[1, 1]) == (0, 0, 255) for picture in shown) < 20


def test_liveliness():
    flat = Image.new("RGBA", (20, 20), (9, 9, 9, 255))
    assert pictures.liveliness(flat) == 0.05
    stripes = np.zeros((20, 21, 4), np.uint8)
    stripes[..., 3] = 255
    stripes[:, 10:, :3] = np.arange(11)[:, None] % 2 * 100
    assert pictures.liveliness(Image.fromarray(stripes)) == pytest.approx(0.5)


def test_pictures_packed_in_one_file_are_found():
    noise = np.random.default_rng(0).integers(0, 256, (120, 120, 3), np.uint8)
    big, small = io.BytesIO(), io.BytesIO()
    Image.fromarray(noise).save(big, "WEBP", quality=90)
    Image.fromarray(noise[:8, :8]).save(small, "WEBP")
    packed = b"qres" + big.getvalue() + b"RIFFxxxx" + small.getvalue() + b"..RIFF" + big.getvalue()
    found = pictures.packed_webp(packed)
    assert found == [big.getvalue()] * 2
    assert pictures.opened(io.BytesIO(found[0])).size == (120, 120)


def test_a_folder_without_pictures_says_so(tmp_path):
    (tmp_path / "broken.png").write_bytes(b"no picture")
    Image.new("RGB", (200, 200), "red").save(tmp_path / "flat.png")
    with pytest.raises(ValueError, match="holds no JPEG"):
        pictures.gather(tmp_path, 10, progress=False)


def test_the_cache_holds_what_the_teacher_says(cache):
    x, answers = cache.batch(cache.training[:4])
    said = pictures.ask(networks.load("efficientnet-lite0"), x)
    torch.testing.assert_close(answers["scores"], said["scores"], rtol=2e-3, atol=2e-2)
    shapes = {name: tuple(answer.shape[1:]) for name, answer in answers.items()}
    assert shapes == {
        "eighth": (40, 14, 14),
        "sixteenth": (112, 7, 7),
        "thirty-second": (320, 4, 4),
        "scores": (1000,),
    }
    backwards, _ = cache.batch(cache.training[:4][::-1])
    assert torch.equal(backwards, x)
    _, everything = cache.batch(np.concatenate([cache.training, cache.held_out]))
    for name in pictures.TEACHER_LAYERS:
        assert everything[name].mean((0, 2, 3)).abs().max() < 0.02
        assert (everything[name].std((0, 2, 3)) - 1).abs().max() < 0.05
