"""Masks and categories: by hand, and what must hold."""

import torch

from lib.interpretable_filters import filter_categories, mask_maps
from lib.part_templates import template_bank


def unit_bank(size, like):
    return (template_bank(size) * 2 * size**2).to(like)


def test_a_mask_by_hand(device):
    maps = torch.zeros(1, 1, 4, 4, device=device)
    maps[0, 0, 1, 1], maps[0, 0, 1, 2], maps[0, 0, 3, 3], maps[0, 0, 0, 0] = 8.0, 4.0, 7.0, 2.0
    expected = torch.zeros_like(maps)
    expected[0, 0, 1, 1] = 8.0  # one step away the template of n = 4 is 0
    torch.testing.assert_close(mask_maps(maps, unit_bank(4, maps)), expected)
    gentle = (template_bank(4, 2.0) * 32).to(maps)
    expected[0, 0, 1, 2] = 2.0
    torch.testing.assert_close(mask_maps(maps, gentle), expected)


def test_the_maximum_stays_and_nothing_grows_or_turns_negative(device):
    maps = torch.randn(3, 5, 9, 9).relu().to(device)
    masked = mask_maps(maps, unit_bank(9, maps))
    torch.testing.assert_close(masked.amax(dim=(2, 3)), maps.amax(dim=(2, 3)))
    assert (masked >= 0).all() and (masked <= maps).all() and (masked < maps).any()


def test_each_map_has_a_mask_of_its_own():
    maps = torch.randn(4, 3, 6, 6).relu()
    together = mask_maps(maps, unit_bank(6, maps))
    for image in range(4):
        for channel in range(3):
            alone = mask_maps(maps[image : image + 1, channel : channel + 1], unit_bank(6, maps))
            assert torch.equal(together[image, channel], alone[0, 0])


def test_of_two_equal_maxima_the_first_counts():
    maps = torch.zeros(1, 1, 5, 5)
    maps[0, 0, 0, 4] = maps[0, 0, 4, 0] = 1.0
    assert mask_maps(maps, unit_bank(5, maps))[0, 0].nonzero().tolist() == [[0, 4]]


def test_the_gradient_of_a_mask_in_double_precision():
    maps = torch.rand(2, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: mask_maps(x, unit_bank(3, x)), maps)


def test_categories_by_hand(device):
    maps = torch.zeros(4, 3, 2, 2, device=device)
    labels = torch.tensor([0, 0, 0, 1], device=device)
    maps[:3, 0], maps[3, 0] = 1.0, 1.5  # more in all in 0, more an image in 1
    maps[:3, 1], maps[3, 1, 0, 0] = 0.5, 1.9  # the peak is in 1, the larger sum in 0
    maps[3, 2] = 0.1
    assert filter_categories(maps, labels, 2).tolist() == [1, 0, 1]


def test_categories_do_not_depend_on_the_order_of_the_images():
    maps, labels = torch.rand(12, 20, 3, 3), torch.arange(12) % 4
    order = torch.randperm(12)
    assert torch.equal(filter_categories(maps, labels, 4), filter_categories(maps[order], labels[order], 4))
