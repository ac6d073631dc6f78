"""The oracle for the numbers is scikit-image; for the slopes, differences."""

import numpy as np
import pytest
import torch
from skimage.feature import hog as of_scikit_image
from torch.autograd import gradcheck

from lib import hog as here
from lib.feature_inversion import errors_by_layer, invert


@pytest.mark.parametrize(
    "orientations, cell, block, height, width",
    [(9, 8, 3, 64, 64), (9, 8, 2, 131, 97), (6, 5, 2, 33, 48), (12, 7, 1, 30, 44), (4, 4, 4, 16, 40)],
)
def test_hard_bins_are_those_of_scikit_image(orientations, cell, block, height, width):
    image = torch.rand(height, width, dtype=torch.double)
    expected = of_scikit_image(image.numpy(), orientations, (cell, cell), (block, block), feature_vector=False)
    found = here.hog(image[None], orientations, cell, block)[0].numpy()
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_of_a_photograph_and_of_the_mean_of_its_colors(cat, device):
    gray = cat.mean(dim=1)[0].double().cpu().numpy()
    expected = of_scikit_image(gray, cells_per_block=(2, 2), feature_vector=False)
    found = here.hog_network()(cat.double())[0].cpu().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("signed, turn", [(False, 180), (True, 360)])
@pytest.mark.parametrize("degrees", [10, 24, 100, 170, 190, 300])
def test_a_ramp_is_shared_between_the_two_nearest_bins(signed, turn, degrees):
    """A ramp towards 24 degrees: bins of 20 degrees are centered at 10, 30, ..., so 0.3 and 0.7 of it."""
    angle = torch.tensor(degrees).double().deg2rad()
    rows, columns = torch.arange(24).double()[:, None], torch.arange(24).double()
    image = (0.01 * (rows * angle.sin() + columns * angle.cos()))[None]
    bins = turn // 20
    cells = here.cell_histograms(image, bins, 8, signed, soft=True)[0, :, 1, 1]
    expected = torch.zeros(bins).double()
    place = (degrees % turn) / 20 - 0.5
    lower = int(np.floor(place))
    expected[lower % bins] += 0.02 * (1 - (place - lower))
    expected[(lower + 1) % bins] += 0.02 * (place - lower)
    torch.testing.assert_close(cells, expected, atol=1e-9, rtol=1e-6)


def test_the_sign_of_the_contrast_counts_only_with_360_degrees():
    image = torch.rand(1, 32, 32).double()
    for signed, same in ((False, True), (True, False)):
        one, other = (here.hog(x, signed=signed, soft=True) for x in (image, 1 - image))
        assert torch.allclose(one, other, atol=1e-9) == same
    one, other = here.hog(image, signed=True, orientations=18), here.hog(1 - image, signed=True, orientations=18)
    torch.testing.assert_close(other, one.roll(9, dims=-1))  # each direction has become its opposite


def test_brightness_and_contrast_do_not_count():
    image = torch.rand(1, 32, 32).double()
    torch.testing.assert_close(here.hog(0.3 * image + 0.4), here.hog(image), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("signed", [False, True])
def test_gradients_of_soft_bins(signed):
    image = torch.rand(1, 8, 10, dtype=torch.double, requires_grad=True)
    assert gradcheck(lambda x: here.hog(x, 5, 4, 1, signed, soft=True), image)


def test_gradients_are_finite_where_an_image_is_flat(device):
    image = torch.full((1, 16, 16), 0.5, device=device)
    image[0, 4, 4] = 0.6
    image.requires_grad_()
    (gradient,) = torch.autograd.grad(here.hog(image, soft=True).sum(), image)
    assert gradient.isfinite().all() and (gradient[0, 10:, 10:] == 0).all()


def test_it_can_be_inverted(cat, device):
    face = cat[..., 30:94, 20:84]
    network = here.hog_network(orientations=18, signed=True, soft=True)
    generator = torch.Generator().manual_seed(0)
    start = (0.5 + 0.05 * torch.randn(1, 1, 64, 64, generator=generator)).repeat(1, 3, 1, 1).to(device)

    def nothing(images):
        return images.new_zeros(len(images))

    shifts = torch.zeros(80, 2, dtype=torch.long)
    found = invert(network, "hog", network(face), start, nothing, shifts, 0.03)
    before, after = errors_by_layer(network, ["hog"], torch.cat([start, found]), face)[0]
    assert after < 0.2 * before


def test_an_image_without_a_whole_block_is_refused():
    with pytest.raises(ValueError, match="no block of 2 cells of 8 pixels"):
        here.hog(torch.rand(1, 15, 40))
