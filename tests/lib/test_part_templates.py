"""Templates: by hand, against the formula element by element, and what must hold for all of them."""

import pytest
import torch

from lib.part_templates import part_template, template_bank


def test_a_template_by_hand():
    """n = 4, τ = 1/32, β/n = 1: from the maximum 1, 0, −1, and no lower."""
    expected = torch.tensor([[0.0, -1, -1, -1], [1, 0, -1, -1], [0, -1, -1, -1], [-1, -1, -1, -1]]) / 32
    torch.testing.assert_close(part_template(4, 1, 0), expected)


@pytest.mark.parametrize("arguments", [(5, 0, 3, 4.0), (8, 7, 2, 1.5), (9, 4, 4, 4.0), (1, 0, 0, 4.0)])
def test_the_formula_element_by_element(arguments):
    size, row, column, steepness = arguments
    found = part_template(*arguments)
    for i in range(size):
        for j in range(size):
            steps = abs(i - row) + abs(j - column)
            assert found[i, j].item() == pytest.approx(0.5 / size**2 * max(1 - steepness * steps / size, -1), abs=1e-8)


def test_the_only_maximum_of_template_k_is_at_position_k():
    bank = template_bank(6)
    assert bank.shape == (37, 6, 6) and bank.dtype == torch.float32
    flat = bank[:-1].flatten(1)
    assert torch.equal(flat.argmax(dim=1), torch.arange(36))
    assert ((flat == flat.amax(dim=1, keepdim=True)).sum(dim=1) == 1).all()
    torch.testing.assert_close(flat.amax(dim=1), torch.full((36,), 0.5 / 36))


def test_the_last_template_is_nowhere():
    assert torch.equal(template_bank(5)[-1], torch.full((5, 5), -0.02))
    assert (template_bank(5)[:-1] >= -0.02).all()


def test_a_turned_template_is_that_of_the_turned_place():
    torch.testing.assert_close(part_template(7, 2, 5).T, part_template(7, 5, 2))
    torch.testing.assert_close(part_template(7, 2, 5).flip(0), part_template(7, 4, 5))


def test_the_steepness_reaches_every_template():
    for steepness in (4.0, 2.5):
        bank = template_bank(4, steepness)
        for number in range(16):
            torch.testing.assert_close(bank[number], part_template(4, *divmod(number, 4), steepness))
