import pytest
import torch
from sklearn.decomposition import PCA
from torch.nn import functional as F

from lib.autoencoder_training import dense_layers, kernels, learn, principal_components


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_layers_have_the_shapes_and_keep_the_size_of_what_passes():
    layers = dense_layers((400, 300, 200), generator())
    assert [weight.shape for weight, _ in layers] == [(300, 400), (200, 300)] and not layers[0][1].any()
    x = torch.randn(500, 400, generator=generator(5))
    for weight, bias in layers:
        x = F.linear(x, weight, bias)
        assert x.square().mean().item() == pytest.approx(2, rel=0.1)  # a ReLU halves it
        x = x.relu()
    dark = dense_layers((400, 300, 200), generator(), last=-2.0)
    assert not dark[0][1].any() and (dark[1][1] == -2).all() and torch.equal(dark[1][0], layers[1][0])


@pytest.mark.parametrize("gain, spread", [(1.0, 2.0), (2.0, 8.0)])
def test_kernels_too(gain, spread):
    ((kernel, bias),) = kernels((16, 32), 3, generator(), gain)
    assert kernel.shape == (32, 16, 3, 3) and bias.shape == (32,)
    assert F.conv2d(torch.randn(4, 16, 20, 20), kernel).square().mean().item() == pytest.approx(spread, rel=0.1)


def test_first_weights_depend_on_the_generator_alone():
    one, other = dense_layers((3, 2), generator(1)), dense_layers((3, 2), generator(1))
    assert torch.equal(one[0][0], other[0][0])
    assert not torch.equal(one[0][0], dense_layers((3, 2), generator(2))[0][0])


def test_a_linear_layer_learns_a_linear_map_and_the_start_stays(device):
    target = torch.randn(2, 3, device=device)
    samples = torch.randn(100, 3, device=device)
    start = [(torch.zeros(2, 3, device=device), torch.zeros(2, device=device))]

    def loss(layers, chosen):
        return (F.linear(samples[chosen], *layers[0]) - samples[chosen] @ target.T).square().sum(dim=1)

    found = learn(loss, start, len(samples), 400, 20, 0.05, generator())
    torch.testing.assert_close(found[0][0], target, atol=1e-3, rtol=0)
    assert not start[0][0].any() and not found[0][0].requires_grad
    again = learn(loss, start, len(samples), 400, 20, 0.05, generator())
    assert torch.equal(found[0][0], again[0][0])


def test_the_rate_falls_along_half_a_cosine():
    """With a gradient that stays the same, each step of Adam is as long as the rate: in all, r · (S + 1) / 2."""
    start = [(torch.zeros(1, 1).double(), torch.zeros(1).double())]
    found = learn(lambda layers, chosen: layers[0][0].sum() + 0 * layers[0][1], start, 5, 9, 2, 0.1, generator())
    assert found[0][0].item() == pytest.approx(-0.1 * 10 / 2, rel=1e-4)


def test_components_are_scikit_learns_but_for_the_sign(device):
    samples = torch.randn(50, 6, device=device) * torch.arange(1.0, 7, device=device) + 3
    mean, directions = principal_components(samples, 3)
    pca = PCA(3).fit(samples.cpu().numpy())
    torch.testing.assert_close(mean.cpu(), torch.from_numpy(pca.mean_))
    agreement = (directions.cpu() * torch.from_numpy(pca.components_)).sum(dim=1).abs()
    torch.testing.assert_close(agreement, torch.ones(3), atol=1e-4, rtol=0)


def test_more_components_than_there_are():
    with pytest.raises(ValueError, match="have no 5 components"):
        principal_components(torch.randn(4, 9), 5)
