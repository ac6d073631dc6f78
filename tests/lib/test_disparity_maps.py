"""Descriptors to compare with, what both cameras see, and the strips that a network learns from."""

import torch

from lib import disparity_maps as dm
from lib import stereo_matching as sm
from lib.datasets import stereo


def test_pixel_descriptors_are_normalized_correlations():
    one, two = torch.rand(2, 1, 3, 7, 8, dtype=torch.float64)
    maps = [dm.pixel_descriptors(picture, 3) for picture in (one, two)]
    found = (maps[0] * maps[1]).sum(dim=1)[0, 3, 4]
    patches = torch.stack([picture[0, :, 2:5, 3:6].flatten() for picture in (one, two)])
    torch.testing.assert_close(found, torch.corrcoef(patches)[0, 1])


def test_daisy_describes_every_pixel_and_does_not_mind_brightness():
    left = stereo.pair(8)[0]
    found = dm.daisy_descriptors(left)
    assert found.shape[2:] == left.shape[2:] and found.shape[0] == 1
    torch.testing.assert_close(found.norm(dim=1), torch.ones_like(found[:, 0]), atol=1e-4, rtol=0)
    assert ((found * dm.daisy_descriptors(0.5 * left + 0.3)).sum(dim=1)).mean() > 0.99


def test_what_a_near_thing_hides_is_not_visible():
    """A square of disparity 4 before a wall of disparity 0 hides four columns of it, on its left side."""
    truth = torch.zeros(3, 20)
    truth[:, 8:14] = 4
    truth[0, 2] = torch.nan
    expected = torch.ones(3, 20, dtype=torch.bool)
    expected[:, 4:8] = False
    expected[0, 2] = False
    assert torch.equal(dm.visible(truth), expected)


def test_what_leads_outside_is_not_visible():
    assert dm.visible(torch.full((1, 6), 2.0)).tolist() == [[False, False, True, True, True, True]]


def test_strips_keep_their_matches():
    """A pair of noise with one disparity everywhere: in each strip the matches are still where the truth says."""
    right = torch.rand(1, 3, 30, 40)
    left = right.roll(3, dims=3)
    truth = torch.full((30, 40), 3.0)
    truth[:, :3] = torch.nan
    strips = dm.training_strips(left, right, truth, 2, 6, 12, torch.Generator().manual_seed(0))
    assert len(strips) == 12
    for one, two, known in strips:
        assert one.shape == two.shape == (1, 3, 10, 44) and known.shape == (1, 6, 40)
        assert (known[..., :3] == -1).all() and (known[..., 3:] == 3).all()
        maps = [dm.pixel_descriptors(x[..., 2:-2, 2:-2], 3) for x in (one, two)]
        best = sm.scan_line_similarities(*maps, 8).argmax(dim=1)
        assert (best == known)[..., 6:].double().mean() > 0.95


def test_unknown_truth_stays_unknown_under_every_change():
    truth = torch.full((8, 20), torch.nan)
    truth[5, 12] = 2.4
    strips = dm.training_strips(*torch.rand(2, 1, 3, 8, 20), truth, 1, 8, 10, torch.Generator().manual_seed(0))
    assert all((known >= 0).sum() == 1 and known.max() == 2 for _, _, known in strips)
    assert {int((known[0] == 2).nonzero()[0, 0]) for _, _, known in strips} == {5, 2}  # upside down or not


def test_first_weights_are_of_the_shapes_asked():
    found = dm.first_weights((3, 5, 4), torch.Generator().manual_seed(0))
    assert [(tuple(kernel.shape), tuple(bias.shape)) for kernel, bias in found] == [
        ((5, 3, 3, 3), (5,)),
        ((4, 5, 3, 3), (4,)),
    ]
