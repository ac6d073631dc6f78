import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib import objectives

KINDS = ("neuron", "channel", "layer", "logit", "probability")


def test_five_objectives_by_hand(device):
    maps = torch.zeros(2, 3, 2, 4, device=device)
    maps[0, 1, 1, 2], maps[1, 2] = 8, 4
    index = torch.tensor([1, 2], device=device)
    assert objectives.objective_value(maps, "neuron", index).tolist() == [8, 4]
    assert objectives.objective_value(maps, "channel", index).tolist() == [1, 4]
    torch.testing.assert_close(objectives.objective_value(maps, "layer", index).cpu(), torch.tensor([64 / 24, 16 / 3]))
    scores = torch.tensor([[0.0, 2, 0], [1, 1, 1]], device=device)
    assert objectives.objective_value(scores, "logit", index).tolist() == [2, 1]
    found = objectives.objective_value(scores, "probability", index).cpu()
    torch.testing.assert_close(found, torch.tensor([torch.e**2 / (torch.e**2 + 2), 1 / 3]))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_are_right_and_images_independent(kind):
    shape = (3, 4, 3, 5) if kind in ("neuron", "channel", "layer") else (3, 4)
    output, index = torch.randn(shape, dtype=torch.double, requires_grad=True), torch.tensor([2, 0, 2])
    assert torch.autograd.gradcheck(lambda x: objectives.objective_value(x, kind, index), output)
    (gradient,) = torch.autograd.grad(objectives.objective_value(output, kind, index)[0], output)
    assert gradient[0].abs().sum() > 0 and (gradient[1:] == 0).all()


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="not 'loss'"):
        objectives.objective_value(torch.zeros(1, 2), "loss", torch.tensor([0]))


def test_directions_along_the_axes_are_channels_and_their_negatives():
    maps, index = torch.randn(3, 4, 5, 6), torch.tensor([1, 3, 0])
    weights = torch.nn.functional.one_hot(index, 4).float()
    channels = objectives.objective_value(maps, "channel", index)
    torch.testing.assert_close(objectives.direction_objective(maps, weights), channels)
    torch.testing.assert_close(objectives.direction_objective(maps, -weights), -channels)


@given(st.floats(-3, 3), st.floats(-3, 3))
def test_directions_add_up(one, other):
    generator = torch.Generator().manual_seed(0)
    maps, (a, b) = torch.randn(2, 3, 4, 4, generator=generator), torch.randn(2, 2, 3, generator=generator)
    found = objectives.direction_objective(maps, one * a + other * b)
    parts = objectives.direction_objective(maps, a), objectives.direction_objective(maps, b)
    torch.testing.assert_close(found, one * parts[0] + other * parts[1], atol=1e-4, rtol=1e-4)


def cosine(a, b):
    a, b = (maps.flatten(1) @ maps.flatten(1).T for maps in (a, b))
    return (a * b).sum() / (a.norm() * b.norm())


def test_diversity_is_its_formula():
    maps = torch.randn(4, 3, 5, 2, dtype=torch.double)
    expected = -sum(cosine(maps[a], maps[b]) for a in range(4) for b in range(4) if a != b)
    torch.testing.assert_close(objectives.diversity(maps), expected)
    assert torch.autograd.gradcheck(objectives.diversity, maps.requires_grad_())


def test_equal_images_have_no_diversity_and_strangers_all_of_it():
    one = torch.rand(1, 3, 4, 4)
    torch.testing.assert_close(objectives.diversity(one.repeat(4, 1, 1, 1)), torch.tensor(-12.0))
    strangers = torch.zeros(3, 3, 2, 2)
    for number in range(3):
        strangers[number, number] = 1
    assert objectives.diversity(strangers) == 0


@given(st.permutations(range(12)))
def test_where_things_are_and_how_loud_does_not_count(order):
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(3, 4, 3, 4, generator=generator, dtype=torch.double)
    shuffled = maps.clone()
    shuffled[1] = 7 * maps[1].flatten(1)[:, list(order)].view(4, 3, 4)
    torch.testing.assert_close(objectives.diversity(shuffled), objectives.diversity(maps))
