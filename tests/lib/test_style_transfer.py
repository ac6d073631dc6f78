"""Oracles: pictures that are their own goal, equations written out, the minimum of a quadratic."""

import pytest
import torch
from torch import nn

from lib import images, networks, paintings, style_transfer
from lib.gram_matrix import gram_matrix, layer_loss
from lib.training import style_quality

LAYERS = (["relu3"], ["normalize", "relu1", "relu2"])


@pytest.fixture
def zfnet(device):
    return networks.load("zfnet", device)


@pytest.fixture
def pair(device):
    """A photograph and something to paint it like."""
    return images.sample("china", 64).to(device), images.sample("ihc", 64).to(device)


def test_the_derivative_of_the_content_loss_is_the_difference(device):
    features, target = torch.randn(2, 3, 4, 5, 6, device=device, dtype=torch.float64)
    features.requires_grad_()
    (gradient,) = torch.autograd.grad(style_transfer.content_loss(features, target).sum(), features)
    torch.testing.assert_close(gradient, features - target)


def test_style_loss_is_gatyss_where_sizes_agree(device):
    features, painted = torch.randn(2, 2, 5, 3, 4, device=device, dtype=torch.float64)
    expected = layer_loss(gram_matrix(features), gram_matrix(painted), 12)
    torch.testing.assert_close(style_transfer.style_loss(features, gram_matrix(painted) / 12), expected)


def test_style_does_not_depend_on_places_or_size_and_content_does():
    features = torch.randn(1, 4, 6, 6)
    target = gram_matrix(features) / 36
    shuffled = features.flatten(2)[:, :, torch.randperm(36)].view_as(features)
    twice = torch.cat([features, shuffled], dim=3)
    for other in (shuffled, twice):
        torch.testing.assert_close(style_transfer.style_loss(other, target), torch.zeros(1), atol=1e-10, rtol=0)
    assert style_transfer.content_loss(shuffled, features) > 1


def test_gradients_of_both_losses():
    target = torch.randn(1, 3, 2, 3, dtype=torch.float64)
    gram = gram_matrix(target) / 6
    features = torch.randn(2, 3, 2, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: style_transfer.content_loss(x, target), features)
    assert torch.autograd.gradcheck(lambda x: style_transfer.style_loss(x, gram), features)


def test_a_module_owns_its_target_and_trains_nothing(device):
    source = torch.randn(1, 2, 3, 3, requires_grad=True)
    module = style_transfer.loss_module(style_transfer.content_loss, source * 2, torch.ones(1)).to(device)
    assert not list(module.parameters())
    assert all(value.device.type == device.type for value in module.buffers())
    features = torch.randn(1, 2, 3, 3, device=device, requires_grad=True)
    module(features).sum().backward()
    assert source.grad is None and features.grad is not None
    torch.testing.assert_close(features.grad.cpu(), (features.cpu() - 2 * source).detach())


def test_a_relative_loss_is_one_for_nothing_and_zero_for_the_target():
    maps = torch.rand(2, 3, 4, 4)
    relative = style_transfer.relative(style_transfer.content_loss, maps, maps)
    torch.testing.assert_close(relative(torch.zeros_like(maps)), torch.ones(2))
    torch.testing.assert_close(relative(maps), torch.zeros(2))


def test_transfer_loss_is_linear_in_both_weights():
    features = {"a": torch.rand(2, 3), "b": torch.rand(2, 3)}
    first, second = (lambda x: x.sum(dim=1)), (lambda x: x.square().sum(dim=1))
    content, style = {"a": first}, {"a": second, "b": first}

    def loss(alpha, beta):
        return style_transfer.transfer_loss(features, content, style, alpha, beta)

    torch.testing.assert_close(loss(2.0, 3.0), 2 * loss(1.0, 0.0) + 3 * loss(0.0, 1.0))
    torch.testing.assert_close(loss(0.0, 1.0), (second(features["a"]) + first(features["b"])) / 2)


def test_pixels_find_the_minimum_of_a_quadratic_and_the_weights_stay(device):
    center = 3 * torch.rand(1, 3, 3, 3, device=device) - 1
    network = nn.Conv2d(3, 3, 1).to(device)
    network.weight.data = torch.eye(3, device=device).view(3, 3, 1, 1)
    network.bias.data.zero_()
    before = [parameter.clone() for parameter in network.parameters()]
    start = torch.rand(1, 3, 3, 3, device=device)
    found = style_transfer.optimize_pixels(
        network, lambda x: (x - center).square().sum(dim=(1, 2, 3)), start, 20
    )
    torch.testing.assert_close(found, center.clamp(0, 1), atol=1e-3, rtol=0)
    assert all(torch.equal(old, new) and new.grad is None for old, new in zip(before, network.parameters()))
    assert not found.requires_grad and not start.requires_grad


def test_coarse_to_fine_without_improvement_is_the_photograph(device):
    photograph = torch.rand(2, 3, 16, 24, device=device)
    seen = []
    sizes = [(4, 6), (8, 12), (16, 24)]
    made = style_transfer.coarse_to_fine(lambda x: seen.append(x.shape[2:]) or x, photograph, sizes)
    torch.testing.assert_close(made, photograph)
    assert [tuple(size) for size in seen] == sizes


def test_a_change_of_the_whole_picture_is_carried_up_and_detail_is_kept():
    """Darkening by 0.1 at each of three sizes darkens by 0.3 in all; the finest detail stays sharp."""
    photograph = 0.5 + 0.4 * torch.rand(1, 3, 8, 8)
    made = style_transfer.coarse_to_fine(lambda x: x - 0.1, photograph, [(2, 2), (4, 4), (8, 8)])
    torch.testing.assert_close(made, photograph - 0.3)


def test_mixing_targets_minimizes_the_weighted_sum_of_both_losses():
    features = torch.randn(1, 4, 3, 3, dtype=torch.float64, requires_grad=True)
    targets = gram_matrix(torch.randn(2, 4, 3, 3, dtype=torch.float64)) / 9
    mixed = style_transfer.mixed_target(targets, torch.tensor([[1.0, 3.0]], dtype=torch.float64))
    together = style_transfer.style_loss(features, mixed).sum()
    apart = sum(w * style_transfer.style_loss(features, t[None]).sum() for w, t in zip((0.25, 0.75), targets))
    gradients = [torch.autograd.grad(loss, features)[0] for loss in (together, apart)]
    torch.testing.assert_close(*gradients)


def test_each_picture_is_its_own_goal(zfnet, pair):
    photograph, painting = pair
    content = style_transfer.objective(zfnet, photograph, painting, LAYERS, alpha=1.0, beta=0.0, variation=0)
    style = style_transfer.objective(zfnet, photograph, painting, LAYERS, alpha=0.0, variation=0)
    assert content(photograph).item() < 1e-9 < 0.05 < content(painting).item()
    assert style(painting).item() < 1e-9 < 0.05 < style(photograph).item()


def test_a_painting_of_another_size_has_nearly_the_same_style(zfnet, pair):
    photograph, painting = pair
    four = torch.cat([torch.cat([painting, painting.flip(3)], 3)] * 2, 2)
    four[:, :, 64:] = four[:, :, 64:].flip(2)
    style = style_transfer.objective(zfnet, photograph, four, LAYERS, alpha=0.0, scales=1, variation=0)
    # What differs is the border, which is longer for its area in the small one; plain sums would differ by 9 times.
    assert style(painting).item() < 0.15 * style(photograph).item()


def test_a_few_steps_take_most_of_the_style_loss_and_keep_content(zfnet, pair):
    photograph, painting = pair
    made = style_transfer.stylize(zfnet, photograph, painting, LAYERS, 0.05, (15, 15))
    content = style_transfer.objective(zfnet, photograph, painting, LAYERS, 1.0, 0.0, variation=0)
    style = style_transfer.objective(zfnet, photograph, painting, LAYERS, 0.0, variation=0)
    assert made.shape == photograph.shape and 0 <= made.min() and made.max() <= 1 and not made.requires_grad
    assert style(made) < style(photograph) / 4
    assert content(made) < content(painting) / 1.5


def test_several_pictures_in_a_batch_are_made_as_if_alone(zfnet, pair):
    photograph, painting = pair
    options = {"layers": LAYERS, "alpha": 0.05, "steps": (3, 3)}
    batch = torch.cat([photograph, photograph.flip(3)]), torch.cat([painting, painting.flip(2)])
    together = style_transfer.stylize(zfnet, *batch, **options)
    alone = style_transfer.stylize(zfnet, batch[0][1:], batch[1][1:], **options)
    torch.testing.assert_close(together[1:], alone, atol=1e-3, rtol=0)


def test_shares_of_one_are_that_painting(zfnet, pair):
    photograph, painting = pair
    two = torch.cat([painting, 1 - painting])
    shares = torch.tensor([[1.0, 0.0], [0.0, 2.0], [1.0, 1.0]], device=photograph.device)
    three = photograph.expand(3, -1, -1, -1)
    mixed = style_transfer.objective(zfnet, three, two, LAYERS, 0.1, shares=shares)(three)
    for number in (0, 1):
        alone = style_transfer.objective(zfnet, photograph, two[number : number + 1], LAYERS, 0.1)(photograph)
        torch.testing.assert_close(mixed[number : number + 1], alone)
    made = style_transfer.stylize(zfnet, three, two, LAYERS, 0.1, (1, 1), shares=shares)
    assert made.shape == three.shape


def test_targets_are_computed_once(zfnet, pair):
    loss = style_transfer.objective(zfnet, *pair, LAYERS, 0.1)
    passes = []
    handle = zfnet.register_forward_pre_hook(lambda *arguments: passes.append(1))
    loss(pair[0])
    loss(pair[0])
    handle.remove()
    assert len(passes) == 4  # two scales each time, and nothing else


@pytest.mark.parametrize("name", style_quality.LAYERS)
def test_at_256_pixels_the_hardest_of_the_styles_is_reached_without_a_checkerboard(name, device):
    """The temple by the ink wash: of the pairs in style_quality.csv the one that keeps most of its loss."""
    photograph, painting = images.sample("china", 256).to(device), paintings.painting("ink", 256, 256).to(device)
    network = networks.load(name, device)
    _, numbers = style_quality.measured(network, photograph, painting, style_quality.LAYERS[name])
    assert numbers["style"] < 0.055 and numbers["content"] < 0.5 and numbers["fine"] < 2


def test_energy_of_waves_finer_than_two_and_a_half_pixels():
    steps = torch.arange(40)
    coarse, fine = (torch.cos(2 * torch.pi * waves / 40 * steps).expand(1, 3, 40, 40) for waves in (3, 18))
    assert style_quality.fine_energy(coarse) < 1e-6
    assert style_quality.fine_energy(fine) == pytest.approx(1)
    assert style_quality.fine_energy(coarse + fine.transpose(2, 3)) == pytest.approx(0.5)


def test_in_bfloat16_a_picture_is_as_good(zfnet, pair):
    style, types = style_transfer.objective(zfnet, *pair, LAYERS, 0.05), []
    full = style_transfer.stylize(zfnet, *pair, LAYERS, 0.05, (10, 10))
    handle = zfnet.conv2.register_forward_hook(lambda layer, inputs, output: types.append(output.dtype))
    half = style_transfer.stylize(zfnet, *pair, LAYERS, 0.05, (10, 10), precision=torch.bfloat16)
    handle.remove()
    assert set(types) == {torch.bfloat16} and half.dtype == torch.float32
    assert style(half) < 1.2 * style(full)
