"""What the data promise: the same by seed, split by class, and a truth that is true."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from lib import datasets
from lib.datasets import digits, downloads, flow, glyphs, planted_parts, stereo, videos


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


# Digits


def test_train_and_test_are_all_digits_once():
    parts = [digits.labeled(split) for split in ("train", "test")]
    mine = torch.cat([part.images for part in parts]).flatten(1)
    order = np.lexsort(mine.numpy().T)
    theirs = load_digits().data / 16
    assert np.allclose(mine.numpy()[order], theirs[np.lexsort(theirs.astype(np.float32).T)], atol=1e-6)


def test_a_third_of_each_digit_is_in_the_test():
    train, test = (digits.labeled(split).labels.bincount(minlength=10) for split in ("train", "test"))
    assert ((train - 2 * test) >= 0).all() and ((train - 2 * test) <= 2).all()


def test_labels_are_those_of_the_images():
    data = digits.labeled("test")
    known = {tuple(row): label for row, label in zip(load_digits().data, load_digits().target, strict=True)}
    assert [known[tuple(16 * row)] for row in data.images.flatten(1).numpy()] == data.labels.tolist()


def test_digits_can_be_larger():
    small, large = digits.labeled("test"), digits.labeled("test", size=24)
    assert large.images.shape == (len(small.images), 1, 24, 24)
    middles = large.images[..., 1::3, 1::3]  # of each block of three
    assert torch.allclose(middles, small.images, atol=1e-5)


def test_changing_the_images_leaves_the_next_ones_as_they_are():
    digits.labeled().images.zero_()
    assert digits.labeled().images.sum() > 0


# Glyphs


def test_one_seed_gives_one_set_of_glyphs():
    one, same, other = (glyphs.labeled(["greek"], 2, seeded(seed)).images for seed in (0, 0, 1))
    assert torch.equal(one, same) and not torch.equal(one, other)
    assert one.min() >= 0 and one.max() <= 1 and one.dtype == torch.float32


def test_no_character_is_seen_before_it_is_asked():
    train, unseen = (set(glyphs.characters(names)) for names in (glyphs.TRAIN, glyphs.UNSEEN))
    assert train and unseen and not train & unseen


def test_characters_that_look_alike_count_once():
    kept = glyphs.characters(("latin", "greek", "cyrillic"))
    assert "A" in kept and "Α" not in kept and "А" not in kept
    assert "Ω" in kept and "Ж" in kept and "O" in kept and "o" in kept


def test_every_face_used_has_the_character():
    for alphabet in glyphs.ALPHABETS:
        for character in glyphs.characters((alphabet,)):
            faces = glyphs.faces_of(character)
            boxes = [glyphs.drawing("\uffff", face) for face in faces]  # what a face draws for what it does not have
            assert faces and not any(torch.equal(glyphs.drawing(character, f), box) for f, box in zip(faces, boxes))
    assert len(glyphs.faces_of("A")) == 12 and len(glyphs.faces_of("א")) < 12


def test_labels_say_the_character():
    data = glyphs.labeled(["digits"], 3, seeded(), noise=0, effort=0)
    assert data.labels.tolist() == [digit for digit in range(10) for _ in range(3)]
    for image, label in zip(data.images, data.labels.tolist(), strict=True):
        own = [glyphs.drawing(data.names[label], face) for face in glyphs.faces_of(data.names[label])]
        drawn = [glyphs.changed(one[None], *unchanged(1))[0] for one in own]
        assert any(torch.equal(image, one) for one in drawn)


def unchanged(count):
    return torch.zeros(count), torch.zeros(count), torch.ones(count), torch.zeros(count, 2), torch.zeros(count)


def drawn(angle=0.0, shear=0.0, scale=1.0, shift=(0.0, 0.0), stroke=0.0, character="R"):
    master = glyphs.drawing(character, "DejaVuSans")[None]
    return glyphs.changed(master, *(torch.tensor([value]) for value in (angle, shear, scale, shift, stroke)))[0, 0]


def test_a_quarter_turn_is_counterclockwise():
    assert torch.allclose(drawn(angle=90.0), torch.rot90(drawn()), atol=1e-4)


def test_a_shift_is_in_shares_of_the_side():
    assert torch.allclose(drawn(shift=(2 / 28, 1 / 28))[1:, 2:], drawn()[:-1, :-2], atol=1e-4)


def test_half_the_scale_is_a_quarter_of_the_ink():
    # A thin line loses more at its blurred edges than a block does.
    whole, half = drawn(character="█", scale=0.6).sum(), drawn(character="█", scale=0.3).sum()
    assert abs(half / whole - 0.25) < 0.04


def test_slant_leans_the_top_to_the_right():
    straight, leaning = drawn(character="I"), drawn(character="I", shear=0.3)

    def middle(rows):
        return (rows.sum(0) * torch.arange(28)).sum() / rows.sum()

    assert middle(leaning[5:10]) > middle(straight[5:10]) + 0.5
    assert middle(leaning[17:20]) < middle(straight[17:20])


def test_strokes_grow_by_what_is_asked():
    bar = [drawn(character="I", stroke=stroke).sum(dim=1)[14].item() for stroke in (-0.6, 0.0, 0.6)]
    # Two edges, each by 0.6 pixels of 64, seen at 28.
    assert bar[1] - bar[0] == pytest.approx(2 * 0.6 * 28 / 64, abs=0.15)
    assert bar[2] - bar[1] == pytest.approx(2 * 0.6 * 28 / 64, abs=0.15)


def test_noise_has_the_strength_asked():
    quiet, noisy = (glyphs.labeled(["digits"], 20, seeded(), noise=noise).images for noise in (0, 0.1))
    inside = (quiet > 0.45) & (quiet < 0.55)  # away from 0 and 1, where noise is cut off
    assert (noisy - quiet)[inside].std() == pytest.approx(0.1, rel=0.2)


def test_an_unknown_alphabet_is_named():
    with pytest.raises(ValueError, match="'klingon'.*latin"):
        glyphs.labeled(["klingon"], 1)


# Stereo


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_disparity_leads_from_the_left_image_to_the_right_one(scale):
    left, right, disparity = stereo.pair(scale)
    assert left.shape == right.shape and left.shape[2:] == disparity.shape
    known = disparity.isfinite()
    assert 0.5 < known.float().mean() < 1

    def error(sign):
        columns = torch.arange(left.shape[3]) - sign * disparity.nan_to_num()
        inside = known & (columns >= 0) & (columns <= left.shape[3] - 1)
        place = columns.round().long().clamp(0, left.shape[3] - 1)
        found = right[0].gather(2, place.expand(3, -1, -1))
        return (found - left[0]).abs().mean(0)[inside].mean()

    assert error(1) < 0.5 * error(0) and error(1) < 0.5 * error(-1)


def test_half_the_size_is_half_the_disparity():
    whole, half = (stereo.pair(scale)[2] for scale in (1, 2))
    assert half.nanmean() == pytest.approx(whole.nanmean().item() / 2, rel=0.02)


# Flow


@pytest.mark.parametrize("kind", ["smooth", "affine", "both"])
def test_flow_says_where_every_pixel_went(kind):
    first, second, motion = flow.pairs(4, 32, kind, largest=6, generator=seeded(3))
    for n in range(4):
        for y, x in [(16, 16), (12, 20), (20, 9)]:
            dx, dy = motion[n, :, y, x].tolist()
            column, row = x + dx, y + dy
            left, top = int(np.floor(column)), int(np.floor(row))
            across, down = column - left, row - top
            corner = second[n, :, top : top + 2, left : left + 2]
            between = (1 - down) * ((1 - across) * corner[:, 0, 0] + across * corner[:, 0, 1])
            between = between + down * ((1 - across) * corner[:, 1, 0] + across * corner[:, 1, 1])
            assert torch.allclose(between, first[n, :, y, x], atol=1e-4)


def test_no_motion_is_longer_than_the_largest():
    lengths = flow.pairs(12, 32, largest=5, generator=seeded())[2].norm(dim=1).amax(dim=(1, 2))
    assert (lengths <= 5.001).all() and (lengths > 1).all() and lengths.std() > 0.3


def test_pieces_have_edges_and_waves_have_none():
    def jump(kind):
        motion = flow.pairs(6, 64, kind, generator=seeded())[2]
        steps = motion.diff(dim=3).abs().amax(dim=(1, 2, 3))
        return (steps / motion.abs().amax(dim=(1, 2, 3))).mean()

    assert jump("affine") > 3 * jump("smooth")


def test_one_seed_gives_one_set_of_pairs():
    one, same, other = (flow.pairs(2, 32, generator=seeded(seed)) for seed in (0, 0, 1))
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])


# Videos


def test_centers_are_where_the_things_are(monkeypatch):
    """With a black ground and a white thing, the thing is the mean of its light."""
    calls = []

    def plain(count, size, generator, photographs):
        calls.append(size)
        return torch.full((count, 3, size, size), 0.0 if len(calls) == 1 else 0.8)

    monkeypatch.setattr(videos, "cut", plain)
    frames, centers, radii = videos.video(8, 80, things=1, generator=seeded(2))
    light = (frames[:, 0] - 0.2).clamp(min=0)
    position = torch.arange(80.0)
    x = (light.sum(1) * position).sum(1) / light.sum((1, 2))
    y = (light.sum(2) * position).sum(1) / light.sum((1, 2))
    inside = ((centers - radii[..., None] > 0) & (centers + radii[..., None] < 79)).all(2)[:, 0]
    assert inside.sum() > 3
    assert torch.allclose(torch.stack([x, y], 1)[inside], centers[inside, 0], atol=0.5)
    area = (light > 0.2).float().sum((1, 2))[inside]
    assert torch.allclose(area, torch.pi * radii[inside, 0] ** 2, rtol=0.06)


def test_a_thing_keeps_its_looks():
    """Around its center a thing resembles itself a frame later more than what was there before."""
    frames, centers, _ = videos.video(6, 96, things=1, generator=seeded(4))

    def around(frame, center):
        x, y = center.round().long().tolist()
        return frames[frame, :, y - 8 : y + 9, x - 8 : x + 9]

    moved = [torch.dist(around(0, centers[0, 0]), around(5, centers[frame, 0])) for frame in (5, 0)]
    assert centers[5, 0].dist(centers[0, 0]) > 5 and moved[0] < moved[1]


def test_one_seed_gives_one_video():
    one, same = (videos.video(4, 32, generator=seeded()).frames for _ in range(2))
    assert torch.equal(one, same) and one.shape == (4, 3, 32, 32) and one.min() >= 0 and one.max() <= 1


# Planted parts


def test_a_part_is_where_the_image_changes_when_it_is_left_out():
    """Same seed, one part less: all changed pixels lie in its box, and around its center. Later parts lie over it."""
    for part in planted_parts.PARTS:
        number = planted_parts.PARTS.index(part)
        whole, less = (planted_parts.planted(25, 72, seeded(3), without) for without in ((), (part,)))
        assert torch.equal(whole.centers.nan_to_num(), less.centers.nan_to_num())
        changed = (whole.images - less.images).abs().amax(dim=1) > 0.15
        assert not changed[whole.labels == 4].any()
        for image in (whole.labels < 4).nonzero()[:, 0].tolist():
            rows, columns = changed[image].nonzero(as_tuple=True)
            x0, y0, x1, y1 = whole.boxes[image, number].tolist()
            assert len(rows) > 20
            # One pixel more: what a part covers by less than a half changes too.
            assert x0 - 1 <= columns.min() and columns.max() <= x1 + 1
            assert y0 - 1 <= rows.min() and rows.max() <= y1 + 1
            x, y = whole.centers[image, number].tolist()
            assert np.hypot(columns.double().mean() - x, rows.double().mean() - y) < 4
            assert x0 <= x <= x1 and y0 <= y <= y1


def test_a_center_is_the_mean_of_the_covered_pixels():
    cover = torch.zeros(1, 9, 9)
    cover[0, 2, 3:7], cover[0, 5, 4], cover[0, 8, 8] = 1.0, 0.5, 0.4
    center, box = planted_parts._extent(cover)
    assert center.tolist() == [[pytest.approx(22 / 5), pytest.approx(13 / 5)]] and box.tolist() == [[3, 2, 6, 5]]


def test_creatures_come_by_seed_in_turn_and_stones_have_no_parts():
    one, same, other = (planted_parts.planted(45, 48, seeded(seed)) for seed in (0, 0, 1))
    assert torch.equal(one.images, same.images) and not torch.equal(one.images, other.images)
    assert one.images.shape == (45, 3, 48, 48) and one.images.min() >= 0 and one.images.max() <= 1
    assert one.labels.bincount().tolist() == [9] * 5
    assert torch.equal(one.centers.isnan().any(dim=2).all(dim=1), one.labels == 4)
    assert not one.centers[one.labels < 4].isnan().any()
    with pytest.raises(ValueError, match="there is no part 'paw'; choose from head, wing, tail"):
        planted_parts.planted(5, 48, seeded(), ("paw",))


def test_parts_turn_move_and_grow():
    data = planted_parts.planted(200, 72, seeded(1))
    centers, boxes = data.centers[data.labels < 4], data.boxes[data.labels < 4]
    apart = (centers[:, 0] - centers[:, 2]).norm(dim=1)
    assert apart.std() > 2 and (centers.std(dim=0) > 3).all()
    assert (boxes[..., 2:] >= boxes[..., :2]).all() and boxes.min() >= 0 and boxes.max() <= 71
    facing = centers[:, 0, 0] > centers[:, 2, 0]
    assert 0.3 < facing.float().mean() < 0.7


def test_colors_do_not_tell_the_species():
    data = planted_parts.planted(1000, 24, seeded(2))
    means = torch.stack([data.images[data.labels == label].mean(dim=(0, 2, 3)) for label in range(5)])
    assert (means - means.mean(dim=0)).abs().max() < 0.03


# Downloads


def test_an_unknown_data_set_is_named():
    with pytest.raises(ValueError, match="'svhn'.*mnist"):
        downloads.labeled("svhn")


@pytest.mark.parametrize("name", downloads.NAMES)
def test_without_a_network_the_remedy_is_named(name, monkeypatch, tmp_path):
    def refuse(*arguments, **options):
        raise OSError("no route")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(RuntimeError, match=f"{name} could not be downloaded.*digits and glyphs"):
        downloads.labeled(name, folder=tmp_path)


@pytest.mark.parametrize("name, channels", [("mnist", 1), ("cifar10", 3), ("omniglot", 1)])
def test_downloads_have_the_form_of_the_rest(name, channels, monkeypatch, tmp_path):
    """torchvision's own objects, filled by hand, as there is no network here."""
    from PIL import Image
    from torchvision import datasets as peers

    class Mnist:
        def __init__(self, *arguments, **options):
            self.data, self.targets = torch.full((4, 28, 28), 255, dtype=torch.uint8), torch.tensor([0, 1, 1, 0])
            self.classes = ["zero", "one"]

    class Cifar:
        def __init__(self, *arguments, **options):
            self.data, self.targets, self.classes = np.full((4, 32, 32, 3), 255, np.uint8), [0, 1, 1, 0], ["cat", "dog"]

    class Omniglot(list):
        def __init__(self, *arguments, **options):
            super().__init__((Image.new("L", (105, 105)), label) for label in (0, 1, 1, 0))
            self._characters = ["a", "b"]

    monkeypatch.setattr(peers, "MNIST", Mnist)
    monkeypatch.setattr(peers, "CIFAR10", Cifar)
    monkeypatch.setattr(peers, "Omniglot", Omniglot)
    data = downloads.labeled(name, folder=tmp_path)
    assert isinstance(data, datasets.Labeled) and data.images.shape[:2] == (4, channels)
    assert data.images.dtype == torch.float32 and (data.images == 1).all()
    assert data.labels.tolist() == [0, 1, 1, 0] and len(data.names) == 2


# Cards


def test_every_data_set_has_a_card_and_a_picture():
    folder = Path(datasets.__file__).parent
    card = (folder / "README.md").read_text()
    for file in folder.glob("[a-z]*.py"):
        assert f"`{file.name}`" in card
        if file.stem != "downloads":
            assert f"## {file.stem.capitalize().replace('_', ' ')}" in card
            assert (folder / "pictures" / f"{file.stem}.jpg").exists()


def test_the_card_counts_right():
    card = (Path(datasets.__file__).parent / "README.md").read_text()
    train, unseen = map(int, re.search(r"(\d+) to learn from, (\d+) unseen", card).groups())
    assert train == len(glyphs.characters(glyphs.TRAIN)) and unseen == len(glyphs.characters(glyphs.UNSEEN))
    assert f"{sum(len(digits.labeled(split).labels) for split in ('train', 'test'))} of 8 × 8" in card
