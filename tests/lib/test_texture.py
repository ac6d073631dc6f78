import pytest
import torch

from lib import images, networks
from lib.feature_maps import feature_maps
from lib.gram_matrix import gram_matrix
from lib.texture import objective, shuffled, texture, total_variation

LAYERS = ["relu1", "relu3"]


@pytest.fixture
def zfnet(device):
    return networks.load("zfnet", device)


@pytest.fixture
def sample(device):
    return images.sample("gravel", 64).to(device)


def test_the_sample_itself_costs_nothing_and_nothing_costs_one_a_layer(zfnet, sample):
    """A layer's loss is relative to its own target: with two layers at two scales, no features at all cost 4."""
    loss = objective(zfnet, sample, LAYERS, (64, 64), 2, 0.5)
    assert loss(sample).item() < 1e-6

    class Nothing(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.relu1, self.relu3 = torch.nn.Identity(), torch.nn.Identity()
            self.strength = 1.0

        def forward(self, x):
            return self.relu3(self.relu1(x * self.strength))

    network = Nothing()
    loss = objective(network, sample.cpu(), LAYERS, (64, 64), 2, 0)
    network.strength = 0.0
    torch.testing.assert_close(loss(sample.cpu()), torch.tensor([4.0]))


def test_the_loss_is_relative_to_the_targets_gram_matrix(zfnet, sample):
    other = images.sample("grass", 64).to(sample.device)
    found = objective(zfnet, sample, ["relu3"], (64, 64), 1, 0)(other)
    target, gram = (gram_matrix(feature_maps(zfnet, image, ["relu3"])["relu3"]) for image in (sample, other))
    torch.testing.assert_close(found, (gram - target).norm()[None] ** 2 / target.norm() ** 2)


def test_a_larger_image_of_the_same_texture_costs_little(zfnet, sample):
    """Four mirrored copies: only the seams differ from the sample."""
    row = torch.cat([sample, sample.flip(3)], dim=3)
    larger = torch.cat([row, row.flip(2)], dim=2)
    upright = objective(zfnet, larger, LAYERS, (128, 128), 1, 0)
    by_size = objective(zfnet, torch.cat([larger] * 2, dim=3), LAYERS, (128, 128), 1, 0)
    assert upright(larger).item() < 1e-6 and by_size(larger).item() < 0.01
    assert by_size(torch.rand_like(larger)).item() > 0.1


def test_only_variation_beyond_the_samples_is_charged(zfnet, sample):
    free, charged = (objective(zfnet, sample, ["relu1"], (64, 64), 1, weight) for weight in (0, 1))
    smooth, rough = torch.full_like(sample, 0.5), torch.rand_like(sample)
    torch.testing.assert_close(charged(smooth), free(smooth))
    excess = total_variation(rough) / total_variation(sample) - 1
    assert excess > 0
    torch.testing.assert_close(charged(rough), free(rough) + excess)


def test_a_texture_is_nearer_to_its_sample_than_another_photograph_of_its_kind(zfnet, sample):
    """In 30 steps; noise of the same colors is what it started from."""
    generator = torch.Generator().manual_seed(0)
    made = texture(zfnet, sample, LAYERS, (64, 64), (10, 20), generator)
    loss = objective(zfnet, sample, LAYERS, (64, 64))
    noise = shuffled(sample, (64, 64), torch.Generator().manual_seed(0), contrast=1.0)
    assert made.shape == sample.shape and not made.requires_grad
    assert 0 <= made.min() and made.max() <= 1
    assert loss(made) < loss(noise) / 5
    assert (made.amax(dim=1) - made.amin(dim=1)).max() < 1e-4  # a gray sample, a gray texture


def test_two_samples_at_once_a_larger_size_and_the_same_again(zfnet, device):
    samples = torch.cat([images.sample(name, 32) for name in ("brick", "ihc")]).to(device)

    def make():
        return texture(zfnet, samples, ["relu1"], (32, 48), (2, 2), torch.Generator().manual_seed(3))

    assert make().shape == (2, 3, 32, 48)
    assert torch.equal(make(), make())


def test_in_bfloat16_a_texture_is_as_good_and_float32(zfnet, sample):
    loss = objective(zfnet, sample, LAYERS, (64, 64))
    made = [
        texture(zfnet, sample, LAYERS, (64, 64), (5, 10), torch.Generator().manual_seed(0), precision=precision)
        for precision in (None, torch.bfloat16)
    ]
    assert made[1].dtype == torch.float32 and not torch.equal(*made)
    assert loss(made[1]) < 1.3 * loss(made[0])


def test_no_coarse_steps_are_no_coarse_steps(zfnet, sample):
    made = texture(zfnet, sample, ["relu1"], (32, 32), (0, 1), torch.Generator().manual_seed(0), roll=0)
    assert made.shape == (1, 3, 32, 32)


def test_noise_has_the_samples_colors(sample):
    noise = shuffled(sample, (20, 30), torch.Generator().manual_seed(0), contrast=1.0)
    assert noise.shape == (1, 3, 20, 30)
    known = set(map(tuple, sample[0].flatten(1).T.tolist()))
    assert set(map(tuple, noise[0].flatten(1).T.tolist())) <= known


def test_total_variation_of_a_ramp_and_of_a_constant():
    ramp = torch.linspace(0, 1, 11).expand(2, 3, 5, 11)
    torch.testing.assert_close(total_variation(ramp), torch.full((2,), 0.01))
    torch.testing.assert_close(total_variation(ramp.transpose(2, 3)), torch.full((2,), 0.01))
    assert not total_variation(torch.full((1, 3, 4, 4), 0.3)).any()
