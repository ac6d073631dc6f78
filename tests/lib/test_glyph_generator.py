import pytest
import torch
from torch.nn import functional as F

from lib import glyph_generator as gg
from lib.autoencoder_training import learn


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def one_hot(number, characters):
    return F.one_hot(torch.tensor([number]), characters).float()


def test_examples_say_what_they_show():
    inputs, images, masks = gg.examples("AO", 6, generator())
    assert inputs.shape == (6, 8) and images.shape == (6, 3, 32, 32) and masks.shape == (6, 1, 32, 32)
    torch.testing.assert_close(images, masks * (inputs[:, 5:, None, None] + 1.2) / 2)
    for row, mask in zip(inputs, masks):
        angle = torch.rad2deg(torch.atan2(row[3] / 3, row[2]))
        _, expected = gg.drawn(["AO"[row[:2].argmax()]], angle[None], row[None, 4] / 5 + 0.8, torch.ones(1, 3))
        torch.testing.assert_close(mask[None], expected, atol=1e-4, rtol=0)
    again = gg.examples("AO", 6, generator())
    assert all(torch.equal(a, b) for a, b in zip((inputs, images, masks), again))


def test_a_larger_size_covers_more_and_a_turn_by_0_is_upright():
    small, large = (gg.drawn(["H"], torch.zeros(1), torch.tensor([size]), torch.ones(1, 3))[1] for size in (0.6, 0.9))
    assert large.sum() > 1.5 * small.sum()
    torch.testing.assert_close(large, large.flip(3), atol=0.3, rtol=0)


def test_generate_is_pictures_of_features(device):
    weights = [tuple(part.to(device) for part in layer) for layer in gg.layers(3, generator())]
    inputs = torch.rand(2, 9, device=device)
    images, masks = gg.generate(inputs, weights)
    assert images.shape == (2, 3, 32, 32) and masks.shape == (2, 1, 32, 32)
    assert torch.equal(gg.pictures(gg.features(inputs, weights), weights)[0], images)
    assert 0 <= images.min() and (images <= masks).all() and masks.max() <= 1


def test_the_loss_is_zero_for_the_truth_and_nothing_else():
    weights, inputs = gg.layers(2, generator()), torch.rand(2, 8)
    images, masks = gg.generate(inputs, weights)
    assert not gg.loss(inputs, images, masks, weights).any()
    expected = 0.01 + 0.5 * 0.04
    torch.testing.assert_close(gg.loss(inputs, images + 0.1, masks - 0.2, weights), torch.full((2,), expected))


@pytest.fixture(scope="module")
def trained():
    data = gg.examples("LO", 300, generator())

    def loss(weights, chosen):
        return gg.loss(*(part[chosen] for part in data), weights)

    return learn(loss, gg.layers(2, generator(1)), 300, 250, 24, 3e-3, generator(2))


def test_a_trained_one_draws_what_it_is_told(trained):
    inputs, images, masks = gg.examples("LO", 40, generator(9))
    made, covered = gg.generate(inputs, trained)
    empty = masks.square().mean()
    assert (covered - masks).square().mean() < empty / 4
    assert (made - images).square().mean() < images.square().mean() / 4


def test_color_and_character_are_told_apart(trained):
    def picture(character, color):
        inputs = gg.described(one_hot(character, 2), torch.zeros(1), torch.tensor([0.8]), torch.tensor([color]))
        return gg.generate(inputs, trained)

    (red, mask), (blue, _) = (picture(1, color) for color in ([1.0, 0.3, 0.3], [0.3, 0.3, 1.0]))
    inside = mask[0, 0] > 0.7
    assert inside.any() and (red[0, 0] > red[0, 2])[inside].all() and (blue[0, 2] > blue[0, 0])[inside].all()
    true = [gg.drawn([name], torch.zeros(1), torch.tensor([0.8]), torch.ones(1, 3))[1] for name in "LO"]
    for character in (0, 1):
        made = picture(character, [1.0, 1.0, 1.0])[1]
        assert torch.dist(made, true[character]) < 0.7 * torch.dist(made, true[1 - character])
