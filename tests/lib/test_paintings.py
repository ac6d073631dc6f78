import matplotlib
import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d

from lib.images import resize
from lib.paintings import NAMES, painting

HEIGHT, WIDTH = 64, 96


@pytest.fixture(scope="module")
def pictures():
    """Every painting, small, made once, from seed 0."""
    return {name: painting(name, HEIGHT, WIDTH) for name in NAMES}


@pytest.fixture(scope="module")
def others():
    """The same from seed 1."""
    return {name: painting(name, HEIGHT, WIDTH, seed=1) for name in NAMES}


def correlation(first, second):
    return torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1]


def details(picture):
    """What is finer than four pixels."""
    return picture - resize(resize(picture, (HEIGHT // 4, WIDTH // 4)), (HEIGHT, WIDTH))


def roughness(picture):
    """The mean difference between neighbors."""
    return (picture.diff(dim=2).abs().mean() + picture.diff(dim=3).abs().mean()).item()


def traits(picture):
    """What a style is made of, roughly: how colors vary together, in the means over squares of several sizes and in
    the differences between them, and how strongly the picture changes along its rows and columns."""
    found = []
    for size in (1, 2, 4, 8):
        coarse = avg_pool2d(picture, size)
        for part in (coarse, coarse.diff(dim=2), coarse.diff(dim=3)):
            colors = part[0].flatten(1)
            found += [colors.mean(1), (colors @ colors.T / colors.shape[1]).flatten().clamp(min=0).sqrt()]
    return torch.cat(found)


def test_there_are_at_least_eight_paintings():
    assert isinstance(NAMES, tuple) and len(set(NAMES)) == len(NAMES) >= 8


@pytest.mark.parametrize("name", NAMES)
def test_a_painting_is_an_image_with_lights_and_darks(pictures, name):
    picture = pictures[name]
    assert picture.shape == (1, 3, HEIGHT, WIDTH) and picture.dtype == torch.float32
    assert 0 <= picture.min() < 0.25 and 0.75 < picture.max() <= 1


@pytest.mark.parametrize("name", NAMES)
def test_no_part_of_a_painting_is_empty(pictures, name):
    parts = pictures[name][0].unfold(1, HEIGHT // 4, HEIGHT // 4).unfold(2, WIDTH // 4, WIDTH // 4)
    assert parts.std(dim=(3, 4)).amax(0).min() > 0.008


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_the_same_picture_again_whatever_the_style_of_plots(pictures, name):
    numpy_before, torch_before = np.random.get_state(), torch.get_rng_state()
    style = {"figure.dpi": 300, "figure.facecolor": "red", "path.sketch": (3, 50, 2), "lines.antialiased": False}
    with matplotlib.rc_context({**style, "patch.antialiased": False, "figure.autolayout": True}):
        again = painting(name, HEIGHT, WIDTH, seed=0)
    assert torch.equal(again, pictures[name])
    # Nobody else's random numbers were used or changed.
    assert all(np.array_equal(old, new) for old, new in zip(numpy_before, np.random.get_state()))
    assert torch.equal(torch_before, torch.get_rng_state())


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_another_picture_in_the_same_style(pictures, others, name):
    assert (others[name] - pictures[name]).abs().mean() > 0.03
    distances = {other: (traits(others[name]) - traits(picture)).norm().item() for other, picture in pictures.items()}
    own = distances.pop(name)
    assert own < 0.85 * min(distances.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_larger_picture_is_the_same_in_more_detail(pictures, name):
    small, large = pictures[name], painting(name, 3 * HEIGHT, 3 * WIDTH)
    assert large.shape == (1, 3, 3 * HEIGHT, 3 * WIDTH)
    shrunk, enlarged = resize(large, (HEIGHT, WIDTH)), resize(small, (3 * HEIGHT, 3 * WIDTH))
    assert correlation(shrunk, small) > 0.95 and correlation(details(shrunk), details(small)) > 0.93
    assert (shrunk - small).mean(dim=(2, 3)).abs().max() < 0.02
    assert roughness(large) > 1.3 * roughness(enlarged)


@pytest.mark.parametrize("name", ["night", "points"])
def test_nearly_the_same_proportions_have_the_same_strokes(pictures, name):
    nearly = resize(painting(name, HEIGHT - 1, WIDTH), (HEIGHT, WIDTH))
    assert correlation(details(nearly), details(pictures[name])) > 0.5


@pytest.mark.parametrize("height, width", [(64, 96), (96, 64), (80, 80)])
def test_a_picture_is_composed_for_its_shape_and_not_stretched(height, width):
    """The woodcut's red sun is whole, round, and in the upper left of the picture."""
    red, green, blue = painting("woodcut", height, width)[0]
    sun = ((red - green > 0.45) & (blue < 0.35)).double()
    rows, columns = (torch.nonzero(sun.sum(dim) > 2).flatten() for dim in (1, 0))
    assert rows.numel() > 8 and abs(rows.numel() - columns.numel()) <= 2
    assert 0.15 < rows.double().mean() / height < 0.3 and 0.3 < columns.double().mean() / width < 0.5


@pytest.mark.parametrize("size", [(16, 16), (16, 90), (33, 17)])
def test_small_and_narrow_pictures_can_be_painted(size):
    picture = painting("glass", *size)
    assert picture.shape == (1, 3, *size) and picture.std() > 0.05


def test_an_unknown_name_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="'monalisa'.*" + ", ".join(NAMES)):
        painting("monalisa", 64, 64)


@pytest.mark.parametrize("size", [(15, 64), (64, 15), (0, 0), (-64, 64)])
def test_a_size_below_16_is_refused(size):
    with pytest.raises(ValueError, match="at least 16 pixels.*" + str(min(size))):
        painting("glass", *size)
