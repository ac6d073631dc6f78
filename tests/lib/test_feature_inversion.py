import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio as of_scikit_image
from torch import nn
from torch.autograd import gradcheck

from lib import feature_inversion as inversion
from lib.feature_maps import feature_maps
from lib.total_variation_norm import relative_roughness


def nothing(images):
    return images.new_zeros(len(images))


def still(steps):
    return torch.zeros(steps, 2, dtype=torch.long)


def turning(device="cpu"):
    """A network of one layer that mixes the colors by a rotation: its code fixes the image."""
    layer = nn.Conv2d(3, 3, 1, bias=False)
    rotation, _ = torch.linalg.qr(torch.randn(3, 3, generator=torch.Generator().manual_seed(0)))
    layer.weight.data = rotation.view(3, 3, 1, 1)
    return nn.Sequential(layer).requires_grad_(False).to(device)


# Loss


def test_loss_of_codes_that_are_known():
    target = torch.randn(1, 4, 3, 3).double()
    features = torch.cat([target, torch.zeros_like(target), 3 * target, -target])
    found = inversion.relative_feature_loss(features, target)
    torch.testing.assert_close(found, torch.tensor([0.0, 1, 4, 4]).double())


def test_loss_has_no_units_and_each_image_has_its_own():
    features, target = torch.randn(5, 7, 2, 2).double(), torch.randn(5, 7, 2, 2).double()
    losses = inversion.relative_feature_loss(features, target)
    torch.testing.assert_close(inversion.relative_feature_loss(1000 * features, 1000 * target), losses)
    alone = [inversion.relative_feature_loss(f[None], t[None]) for f, t in zip(features, target)]
    torch.testing.assert_close(torch.cat(alone), losses)


def test_gradient_of_the_loss():
    features = torch.randn(2, 3, 2, 2, dtype=torch.double, requires_grad=True)
    target = torch.randn(1, 3, 2, 2, dtype=torch.double)
    assert gradcheck(lambda x: inversion.relative_feature_loss(x, target), features)


# Decibels


def test_decibels_equal_those_of_scikit_image():
    images, original = torch.rand(3, 3, 8, 9).double(), torch.rand(1, 3, 8, 9).double()
    expected = [of_scikit_image(original[0].numpy(), image.numpy(), data_range=1) for image in images]
    found = inversion.peak_signal_noise_ratio(images, original)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.double))
    assert inversion.peak_signal_noise_ratio(original, original).item() == float("inf")


# Inversion


def test_a_code_that_fixes_the_image_gives_the_image_back(device):
    network, generator = turning(device), torch.Generator().manual_seed(1)
    original = torch.rand(2, 3, 8, 8, generator=generator).to(device)
    start = inversion.noise(2, 8, generator).to(device)
    found = inversion.invert(network, "0", network(original), start, nothing, still(150), 0.05)
    assert found.device.type == device.type and not found.requires_grad
    assert (inversion.peak_signal_noise_ratio(found, original) > 35).all()


def test_shifts_are_undone():
    """A layer that sees each pixel alone cannot tell where it was shifted: only the target's place counts."""
    network, original = turning(), torch.rand(1, 3, 8, 8)
    shift = torch.tensor([[2, -3]]).expand(150, 2)
    found = inversion.invert(network, "0", network(original), torch.full((1, 3, 8, 8), 0.5), nothing, shift, 0.05)
    assert inversion.peak_signal_noise_ratio(found.roll((2, -3), (2, 3)), original) > 35


def test_the_regularizer_chooses_among_images_that_the_code_does_not_tell_apart():
    """A layer that sees the mean of the colors only; a regularizer that likes everything alike."""
    layer = nn.Conv2d(3, 1, 1, bias=False)
    layer.weight.data.fill_(1 / 3)
    network = nn.Sequential(layer).requires_grad_(False)
    original = torch.rand(1, 1, 8, 8).expand(1, 3, 8, 8)
    start = inversion.noise(1, 8, torch.Generator().manual_seed(0), 0.2)

    def colorful(images):
        return images.var(dim=1).mean(dim=(1, 2))

    free, gray = (
        inversion.invert(network, "0", network(original), start, regularizer, still(200), 0.05)
        for regularizer in (nothing, colorful)
    )
    assert (network(free) - network(original)).abs().max() < 0.02
    assert (network(gray) - network(original)).abs().max() < 0.02
    assert colorful(gray).item() < 0.1 * colorful(free).item()


def test_values_stay_colors_even_where_the_code_asks_for_more():
    network = turning()
    target = network(torch.full((1, 3, 4, 4), 1.5))
    found = inversion.invert(network, "0", target, torch.full((1, 3, 4, 4), 0.5), nothing, still(60), 0.1)
    assert (found <= 1).all() and (found > 0.95).all()


def test_images_of_a_batch_do_not_know_of_each_other(efficientnet, cat, device):
    target = feature_maps(efficientnet, cat[..., :64, :64], ["blocks.0"])["blocks.0"]
    start = inversion.noise(2, 64, torch.Generator().manual_seed(0)).to(device)
    before = start.clone()
    shifts = inversion.jitter(5, 2, torch.Generator().manual_seed(0))

    def search(start):
        def smooth(images):
            return 0.1 * relative_roughness(images, 2, 0.1)

        return inversion.invert(efficientnet, "blocks.0", target, start, smooth, shifts, 0.01)

    # Adam divides by the size of the gradient: where that is near zero, rounding decides its sign.
    together, alone = search(start), torch.cat([search(start[:1]), search(start[1:])])
    assert (together - alone).abs().median() < 1e-5
    assert torch.equal(start, before) and not any(module._forward_hooks for module in efficientnet.modules())


@pytest.mark.parametrize("layer, share", [("blocks.0", 0.1), ("blocks.4", 0.75)])
def test_a_code_of_a_real_network_is_approached(efficientnet, cat, device, layer, share):
    target = feature_maps(efficientnet, cat[..., :64, :64], [layer])[layer]
    start = inversion.noise(1, 64, torch.Generator().manual_seed(0)).to(device)
    found = inversion.invert(efficientnet, layer, target, start, nothing, still(30), 0.05)
    before, after = inversion.errors_by_layer(efficientnet, [layer], torch.cat([start, found]), cat[..., :64, :64])[0]
    assert after < share * before


# By layer, and spread


def test_errors_by_layer_are_the_losses_of_single_passes(efficientnet, cat):
    layers = ["blocks.3", "stem", "classifier"]
    images = torch.cat([cat.flip(3), cat * 0.5, cat])
    found = inversion.errors_by_layer(efficientnet, layers, images, cat)
    assert found.shape == (3, 3) and not found.requires_grad
    for row, layer in zip(found, layers):
        codes = [feature_maps(efficientnet, image[None], [layer])[layer] for image in (*images, cat[0])]
        expected = [((code - codes[-1]) ** 2).sum() / (codes[-1] ** 2).sum() for code in codes[:-1]]
        torch.testing.assert_close(row, torch.stack(expected), rtol=1e-3, atol=1e-6)
    assert (found[:, 2] < 1e-6).all()


def test_spread_of_images_that_differ_by_a_known_amount():
    base = torch.rand(1, 3, 5, 6).double()
    offset = torch.zeros(1, 3, 5, 6).double()
    offset[:, 0, 2, 3] = 0.3
    spread = inversion.pixel_spread(torch.cat([base + offset, base - offset]))
    assert spread[2, 3].item() == pytest.approx(0.3 / 3**0.5)
    assert spread.sum().item() == pytest.approx(0.3 / 3**0.5)


def test_spread_of_noise_is_its_deviation():
    images = inversion.noise(400, 8, torch.Generator().manual_seed(0), 0.1)
    torch.testing.assert_close(inversion.pixel_spread(images), torch.full((8, 8), 0.1), rtol=0.1, atol=0)


def test_starts_and_shifts_come_from_their_generator():
    draw = [torch.Generator().manual_seed(seed) for seed in (0, 0, 1)]
    one, same, other = (inversion.noise(2, 5, generator, 0.3) for generator in draw)
    assert torch.equal(one, same) and not torch.equal(one, other) and one.min() >= 0 and one.max() <= 1
    shifts = inversion.jitter(1000, 2, draw[0])
    assert shifts.shape == (1000, 2) and sorted(shifts.unique().tolist()) == [-2, -1, 0, 1, 2]
