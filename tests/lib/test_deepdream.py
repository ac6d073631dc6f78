import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import uniform_filter
from torch import nn

from lib import deepdream
from lib.images import resize
from lib.truncation import Truncated

SHIFTS = st.tuples(st.integers(-20, 20), st.integers(-20, 20))
WIDTHS = st.lists(st.sampled_from([1, 3, 5, 7]), max_size=3).map(tuple)


def redness(image):
    return image[:, 0].sum()


def strided():
    """An objective with a grid: a strided convolution without padding, smooth, in double precision."""
    layers = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.Softplus(), nn.Conv2d(4, 5, 3, padding=1))
    layers = layers.double().requires_grad_(False)
    return lambda image: deepdream.dream_objective(layers(image))


# The objective


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_gradient_of_the_objective_is_the_activation(shape):
    activations = torch.randn(shape, dtype=torch.double, requires_grad=True)
    value = deepdream.dream_objective(activations)
    assert value.shape == ()
    torch.testing.assert_close(torch.autograd.grad(value, activations)[0], activations.detach())


def test_the_objective_by_hand():
    assert deepdream.dream_objective(torch.tensor([[1.0, -2], [3, 0]])).item() == 7


# The gradient


@given(SHIFTS)
def test_a_jittered_gradient_is_the_derivative_of_the_objective_of_the_rolled_image(shift):
    """By central differences along a random direction."""
    objective, image, direction = strided(), torch.rand(1, 3, 7, 9).double(), torch.randn(1, 3, 7, 9).double()
    found = deepdream.jittered_gradient(objective, image, shift)
    ends = [objective((image + side * 1e-5 * direction).roll(shift, (2, 3))) for side in (1, -1)]
    torch.testing.assert_close((found * direction).sum(), (ends[0] - ends[1]) / 2e-5, rtol=1e-6, atol=1e-8)


@given(SHIFTS)
def test_an_objective_without_a_grid_gives_the_same_gradient_from_everywhere(shift):
    """Circular convolutions with a stride of one do not know where the image begins."""
    layer = nn.Conv2d(3, 4, 3, padding=1, padding_mode="circular").double()
    image = torch.rand(1, 3, 6, 8).double()

    def objective(image):
        return deepdream.dream_objective(layer(image))

    still = deepdream.jittered_gradient(objective, image, (0, 0))
    torch.testing.assert_close(deepdream.jittered_gradient(objective, image, shift), still)


def test_a_gradient_can_be_asked_for_where_gradients_are_off_and_leaves_the_image_alone():
    image = torch.rand(1, 3, 6, 6).double()
    before = image.clone()
    with torch.no_grad():
        found = deepdream.jittered_gradient(strided(), image, (1, 2))
    assert torch.equal(image, before) and not image.requires_grad and not found.requires_grad
    assert found.abs().max() > 0


# Smoothing


@pytest.mark.parametrize("size, widths", [((6, 9), (3,)), ((5, 5), (3, 5)), ((4, 7), (9, 3, 9)), ((3, 3), ())])
def test_the_boxes_equal_scipys_means_of_the_pixels_that_exist(size, widths):
    gradient = torch.randn(2, 3, *size).double()
    ones = torch.ones_like(gradient)
    total = gradient.clone()
    for width in widths:
        boxes = [uniform_filter(x.numpy(), (0, 0, width, width), mode="constant") for x in (gradient, ones)]
        total += torch.from_numpy(boxes[0] / boxes[1])
    expected = torch.stack([one / one.abs().mean() for one in total])
    torch.testing.assert_close(deepdream.smoothed_gradient(gradient, widths), expected)


@given(WIDTHS, st.floats(1e-6, 1e6))
def test_the_mean_magnitude_is_one_whatever_the_size_of_the_gradient(widths, factor):
    gradient = torch.randn(2, 3, 6, 5).double()
    found = deepdream.smoothed_gradient(factor * gradient, widths)
    torch.testing.assert_close(found.abs().mean(dim=(1, 2, 3)), torch.ones(2).double())
    torch.testing.assert_close(found, deepdream.smoothed_gradient(gradient, widths))


@given(WIDTHS)
def test_a_flat_gradient_stays_flat_up_to_the_border(widths):
    found = deepdream.smoothed_gradient(torch.full((1, 3, 5, 8), -0.25), widths)
    torch.testing.assert_close(found, -torch.ones(1, 3, 5, 8))


def test_a_gradient_of_zeros_stays_one_and_is_not_changed_in_place():
    gradient = torch.zeros(1, 3, 4, 4)
    assert torch.equal(deepdream.smoothed_gradient(gradient, (3, 5)), gradient)
    gradient = torch.randn(1, 3, 4, 4)
    before = gradient.clone()
    deepdream.smoothed_gradient(gradient, (3,))
    assert torch.equal(gradient, before)


def test_boxes_take_away_dust():
    """A checkerboard of one pixel nearly vanishes beside a slope that is just as large."""
    rows, columns = torch.meshgrid(torch.arange(16.0), torch.arange(16.0), indexing="ij")
    board, slope = (-1) ** (rows + columns), (columns - 7.5) / 4
    found = deepdream.smoothed_gradient((board + slope).expand(1, 3, -1, -1), (3, 5, 5))[0, 0]
    share = torch.linalg.lstsq(torch.stack([board.flatten(), slope.flatten()], 1), found.flatten()).solution
    assert share[0] < 0.4 * share[1]


# A step


@given(SHIFTS, WIDTHS, st.floats(0.001, 0.1))
def test_a_step_goes_uphill_by_the_step_size_on_average(shift, widths, step_size):
    image = torch.full((1, 3, 6, 7), 0.5).double() + 0.1 * torch.rand(1, 3, 6, 7).double()
    weights = torch.randn(1, 3, 6, 7, generator=torch.Generator().manual_seed(1)).double().clamp(-2, 2)
    made = deepdream.dream_step(lambda x: (x * weights).sum(), image, shift, step_size / 10, widths)
    torch.testing.assert_close((made - image).abs().mean().item(), step_size / 10)
    if not widths:  # then the step has the direction of the gradient itself
        assert ((made - image) * weights.roll((-shift[0], -shift[1]), (2, 3))).sum() > 0


def test_colors_stay_in_their_range():
    made = deepdream.dream_step(redness, torch.rand(1, 3, 5, 5), (1, 1), 5.0, ())
    assert made.min() >= 0 and made.max() <= 1
    assert (made[:, 0] == 1).all()


# Octaves


@given(st.integers(40, 600), st.integers(40, 600), st.integers(1, 5), st.floats(1.05, 1.9))
def test_octaves_grow_from_small_to_the_photographs_own_size(height, width, octaves, scale):
    sizes = deepdream.octave_sizes(torch.zeros(1, 3, height, width), octaves, scale)
    assert len(sizes) == octaves and sizes[-1] == (height, width)
    assert all(type(length) is int for size in sizes for length in size)
    for k, size in enumerate(reversed(sizes)):
        for length, own in zip(size, (height, width)):
            assert abs(length - own / scale**k) <= 0.5 + 1e-9


@given(st.integers(2, 9), st.integers(2, 9), st.integers(2, 14), st.integers(2, 14))
def test_where_nothing_was_dreamed_the_next_octave_is_the_photograph(h, w, height, width):
    photograph = torch.rand(1, 3, 12, 15)
    made = deepdream.next_octave(resize(photograph, (h, w)), photograph, (height, width))
    torch.testing.assert_close(made, resize(photograph, (height, width)))


def test_detail_is_carried_and_the_photograph_stays_sharp():
    photograph = torch.rand(1, 3, 16, 24)
    dream = resize(photograph, (8, 12)) + 0.125  # everything a little brighter: a detail that any size can hold
    torch.testing.assert_close(deepdream.next_octave(dream, photograph, (16, 24)), photograph + 0.125)


def test_detail_adds_up_linearly():
    photograph, one, other = torch.rand(1, 3, 12, 10), torch.randn(1, 3, 6, 5), torch.randn(1, 3, 6, 5)
    small = resize(photograph, (6, 5))
    details = [deepdream.next_octave(small + d, photograph, (9, 8)) for d in (one, other, one + other)]
    base = resize(photograph, (9, 8))
    torch.testing.assert_close(details[0] + details[1] - base, details[2], rtol=1e-4, atol=1e-5)


# The dream


def shifts_for(*steps):
    generator = torch.Generator().manual_seed(0)
    return [torch.randint(-4, 5, (count, 2), generator=generator) for count in steps]


def test_without_steps_the_dream_is_the_photograph():
    photograph = torch.rand(1, 3, 17, 23)
    made = deepdream.deep_dream(redness, photograph, 1.4, shifts_for(0, 0, 0), 0.1, (3,))
    torch.testing.assert_close(made, photograph, atol=1e-5, rtol=0)


def test_a_dream_of_red_told_by_hand():
    """Each of the five steps adds 3 · 0.02 to red: the mean magnitude of (1, 0, 0) is a third."""
    photograph = 0.2 + 0.3 * torch.rand(1, 3, 12, 9)
    made = deepdream.deep_dream(redness, photograph, 1.5, shifts_for(2, 3), 0.02, ())
    torch.testing.assert_close(made[:, 0], photograph[:, 0] + 0.3, atol=1e-5, rtol=0)
    torch.testing.assert_close(made[:, 1:], photograph[:, 1:], atol=1e-5, rtol=0)


def test_one_octave_is_steps_at_the_photographs_size():
    photograph, (steps,) = torch.rand(1, 3, 9, 11).double(), shifts_for(3)
    objective = strided()
    expected = photograph
    for shift in steps.tolist():
        expected = deepdream.dream_step(objective, expected, shift, 0.03, (3,))
    made = deepdream.deep_dream(objective, photograph, 1.4, [steps], 0.03, (3,))
    torch.testing.assert_close(made, expected)


def test_a_real_dream_raises_its_objective_at_the_photographs_size_and_below(efficientnet, cat):
    beginning = Truncated(efficientnet, "blocks.4")

    def objective(image):
        return deepdream.dream_objective(beginning(image))

    before = cat.clone()
    made = deepdream.deep_dream(objective, cat, 1.4, shifts_for(4, 4), 0.02, (3, 5))
    assert made.shape == cat.shape and made.device == cat.device
    assert not made.requires_grad and made.isfinite().all()
    assert made.min() >= 0 and made.max() <= 1 and torch.equal(cat, before)
    # The same change, pixels in another order, is noise: that is not what raises the objective.
    change = (made - cat).flatten(2)
    noise = (cat + change[..., torch.randperm(change.shape[2])].view_as(cat)).clamp(0, 1)
    with torch.no_grad():
        assert objective(made) > 1.4 * max(objective(cat), objective(noise))
        half = (66, 49)
        assert objective(resize(made, half)) > objective(resize(cat, half))
