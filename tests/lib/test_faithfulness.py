import numpy as np
import scipy.stats
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import auc
from torch import nn

from lib import faithfulness
from lib.grad_cam import grad_cam

VALUES = arrays(np.float32, (4, 5), elements=st.floats(-9, 9, width=32))


def brightness():
    """Two scores: eight times the image's mean, and zero."""

    class Brightness(nn.Module):
        def forward(self, images):
            mean = images.mean(dim=(1, 2, 3))
            return torch.stack([8 * mean, 0 * mean], dim=1)

    return Brightness()


# Films


def test_a_film_told_by_hand():
    heat = torch.tensor([[0.0, 3, 1], [-5, 2, -1]])
    film = faithfulness.replace_hottest(torch.zeros(1, 3, 2, 3), torch.ones(1, 3, 2, 3), heat, 4)
    # 0, 1.5, 3, 4.5 and 6 of 6 pixels, rounded down
    assert film[:, 0].long().tolist() == [
        [[0, 0, 0], [0, 0, 0]], [[0, 1, 0], [0, 0, 0]], [[0, 1, 1], [0, 1, 0]], [[1, 1, 1], [0, 1, 0]],
        [[1, 1, 1], [1, 1, 1]],
    ]  # fmt: skip
    assert torch.equal(film[:, 0], film[:, 2])


@given(VALUES, st.integers(1, 25))
def test_a_film_goes_from_start_to_end_and_what_was_taken_stays_taken(heat, steps):
    heat = torch.from_numpy(heat)
    film = faithfulness.replace_hottest(torch.zeros(1, 3, 4, 5), torch.ones(1, 3, 4, 5), heat, steps)[:, 0]
    assert film.sum(dim=(1, 2)).tolist() == [step * 20 // steps for step in range(steps + 1)]
    assert (film.diff(dim=0) >= 0).all()
    for frame in film[1:-1]:
        if 0 < frame.sum() < 20:
            assert heat[frame == 1].min() >= heat[frame == 0].max()


@given(st.permutations(range(20)))
def test_how_far_values_are_apart_does_not_matter_only_their_order(heat):
    heat = torch.tensor(heat).view(4, 5).double()
    start, end = torch.rand(2, 1, 3, 4, 5)
    film = faithfulness.replace_hottest(start, end, heat, 5)
    assert torch.equal(film, faithfulness.replace_hottest(start, end, heat**3 - 7, 5))


# Curves


def test_curves_begin_and_end_at_image_and_blank(device):
    network = brightness()
    image, blank = torch.ones(1, 3, 4, 6, device=device), torch.zeros(1, 3, 4, 6, device=device)
    heat = torch.rand(4, 6, device=device)
    deletion, insertion = faithfulness.deletion_and_insertion(network, image, blank, heat, 0, 6)
    left = torch.linspace(1, 0, 7, device=device)
    torch.testing.assert_close(deletion, (8 * left).sigmoid())
    torch.testing.assert_close(insertion, (8 * (1 - left)).sigmoid())
    assert not deletion.requires_grad


def test_a_true_map_is_better_than_a_false_one():
    """The network looks at the left half alone."""

    class LeftHalf(nn.Module):
        def forward(self, images):
            return brightness()(images[..., :4])

    image, blank = torch.ones(1, 3, 6, 8), torch.zeros(1, 3, 6, 8)
    truth = torch.zeros(6, 8)
    truth[:, :4] = 1
    areas = []
    for heat in (truth, -truth):
        curves = torch.stack(faithfulness.deletion_and_insertion(LeftHalf(), image, blank, heat, 0, 8))
        areas.append(faithfulness.area_under_curve(curves))
    assert areas[0][0] < areas[1][0] and areas[0][1] > areas[1][1]


@given(arrays(np.float64, st.tuples(st.integers(1, 4), st.integers(2, 9)), elements=st.floats(0, 1)))
def test_areas_equal_scikit_learns(curves):
    found = faithfulness.area_under_curve(torch.from_numpy(curves))
    places = np.linspace(0, 1, curves.shape[1])
    np.testing.assert_allclose(found.numpy(), [auc(places, curve) for curve in curves], atol=1e-12)


def test_areas_equal_the_formula_of_rises_authors():
    """Half of both ends is taken from the sum, and what remains is divided by the number of steps."""
    curves = torch.rand(3, 12)
    expected = (curves.sum(dim=1) - curves[:, 0] / 2 - curves[:, -1] / 2) / 11
    torch.testing.assert_close(faithfulness.area_under_curve(curves), expected)


# Networks that have learned nothing


def test_a_randomized_copy_has_other_weights_lets_signals_through_and_leaves_the_original(efficientnet, cat):
    before = {name: value.clone() for name, value in efficientnet.state_dict().items()}
    fresh = faithfulness.randomized(efficientnet, cat, torch.Generator().manual_seed(0))
    assert all(torch.equal(value, before[name]) for name, value in efficientnet.state_dict().items())
    assert not fresh.training and not any(module.training for module in fresh.modules())
    for name, value in fresh.state_dict().items():
        if name.endswith("weight") and value.dim() > 1:
            assert abs(scipy.stats.pearsonr(value.flatten().cpu(), before[name].flatten().cpu()).statistic) < 0.35
    scores = fresh(cat)
    assert scores.isfinite().all() and scores.std() > 0.01
    assert max(grad_cam(fresh, "head.relu", cat, index).max() for index in range(8)) > 0


def test_the_same_generator_draws_the_same_network(efficientnet, cat):
    state = torch.get_rng_state()
    one, other = (faithfulness.randomized(efficientnet, cat, torch.Generator().manual_seed(3)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values()))
    assert torch.equal(state, torch.get_rng_state())
