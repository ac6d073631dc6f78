"""Oracles: brute-force loops, the patch one by one against the picture as a whole, differences for gradients."""

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck
from torch.nn import functional as F

from lib import stereo_matching as sm
from lib.datasets import stereo


def weights(*channels, dtype=torch.float32, device="cpu"):
    return [
        ((torch.randn(d, c, 3, 3, dtype=dtype) / (9 * c) ** 0.5).to(device), torch.randn(d, dtype=dtype).to(device))
        for c, d in zip(channels, channels[1:])
    ]


def test_a_picture_gives_what_each_of_its_patches_gives(device):
    layers, picture = weights(3, 4, 5, 6, device=device), torch.rand(2, 3, 10, 12, device=device)
    whole = sm.dense_descriptors(picture, layers)
    assert whole.shape == (2, 6, 4, 6)
    for y in range(4):
        for x in range(6):
            patch = sm.dense_descriptors(picture[:, :, y : y + 7, x : x + 7], layers)
            torch.testing.assert_close(whole[:, :, y : y + 1, x : x + 1], patch)


def test_descriptors_have_length_one_or_zero():
    layers = weights(3, 4, 5)
    lengths = sm.dense_descriptors(torch.rand(2, 3, 8, 9), layers).norm(dim=1)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))
    dark = [(kernel, torch.zeros_like(bias)) for kernel, bias in layers]
    assert not sm.dense_descriptors(torch.zeros(1, 3, 8, 9), dark).any()


def test_the_last_layer_may_point_anywhere_and_its_scale_does_not_count():
    layers = weights(3, 4, 5)
    found = sm.dense_descriptors(torch.rand(1, 3, 9, 9), layers)
    assert (found < 0).any()
    (kernel, bias), picture = layers[-1], torch.rand(1, 3, 9, 9)
    louder = [*layers[:-1], (7 * kernel, 7 * bias)]
    torch.testing.assert_close(sm.dense_descriptors(picture, louder), sm.dense_descriptors(picture, layers))


def test_equal_patches_are_similar_by_one_and_the_order_does_not_count(device):
    layers = weights(3, 4, 6, device=device)
    one, two = torch.rand(2, 7, 3, 5, 5, device=device)
    torch.testing.assert_close(sm.patch_similarity(one, one, layers), torch.ones(7, device=device))
    found = sm.patch_similarity(one, two, layers)
    torch.testing.assert_close(found, sm.patch_similarity(two, one, layers))
    assert (found.abs() <= 1 + 1e-6).all() and found.std() > 0


def test_similarities_of_a_row_are_those_of_its_patches():
    layers = weights(3, 4, 5)
    left, right = torch.rand(2, 1, 3, 6, 9)
    volume = sm.scan_line_similarities(*(sm.dense_descriptors(x, layers) for x in (left, right)), 3)
    for x in range(5):
        for d in range(4):
            if x < d:
                assert volume[0, d, 0, x] == -torch.inf
                continue
            patches = left[..., :5, x : x + 5], right[..., :5, x - d : x - d + 5]
            torch.testing.assert_close(volume[0, d, 0, x : x + 1], sm.patch_similarity(*patches, layers))


@pytest.mark.parametrize("largest", [0, 2, 4, 9])
def test_similarities_by_three_loops(largest, device):
    left, right = torch.randn(2, 2, 3, 4, 5, device=device)
    found = sm.scan_line_similarities(left, right, largest)
    assert found.shape == (2, largest + 1, 4, 5)
    for d in range(largest + 1):
        for y in range(4):
            for x in range(5):
                if x < d:
                    assert (found[:, d, y, x] == -torch.inf).all()
                else:
                    expected = (left[:, :, y, x] * right[:, :, y, x - d]).sum(dim=1)
                    torch.testing.assert_close(found[:, d, y, x], expected)


def test_a_shifted_picture_is_found_everywhere(device):
    right = F.normalize(torch.randn(1, 6, 5, 20, device=device), dim=1)
    left = right.roll(4, dims=3)
    best = sm.scan_line_similarities(left, right, 7).argmax(dim=1)
    assert (best[..., 4:] == 4).all()


def test_loss_by_loops(device):
    volume = (2 * torch.rand(2, 6, 3, 8) - 1).to(device)
    volume[:, torch.arange(6)[:, None, None] > torch.arange(8).expand(3, 8)] = -torch.inf
    truth = torch.randint(-1, 6, (2, 3, 8)).minimum(torch.arange(8)).to(device)
    found = sm.matching_loss(volume, truth, 0.4)
    for n, y, x in np.ndindex(2, 3, 8):
        t = truth[n, y, x].item()
        rivals = [volume[n, d, y, x].item() for d in range(6) if abs(d - t) > 1]
        expected = 0 if t < 0 else max(0, 0.4 + max(rivals) - volume[n, t, y, x].item())
        assert found[n, y, x].item() == pytest.approx(expected, abs=1e-6)


def test_no_loss_for_a_match_that_wins_by_the_margin_and_the_margin_for_a_tie():
    volume, truth = torch.zeros(1, 5, 1, 1), torch.tensor([[[1]]])
    torch.testing.assert_close(sm.matching_loss(volume, truth, 0.3), torch.full((1, 1, 1), 0.3))
    volume[0, 1] = 0.3
    assert not sm.matching_loss(volume, truth, 0.3).any()


def test_gradients_of_the_whole_chain():
    layers = weights(3, 2, 3, dtype=torch.float64)
    pair, truth = torch.rand(2, 1, 3, 6, 9, dtype=torch.float64), torch.tensor([[[0, 1, 2, 0, 3], [-1, 0, 1, 2, -1]]])

    def loss(kernel, bias):
        changed = [(kernel, bias), layers[1]]
        maps = (sm.dense_descriptors(x, changed) for x in pair)
        return sm.matching_loss(sm.scan_line_similarities(*maps, 3), truth, 0.7)

    assert gradcheck(loss, [value.requires_grad_() for value in layers[0]])


def test_training_learns_which_color_to_trust_and_leaves_the_start_alone():
    """Red is the same in both pictures, moved by three; green and blue have nothing to do with it."""

    def pair():
        right, left = torch.rand(2, 2, 3, 10, 34)
        left[:, 0] = right[:, 0].roll(3, dims=2)
        truth = torch.full((2, 6, 30), 3)
        truth[..., :3] = -1
        return left, right, truth

    def share(layers):
        left, right, truth = pair()
        best = sm.scan_line_similarities(*(sm.dense_descriptors(x, layers) for x in (left, right)), 8).argmax(1)
        return (best == truth)[truth >= 0].float().mean()

    start = weights(3, 6, 6)
    before = [value.clone() for layer in start for value in layer]
    trained = sm.train_descriptors(start, [pair() for _ in range(60)], 8, 0.3, 0.02)
    assert share(trained) > 0.9 > 0.7 > share(start)
    assert all(torch.equal(one, two) for one, two in zip(before, [value for layer in start for value in layer]))
    assert not any(value.requires_grad for layer in trained for value in layer)


def test_training_takes_the_steps_of_adam_along_half_a_cosine():
    """Two steps by the formulas of Adam: each batch has a gradient of its own, and the second step half the rate."""
    start = weights(3, 4, dtype=torch.float64)
    batches = [(*torch.rand(2, 1, 3, 5, 9, dtype=torch.float64), torch.randint(0, 3, (1, 3, 7))) for _ in range(2)]
    values, moments, squares = [value.clone() for value in start[0]], [0, 0], [0, 0]
    for number, (left, right, truth) in enumerate(batches):
        leaves = [value.requires_grad_() for value in values]
        maps = (sm.dense_descriptors(x, [tuple(leaves)]) for x in (left, right))
        loss = sm.matching_loss(sm.scan_line_similarities(*maps, 4), truth, 0.5).mean()
        for n, gradient in enumerate(torch.autograd.grad(loss, leaves)):
            moments[n] = 0.9 * moments[n] + 0.1 * gradient
            squares[n] = 0.999 * squares[n] + 0.001 * gradient**2
            mean, square = moments[n] / (1 - 0.9 ** (number + 1)), squares[n] / (1 - 0.999 ** (number + 1))
            values[n] = (values[n] - 0.01 * (1 - number / 2) * mean / (square.sqrt() + 1e-8)).detach()
    ((kernel, bias),) = sm.train_descriptors(start, batches, 4, 0.5, 0.01)
    torch.testing.assert_close(kernel, values[0])
    torch.testing.assert_close(bias, values[1])


def test_a_perfect_pair_agrees_wherever_the_match_is_inside(device):
    left = torch.full((1, 3, 9), 2, device=device)
    found = sm.left_right_check(left, left, 0)
    assert (found == (torch.arange(9, device=device) >= 2)).all()


@pytest.mark.parametrize("tolerance", [0, 1, 3])
def test_left_right_check_by_loops(tolerance, device):
    left, right = torch.randint(0, 6, (2, 2, 4, 7), device=device)
    found = sm.left_right_check(left, right, tolerance)
    for n, y, x in np.ndindex(2, 4, 7):
        match = x - left[n, y, x].item()
        expected = match >= 0 and abs(left[n, y, x] - right[n, y, match]).item() <= tolerance
        assert found[n, y, x].item() == expected


def test_the_check_finds_what_only_one_eye_sees():
    """A square before a wall: the strip beside it is seen by the left eye alone, and its matches do not agree."""
    left, right = torch.zeros(1, 5, 20, dtype=torch.long), torch.zeros(1, 5, 20, dtype=torch.long)
    left[:, :, 8:14], right[:, :, 4:10] = 4, 4
    found = sm.left_right_check(left, right, 1)[0, 0]
    assert found.tolist() == [not 4 <= x < 8 for x in range(20)]


def test_the_true_disparity_wins_on_photographs():
    """Raw pixels of 5 × 5, at a quarter of the size: most visible points are found; with rows exchanged, few are."""
    left, right, truth = stereo.pair(4)

    def patches(image):
        columns = F.unfold(F.pad(image, (2,) * 4, mode="replicate"), 5)
        return F.normalize(columns - columns.mean(dim=1, keepdim=True), dim=1).view(1, -1, *truth.shape)

    def share(right):
        best = sm.scan_line_similarities(patches(left), patches(right), 16).argmax(dim=1)[0]
        return ((best - truth).abs() <= 1)[truth.isfinite()].float().mean()

    assert share(right) > 0.7 > 0.3 > share(right.flip(2))
