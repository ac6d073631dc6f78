import pytest
import torch

from lib import images, networks, style_features
from lib.paintings import painting


@pytest.fixture(scope="module")
def network(device):
    return networks.load("zfnet", device)


def test_every_layer_that_is_all_wrong_counts_one(network, device):
    """With features of nothing at all, the squared difference is the squared norm of the target."""
    grams, weights = style_features.style_targets(network, painting("glass", 96, 96).to(device))
    wrong = {name: weights[name] * gram.square().sum().item() for name, gram in grams.items()}
    assert all(value == pytest.approx(1, rel=1e-4) for name, value in wrong.items() if "relu" in name)
    assert set(wrong) == set(style_features.style_features(network, torch.rand(1, 3, 64, 64, device=device)))


def test_colors_hold_mean_and_covariance(network, device):
    picture = torch.rand(1, 3, 64, 64, device=device)
    maps = style_features.style_features(network, picture)["colors"]
    gram = torch.einsum("nchw,ndhw->ncd", maps, maps)[0] / maps[0, 0].numel()
    pixels = picture[0].flatten(1)
    torch.testing.assert_close(gram[3, :3], pixels.mean(dim=1))
    covariance = gram[:3, :3] - torch.outer(gram[3, :3], gram[3, :3])
    torch.testing.assert_close(covariance, torch.cov(pixels, correction=0), atol=1e-5, rtol=1e-4)


def test_several_paintings_are_rows(network, device):
    targets = [style_features.style_targets(network, painting(n, 64, 64).to(device)) for n in ("ink", "wheat")]
    grams, weights = style_features.stacked(targets)
    for row, (own_grams, own_weights) in enumerate(targets):
        for name in grams:
            assert torch.equal(grams[name][[row]], own_grams[name])
            assert weights[name][row].item() == pytest.approx(own_weights[name], rel=1e-6)


def test_content_of_nothing_counts_what_was_asked_for(network, device):
    photographs = torch.cat([images.sample(name, 64) for name in ("cat", "coffee")]).to(device)
    aims, weights = style_features.content_targets(network, photographs, 3.0)
    assert set(aims) == set(style_features.CONTENT_LAYERS)
    missing = sum(weights[name] * aim.square().mean(dim=(1, 2, 3)) for name, aim in aims.items())
    torch.testing.assert_close(missing, torch.full((2,), 3.0, device=device))
