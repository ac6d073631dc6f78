import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.guided_dream import guided_objective

SIDES = st.integers(1, 4)


def test_told_by_hand():
    """(3, 1) likes (1, 0) best, 3; (1, 1) likes (0, 2) best, 2; (1, 0) likes (1, 0), 1."""
    activations = torch.tensor([[3.0, 1, 1], [1, 1, 0]]).view(1, 2, 1, 3)
    guide = torch.tensor([[1.0, 0], [0, 2]]).view(1, 2, 1, 2)
    assert guided_objective(activations, guide).item() == 6


@given(st.integers(1, 5), SIDES, SIDES, SIDES, SIDES)
def test_the_gradient_at_each_position_is_the_guides_feature_that_suits_it_best(channels, h, w, height, width):
    activations = torch.randn(1, channels, h, w, dtype=torch.double, requires_grad=True)
    guide = torch.randn(1, channels, height, width, dtype=torch.double)
    (gradient,) = torch.autograd.grad(guided_objective(activations, guide), activations)
    for y in range(h):
        for x in range(w):
            matches = (activations[0, :, y, x, None, None] * guide[0]).sum(0)
            best = divmod(matches.argmax().item(), width)
            torch.testing.assert_close(gradient[0, :, y, x], guide[0, :, best[0], best[1]])


@given(st.permutations(range(6)))
def test_the_places_of_the_guide_do_not_matter(order):
    activations, guide = torch.randn(1, 3, 4, 5), torch.randn(1, 3, 2, 3)
    shuffled = guide.flatten(2)[..., list(order)].view(1, 3, 3, 2)
    torch.testing.assert_close(guided_objective(activations, shuffled), guided_objective(activations, guide))


def test_guided_by_itself_with_vectors_of_one_length_every_position_finds_its_own():
    activations = torch.nn.functional.normalize(torch.randn(1, 6, 3, 4), dim=1)
    torch.testing.assert_close(guided_objective(activations, activations), torch.tensor(12.0))


def test_a_larger_guide_offers_no_less():
    activations, guide = torch.randn(1, 4, 5, 5), torch.randn(1, 4, 6, 6)
    assert guided_objective(activations, guide) >= guided_objective(activations, guide[..., :3])
