import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.restoration import denoise_tv_chambolle
from torch.autograd import gradcheck

from lib.total_variation_norm import relative_roughness, total_variation_norm

BETAS = st.sampled_from([0.5, 1, 1.5, 2, 3])


def ramp(down, across, height, width):
    """An image that grows by the same amount from row to row, and from column to column."""
    rows, columns = torch.arange(height).double(), torch.arange(width).double()
    return (down * rows[:, None] + across * columns).expand(2, 3, -1, -1)


@given(BETAS, st.floats(-2, 2), st.floats(-2, 2), st.integers(2, 7), st.integers(2, 7))
def test_a_ramp_has_the_same_length_everywhere(beta, down, across, height, width):
    length = (down**2 + across**2) ** 0.5
    expected = torch.full((2,), 3 * (height - 1) * (width - 1) * length**beta, dtype=torch.double)
    torch.testing.assert_close(total_variation_norm(ramp(down, across, height, width), beta), expected)


def test_told_by_hand():
    image = torch.tensor([[[[0.0, 3, 3], [4, 0, 0]]]])
    assert total_variation_norm(image, 1).tolist() == [5 + 3]  # (3, 4) and (0, −3)
    assert total_variation_norm(image, 2).tolist() == [25 + 9]


@given(BETAS, st.floats(0.1, 3))
def test_it_has_the_power_beta_and_does_not_see_a_shift_of_all_values(beta, factor):
    images = torch.rand(2, 3, 5, 7, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    norm = total_variation_norm(images, beta)
    torch.testing.assert_close(total_variation_norm(factor * images + 4, beta), factor**beta * norm)
    turned = images.transpose(2, 3)
    torch.testing.assert_close(total_variation_norm(turned, beta), norm)  # across and down count alike


def test_one_step_costs_what_many_small_ones_do_with_a_power_of_one_only():
    step, slope = torch.zeros(1, 1, 2, 11).double(), torch.linspace(0, 1, 11).double().expand(1, 1, 2, 11)
    step[..., 6:] = 1
    for beta, cost in ((1, 1.0), (2, 0.1), (3, 0.01)):
        torch.testing.assert_close(total_variation_norm(step, beta).item(), 1.0)
        torch.testing.assert_close(total_variation_norm(slope, beta).item(), cost)


def test_denoising_by_scikit_image_lowers_it(cat):
    gray = cat.mean(dim=1, keepdim=True).cpu()
    smooth = torch.from_numpy(denoise_tv_chambolle(gray[0, 0].numpy(), weight=0.1))[None, None]
    assert total_variation_norm(smooth, 1) < 0.7 * total_variation_norm(gray, 1)


@pytest.mark.parametrize("beta", [0.5, 1, 1.5, 2, 3])
def test_gradients(beta):
    images = torch.rand(2, 2, 4, 5, dtype=torch.double, requires_grad=True)
    assert gradcheck(lambda x: total_variation_norm(x, beta), images)


@pytest.mark.parametrize("beta", [0.5, 1, 1.5, 2])
def test_the_gradient_is_zero_where_an_image_is_flat(beta, device):
    images = torch.full((1, 3, 6, 6), 0.3, device=device)
    images[..., 4:] = 0.7
    images.requires_grad_()
    (gradient,) = torch.autograd.grad(total_variation_norm(images, beta).sum(), images)
    assert gradient.isfinite().all() and (gradient[..., :3] == 0).all()
    assert (gradient[..., :-1, 3] < 0).all() and (gradient[..., :-1, 4] > 0).all()


@given(BETAS, st.floats(0.01, 2), st.integers(2, 9), st.integers(2, 9))
def test_roughness_is_one_where_every_step_is_the_typical_one(beta, step, height, width):
    for down, across in ((step, 0), (0, step), (0.6 * step, 0.8 * step)):
        rough = relative_roughness(ramp(down, across, height, width), beta, step)
        torch.testing.assert_close(rough, torch.ones(2, dtype=torch.double))


def test_roughness_of_the_same_noise_does_not_depend_on_size_and_colors():
    generator = torch.Generator().manual_seed(0)
    found = [relative_roughness(torch.rand(1, c, s, s, generator=generator), 2, 0.1) for c, s in ((3, 60), (1, 200))]
    # The expected square of a difference of two uniform numbers is 1/6, and there are two differences.
    for rough in found:
        assert rough.item() == pytest.approx(2 / 6 / 0.01, rel=0.05)
