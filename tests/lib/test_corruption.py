import pytest
import torch
from torch import nn

from lib.autoencoder import decode, encode
from lib.autoencoder_training import dense_layers, learn
from lib.corruption import corrupt, denoising_loss


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_no_damage_is_no_damage_and_all_is_black(device):
    images = torch.rand(2, 1, 4, 4, device=device)
    assert torch.equal(corrupt(images, 0.0, 0.0, generator()), images)
    assert not corrupt(images, 1.0, 0.5, generator()).any()


@pytest.mark.parametrize("share, deviation", [(0.0, 0.1), (0.25, 0.0), (0.5, 0.05), (0.9, 0.02)])
def test_share_and_deviation_are_as_asked(share, deviation, device):
    images = torch.full((5, 1, 100, 100), 0.5, device=device)
    damaged = corrupt(images, share, deviation, generator())
    lost = damaged == 0
    assert lost.float().mean().item() == pytest.approx(share, abs=0.01)
    assert (damaged - images)[~lost].std().item() == pytest.approx(deviation, rel=0.05, abs=1e-6)
    assert (damaged - images)[~lost].mean().item() == pytest.approx(0, abs=0.005)


def test_values_are_lost_independently_of_image_and_neighbor():
    lost = (corrupt(torch.ones(2, 1, 200, 200), 0.5, 0.0, generator()) == 0).float() - 0.5
    for one, other in ((lost[0], lost[1]), (lost[..., 1:], lost[..., :-1]), (lost[:, :, 1:], lost[:, :, :-1])):
        assert abs((one * other).mean()) < 0.01


def test_the_generator_decides_and_nothing_else():
    images, state = torch.rand(2, 1, 5, 5), torch.get_rng_state()
    assert torch.equal(corrupt(images, 0.3, 0.1, generator(1)), corrupt(images, 0.3, 0.1, generator(1)))
    assert not torch.equal(corrupt(images, 0.3, 0.1, generator(1)), corrupt(images, 0.3, 0.1, generator(2)))
    assert torch.equal(torch.get_rng_state(), state)


def test_much_noise_stays_in_the_range():
    damaged = corrupt(torch.rand(3, 1, 20, 20).double(), 0.1, 5.0, generator())
    assert damaged.dtype == torch.float64 and 0 <= damaged.min() and damaged.max() <= 1


def test_the_loss_is_that_of_the_repaired_image(device):
    images, damaged = torch.rand(2, 3, 2, 4, 5, device=device)
    repair = nn.Conv2d(2, 2, 1).to(device)
    found = denoising_loss(repair, images, damaged)
    expected = [((repair(d[None])[0] - x) ** 2).sum() / 40 for x, d in zip(images, damaged)]
    torch.testing.assert_close(found, torch.stack(expected))
    assert not denoising_loss(lambda x: images, images, damaged).any()


def test_learning_to_repair_repairs_what_was_not_seen():
    """Stripes of eight kinds; a third of the pixels is lost."""
    kinds = torch.stack([((torch.arange(64).view(8, 8) >> bit) & 1).float() for bit in range(6)])[:, None]
    images = torch.cat([kinds, 1 - kinds])
    draws = generator(1)

    def loss(layers, chosen):
        damaged = corrupt(images[chosen], 0.3, 0.1, draws)
        return denoising_loss(lambda x: decode(encode(x, layers[:2]), layers[2:], (1, 8, 8)), images[chosen], damaged)

    layers = learn(loss, dense_layers((64, 32, 6, 32, 64), generator()), len(images), 300, 24, 0.01, generator(2))
    damaged = corrupt(images, 0.3, 0.1, generator(3))
    repaired = decode(encode(damaged, layers[:2]), layers[2:], (1, 8, 8))
    assert (repaired - images).square().mean() < (damaged - images).square().mean() / 4
