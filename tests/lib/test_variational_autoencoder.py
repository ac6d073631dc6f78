"""Oracles: `torch.distributions`, Monte Carlo, autograd in double precision."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

from lib.autoencoder import decode, encode
from lib.autoencoder_training import dense_layers, learn
from lib.variational_autoencoder import gaussian_kl, negative_elbo, reparametrize, sample


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_kl_is_that_of_the_distributions(device):
    mean, log_variance = 3 * torch.randn(2, 5, 4, device=device)
    expected = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros_like(mean), 1.0)).sum(dim=1)
    torch.testing.assert_close(gaussian_kl(mean, log_variance), expected)


@given(st.floats(-20, 20), st.floats(-20, 10))
def test_kl_is_never_negative_and_zero_for_the_standard_cloud_alone(mean, log_variance):
    found = gaussian_kl(torch.tensor([[mean]]).double(), torch.tensor([[log_variance]]).double())
    assert found.item() >= 0
    assert found.item() > 1e-9 or abs(mean) + abs(log_variance) < 1e-3


def test_kl_is_the_mean_of_the_logarithm_of_the_ratio():
    mean, log_variance = torch.tensor([[0.7, -1.2]]).double(), torch.tensor([[-0.5, 0.4]]).double()
    cloud = Normal(mean, (log_variance / 2).exp())
    z = reparametrize(mean, log_variance, torch.randn(200_000, 2).double())
    ratio = cloud.log_prob(z) - Normal(torch.zeros(2).double(), 1.0).log_prob(z)
    torch.testing.assert_close(ratio.sum(dim=1).mean(), gaussian_kl(mean, log_variance)[0], rtol=0.01, atol=0)


def test_gradients():
    mean, log_variance = torch.randn(2, 3, 2).double().unbind()
    pair = mean.requires_grad_(), log_variance.requires_grad_()
    assert torch.autograd.gradcheck(gaussian_kl, pair)
    noise = torch.randn(3, 2).double()
    assert torch.autograd.gradcheck(lambda m, v: reparametrize(m, v, noise), pair)


def test_points_have_the_mean_and_the_width_of_their_cloud():
    mean, log_variance = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.0, -2.0]])
    z = reparametrize(mean, log_variance, torch.randn(100_000, 2, generator=generator()))
    torch.testing.assert_close(z.mean(dim=0), mean[0], atol=0.02, rtol=0)
    torch.testing.assert_close(z.var(dim=0).log(), log_variance[0], atol=0.03, rtol=0)


def test_the_bound_has_its_two_parts():
    images, (mean, log_variance, noise) = torch.rand(3, 1, 2, 4), torch.randn(3, 3, 5).unbind()
    layers = dense_layers((5, 8), generator())
    found = negative_elbo(images, mean, log_variance, noise, lambda z: decode(z, layers, (1, 2, 4)))
    logits = F.linear(reparametrize(mean, log_variance, noise), *layers[0]).view_as(images)
    pixels = F.binary_cross_entropy_with_logits(logits, images, reduction="none").sum(dim=(1, 2, 3))
    torch.testing.assert_close(found, pixels + gaussian_kl(mean, log_variance))


def test_samples_of_a_trained_one_look_like_what_it_was_trained_on():
    """Two kinds of images, black below or black to the right; a sample is near one of them, noise is not."""
    kinds = torch.zeros(2, 1, 4, 4)
    kinds[0, :, :2], kinds[1, :, :, :2] = 1, 1
    images, noise = kinds.repeat(10, 1, 1, 1), generator(1)

    def loss(layers, chosen):
        mean, log_variance = encode(images[chosen], layers[:2]).chunk(2, dim=1)
        drawn = torch.randn(mean.shape, generator=noise)
        return negative_elbo(images[chosen], mean, log_variance, drawn, lambda z: decode(z, layers[2:], (1, 4, 4)))

    start = dense_layers((16, 16, 4), generator(2)) + dense_layers((2, 16, 16), generator(3))
    layers = learn(loss, start, len(images), 400, 20, 0.01, generator(4))
    drawn = sample(lambda z: decode(z, layers[2:], (1, 4, 4)), 100, 2, generator(5))
    distances = torch.cdist(drawn.flatten(1), kinds.flatten(1)).amin(dim=1)
    assert (distances < 0.5).float().mean() > 0.8
    assert ((drawn[:, 0, 0, 3] > 0.5).float().mean() - 0.5).abs() < 0.35  # both kinds
