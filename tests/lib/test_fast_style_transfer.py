"""Oracles: PyTorch's own layers, modules built the usual way, Gram matrices by double loops, invariants."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

from lib import fast_style_transfer as fst
from lib import images, networks
from lib.paintings import painting
from lib.style_features import content_targets, style_features, style_targets
from lib.transformation_layers import STYLES, batch_norm, initial_weights, normalized_by

PLAIN = partial(fst.instance_norm, epsilon=1e-5)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def features(device):
    return 3 + 2 * torch.randn(3, 4, 5, 6, device=device)


def test_instance_norm_is_pytorchs(features):
    layer = nn.InstanceNorm2d(4, eps=0.1, affine=True).to(features)
    nn.init.normal_(layer.weight), nn.init.normal_(layer.bias)
    torch.testing.assert_close(fst.instance_norm(features, layer.weight, layer.bias, 0.1), layer(features))


def test_rows_for_each_image_are_those_of_the_image(features):
    scale, shift = torch.randn(2, 3, 4, device=features.device)
    together = fst.instance_norm(features, scale, shift, 1e-5)
    for n in range(3):
        alone = fst.instance_norm(features[[n]], scale[n], shift[n], 1e-5)
        torch.testing.assert_close(together[[n]], alone)


def test_contrast_and_brightness_of_a_channel_do_not_matter(features):
    factor, offset = torch.rand(3, 4, 1, 1).to(features) + 0.5, torch.randn(3, 4, 1, 1).to(features)
    one, zero = torch.ones(4).to(features), torch.zeros(4).to(features)
    found = fst.instance_norm(features * factor + offset, one, zero, 0.0)
    torch.testing.assert_close(found, fst.instance_norm(features, one, zero, 0.0), atol=1e-4, rtol=1e-4)


def test_instance_norm_has_the_gradient_of_its_formula():
    x = torch.randn(2, 3, 3, 2, dtype=torch.float64, requires_grad=True)
    scale, shift = (torch.randn(2, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(lambda *inputs: fst.instance_norm(*inputs, 1e-3), (x, scale, shift))


def test_a_block_of_functions_that_give_nothing_changes_nothing(features):
    assert torch.equal(fst.residual_block(features, nn.Identity(), torch.zeros_like), features)


def test_a_block_keeps_what_is_negative(features):
    found = fst.residual_block(-features.abs(), nn.Identity(), nn.Identity())
    torch.testing.assert_close(found, -features.abs())


@pytest.mark.parametrize("factor, size", [(2, 3), (3, 5), (1, 3), (2, 9)])
def test_a_constant_map_has_no_checkerboard(factor, size, device):
    flat, weight = torch.full((1, 2, 6, 5), 0.7, device=device), torch.randn(3, 2, size, size, device=device)
    found = fst.resize_convolve(flat, weight, factor)
    assert found.shape == (1, 3, 6 * factor, 5 * factor)
    expected = 0.7 * weight.sum(dim=(1, 2, 3)).view(1, 3, 1, 1)
    torch.testing.assert_close(found, expected.expand_as(found), atol=1e-5, rtol=1e-4)


def test_a_transposed_convolution_would_have_one():
    stamped = F.conv_transpose2d(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3), None, 2, 1, 1)[0, 0, 1:-1, 1:-1]
    assert stamped.max() == 4 * stamped.min()
    assert fst.resize_convolve(torch.ones(1, 1, 6, 6), torch.ones(1, 1, 3, 3), 2).unique().numel() == 1


class AsModules(nn.Module):
    """The transformation network as a framework's tutorial would write it."""

    def __init__(self, one, two, three, blocks):
        super().__init__()

        def layer(inputs, outputs, size, stride=1):
            convolution = nn.Conv2d(inputs, outputs, size, stride, size // 2, padding_mode="reflect", bias=False)
            return nn.Sequential(convolution, nn.InstanceNorm2d(outputs, affine=True))

        self.down = nn.ModuleDict({"enter": layer(3, one, 9), "down1": layer(one, two, 3, 2)})
        self.down["down2"] = layer(two, three, 3, 2)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({"first": layer(three, three, 3), "second": layer(three, three, 3)}) for _ in range(blocks)
        )
        self.up = nn.ModuleDict({"up1": layer(three, two, 3), "up2": layer(two, one, 3)})
        self.leave = nn.Conv2d(one, 3, 9, padding=4, padding_mode="reflect")

    def forward(self, x):
        for layer in self.down.values():
            x = F.relu(layer(x))
        for block in self.blocks:
            x = x + block["second"](F.relu(block["first"](x)))
        for layer in self.up.values():
            x = F.relu(layer(nn.Upsample(scale_factor=2)(x)))
        return torch.sigmoid(self.leave(x))

    def as_weights(self):
        layers = {**self.down, **self.up}
        for number, block in enumerate(self.blocks):
            layers |= {f"residual{number}.{half}": layer for half, layer in block.items()}
        weights = {"leave.weight": self.leave.weight, "leave.bias": self.leave.bias}
        for name, (convolution, norm) in layers.items():
            weights |= {f"{name}.weight": convolution.weight, f"{name}.scale": norm.weight, f"{name}.shift": norm.bias}
        return {name: value.detach() for name, value in weights.items()}


@pytest.mark.parametrize("blocks", [0, 1, 3, 11])
def test_the_network_is_the_one_built_of_modules(blocks, device):
    modules = AsModules(3, 5, 6, blocks).to(device)
    for norm in (module for module in modules.modules() if isinstance(module, nn.InstanceNorm2d)):
        nn.init.normal_(norm.weight), nn.init.normal_(norm.bias)
    weights, photographs = modules.as_weights(), torch.rand(2, 3, 24, 32, device=device)
    assert set(weights) == set(initial_weights(generator(), (3, 5, 6), blocks))
    found = fst.transformation_network(photographs, weights, normalized_by(PLAIN, weights))
    torch.testing.assert_close(found, modules(photographs), atol=1e-5, rtol=1e-4)


def test_pictures_of_a_batch_do_not_see_each_other_unless_the_norm_lets_them():
    weights = initial_weights(generator(), (4, 6, 8), 2)
    weights["leave.weight"] *= 10
    photographs = torch.rand(3, 3, 24, 24)
    for norm, equal in ((PLAIN, True), (batch_norm, False)):
        together = fst.transformation_network(photographs, weights, normalized_by(norm, weights))[:1]
        alone = fst.transformation_network(photographs[:1], weights, normalized_by(norm, weights))
        assert torch.allclose(together, alone, atol=1e-5) is equal


def test_perceptual_loss_by_double_loops():
    found = {name: torch.randn(2, 3, 4, 2) for name in "ab"}
    contents = {name: torch.randn(2, 3, 4, 2) for name in "ab"}
    grams = {name: torch.randn(2, 3, 3) for name in "ab"}
    loss = fst.perceptual_loss(found, contents, grams, {"a": 2.0}, {"a": 0.5, "b": torch.tensor([1.0, 3.0])})
    for n in range(2):
        expected = 2 * ((found["a"][n] - contents["a"][n]) ** 2).sum() / 24
        for name, weight in {"a": 0.5, "b": (1.0, 3.0)[n]}.items():
            for i in range(3):
                for j in range(3):
                    together = (found[name][n, i] * found[name][n, j]).sum() / 24
                    expected = expected + weight * (together - grams[name][n, i, j]) ** 2
        torch.testing.assert_close(loss[n], expected)


def test_photograph_and_painting_are_each_perfect_in_one_respect(cat):
    network, photograph = networks.load("zfnet", cat.device), images.square(cat, 96)
    style = painting("mosaic", 96, 96).to(cat)
    grams, style_weights = style_targets(network, style)
    aims, content_weights = content_targets(network, photograph, 1.0)

    def parts(picture):
        found = style_features(network, picture)
        content = fst.perceptual_loss(found, aims, grams, content_weights, {})
        return content.item(), fst.perceptual_loss(found, aims, grams, {}, style_weights).item()

    (content, style_of_photograph), (content_of_painting, no_style) = parts(photograph), parts(style)
    assert content == pytest.approx(0, abs=1e-9) and no_style == pytest.approx(0, abs=1e-6)
    assert style_of_photograph > 1 and content_of_painting > 0.1


def painter():
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 1), nn.Sigmoid())


def test_training_reaches_photographs_that_it_has_not_seen():
    module = painter()
    start = {name: value.detach().clone() for name, value in module.state_dict().items()}
    batches = list(torch.rand(150, 2, 3, 6, 6))

    def loss(painted, photographs):
        return (painted - photographs.flip(1)).square().mean(dim=(1, 2, 3))

    trained = fst.train_network(partial(functional_call, module), start, batches, loss, 0.03)
    unseen = torch.rand(10, 3, 6, 6)
    before, after = (loss(functional_call(module, weights, unseen), unseen).mean() for weights in (start, trained))
    assert after < before / 10
    assert all(torch.equal(value, start[name]) for name, value in module.state_dict().items())
    assert not any(value.requires_grad for value in trained.values())


def test_training_leaves_the_judge_alone():
    judge = nn.Conv2d(3, 2, 1)
    before = judge.weight.detach().clone()
    start = {name: value.detach().clone() for name, value in painter().state_dict().items()}
    fst.train_network(
        partial(functional_call, painter()), start, list(torch.rand(3, 1, 3, 4, 4)),
        lambda painted, photographs: (judge(painted) - judge(photographs)).square().mean(dim=(1, 2, 3)), 0.1,
    )  # fmt: skip
    assert torch.equal(judge.weight, before)


def test_a_painter_of_one_picture_is_perfectly_stable_and_a_copier_sees_the_noise():
    photographs, noise = torch.rand(2, 3, 8, 8), 0.3 * torch.randn(2, 3, 8, 8)
    assert not fst.stability_loss(torch.zeros_like, photographs, noise).any()
    mild = noise / 100
    inside = 0.25 + photographs / 2
    found = fst.stability_loss(nn.Identity(), inside, mild)
    torch.testing.assert_close(found, mild.square().mean(dim=(1, 2, 3)), rtol=1e-3, atol=1e-9)
    assert (fst.stability_loss(nn.Identity(), photographs, 100 * noise) <= 1).all()


# The shipped weights


@pytest.mark.parametrize("name", ["night", "wheat", "mosaic"])
def test_one_pass_is_nearer_to_the_style_than_the_photograph_and_still_shows_it(name, device):
    network, photographs = networks.load("zfnet", device), images.sample("china", 160).to(device)
    grams, style_weights = style_targets(network, painting(name, 256, 256).to(device))
    aims, content_weights = content_targets(network, photographs, 1.0)
    found = {}
    for what, picture in {"photograph": photographs, "gray": torch.full_like(photographs, 0.5),
                          "painted": fst.stylize(photographs, name)}.items():  # fmt: skip
        maps = style_features(network, picture)
        style = fst.perceptual_loss(maps, aims, grams, {}, style_weights).item()
        found[what] = style, fst.perceptual_loss(maps, aims, grams, content_weights, {}).item()
    assert found["painted"][0] < 0.25 * found["photograph"][0]
    assert found["painted"][1] < found["gray"][1]


def share_of_high_frequencies(picture):
    """How much of a picture's energy is at the frequency of a checkerboard, and how much above half of it."""
    gray = picture.mean(dim=1)[0]
    power = torch.fft.fft2(gray - gray.mean()).abs().square()
    frequency = torch.fft.fftfreq(len(gray)).abs()
    high = (frequency[:, None] > 0.25) | (frequency > 0.25)
    checkerboard = (frequency[:, None] == 0.5) | (frequency == 0.5)
    return (power[checkerboard].sum() / power.sum()).item(), (power[high].sum() / power.sum()).item()


@pytest.mark.parametrize("name", ["night", "wheat", "mosaic"])
def test_there_is_no_checkerboard(name):
    expected = share_of_high_frequencies(painting(name, 256, 256))
    for photograph in ("astronaut", "cat"):
        found = share_of_high_frequencies(fst.stylize(images.sample(photograph, 256), name))
        assert found[0] < expected[0] and found[1] < expected[1]


@pytest.mark.parametrize("height, width", [(64, 64), (65, 62), (70, 103)])
def test_any_size_is_painted_at_its_size(height, width):
    painted = fst.stylize(torch.rand(2, 3, height, width), "night")
    assert painted.shape == (2, 3, height, width)
    assert painted.min() >= 0 and painted.max() <= 1 and not painted.requires_grad


def test_styles_of_one_network_differ():
    photographs = images.sample("cat", 96).expand(len(STYLES), -1, -1, -1)
    painted = fst.stylize(photographs, "all", torch.eye(len(STYLES)))
    distance = (painted[:, None] - painted[None]).square().mean(dim=(2, 3, 4)).sqrt()
    assert (distance + torch.eye(len(STYLES)) > 0.05).all()


def test_a_mixture_is_wanted_by_the_network_of_several_styles_only():
    with pytest.raises(ValueError, match="needs a mixture"):
        fst.stylize(torch.rand(1, 3, 32, 32), "all")
    with pytest.raises(ValueError, match="one style only"):
        fst.stylize(torch.rand(1, 3, 32, 32), "night", torch.ones(1, 6))
