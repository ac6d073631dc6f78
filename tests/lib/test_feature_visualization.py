from collections import OrderedDict

import pytest
import torch
from torch import nn

from autograder.toys import network as toy
from lib import feature_visualization


class Quadratic:
    """a(x) = slope · x − bend x² / 2 in every number, added up: its top is at slope / bend."""

    def __init__(self, slope, bend):
        self.slope, self.bend = slope, bend

    def __call__(self, images):
        return (self.slope * images - self.bend * images**2 / 2).sum(dim=(1, 2, 3))


def unchanged(images, gradients):
    return images


def same(images):
    return images


def linear_scores(weight):
    """Scores of two classes, linear in the pixels: no bias, so that gray pixels count too."""
    network = nn.Sequential(OrderedDict(flatten=nn.Flatten(), linear=nn.Linear(weight.shape[1], 2, bias=False)))
    network.linear.weight.data = weight
    return network.eval().requires_grad_(False)


def test_a_score_and_its_price_by_hand(device):
    network = linear_scores(torch.tensor([[1.0] * 12, [0.0] * 12])).to(device)
    offsets = torch.zeros(2, 3, 2, 2, device=device)
    offsets[1] = 0.5
    found = feature_visualization.penalized_score(network, offsets, 0, 0.1)
    torch.testing.assert_close(found, torch.tensor([6.0, 12 - 0.1 * 12 / 4], device=device))


def test_the_top_of_a_linear_score_with_a_price_is_where_calculus_says():
    """d/dx [w·x − λ x²] = 0 at x = w / 2λ."""
    weight = torch.randn(2, 12, dtype=torch.double)
    network, decay = linear_scores(weight), 0.3
    found = feature_visualization.gradient_ascent(
        lambda x: feature_visualization.penalized_score(network, x, 1, decay),
        torch.zeros(1, 3, 2, 2, dtype=torch.double), 200, 0.5, unchanged,
    )  # fmt: skip
    torch.testing.assert_close(found.flatten(), weight[1] / (2 * decay))


def test_the_price_has_the_right_gradient():
    network, offsets = toy(torch.Generator().manual_seed(0)).double(), torch.randn(2, 3, 8, 8, dtype=torch.double)
    function = feature_visualization.penalized_score
    assert torch.autograd.gradcheck(lambda x: function(network, x, 2, 0.2), offsets.requires_grad_())


@pytest.mark.parametrize("step_size", [0.1, 0.5])
def test_ascent_of_a_quadratic_follows_its_recursion(step_size):
    """x ← x + η (s − b x) leaves the distance to the top (1 − η b) times as long."""
    slope, bend, start = torch.tensor(2.0), torch.tensor(0.5), torch.randn(2, 3, 4, 5)
    top = slope / bend
    found = feature_visualization.gradient_ascent(Quadratic(slope, bend), start, 7, step_size, unchanged)
    torch.testing.assert_close(found - top, (start - top) * (1 - step_size * bend) ** 7)


def test_no_step_is_no_change_and_the_start_stays():
    start = torch.randn(1, 3, 4, 4)
    kept = start.clone()
    found = feature_visualization.gradient_ascent(Quadratic(1.0, 1.0), start, 0, 0.1, unchanged)
    assert torch.equal(found, start) and found is not start
    feature_visualization.gradient_ascent(Quadratic(1.0, 1.0), start, 3, 0.1, unchanged)
    assert torch.equal(start, kept) and not start.requires_grad


def test_images_of_a_batch_do_not_notice_each_other():
    network, offsets = toy(torch.Generator().manual_seed(1)), 0.1 * torch.randn(3, 3, 8, 8)

    def climb(x):
        objective = lambda x: feature_visualization.penalized_score(network, x, 0, 0.05)  # noqa: E731
        return feature_visualization.gradient_ascent(objective, x, 4, 0.3, unchanged)

    alone = torch.cat([climb(one) for one in offsets.split(1)])
    torch.testing.assert_close(climb(offsets), alone)


def test_the_regularizer_comes_after_each_step_with_the_gradients_that_led_there():
    seen = []

    def halve(images, gradients):
        seen.append((images.clone(), gradients))
        return images / 2

    found = feature_visualization.gradient_ascent(Quadratic(3.0, 1.0), torch.ones(1, 1, 1, 1), 2, 1.0, halve)
    assert [(x.item(), g.item()) for x, g in seen] == [(3.0, 2.0), (3.0, 1.5)]
    assert found.item() == 1.5 and not found.requires_grad


def test_adam_goes_one_learning_rate_in_its_first_step_and_reaches_the_top():
    objective = Quadratic(torch.tensor([1.0, -2.0]).view(1, 1, 1, 2), 2.0)
    start = torch.zeros(1, 1, 1, 2)
    first, last = feature_visualization.visualize(objective, same, start, same, [1, 400], 0.05)
    torch.testing.assert_close(first, torch.tensor([[[[0.05, -0.05]]]]))
    torch.testing.assert_close(last, torch.tensor([[[[0.5, -1.0]]]]), atol=1e-3, rtol=0)


def test_what_is_kept_does_not_depend_on_what_else_is_kept(device):
    objective, start = Quadratic(1.0, 3.0), torch.randn(2, 3, 2, 3, device=device)
    many = feature_visualization.visualize(objective, torch.sigmoid, start, same, [1, 3, 5], 0.1)
    assert many.shape == (3, 2, 3, 2, 3) and not many.requires_grad and many.device == start.device
    for moment, images in zip([1, 3, 5], many):
        torch.testing.assert_close(
            feature_visualization.visualize(objective, torch.sigmoid, start, same, [moment], 0.1)[0], images
        )


def test_the_move_is_made_once_in_a_step_and_is_not_in_the_result():
    calls = []

    def away(images):
        calls.append(1)
        return images + 100

    found = feature_visualization.visualize(Quadratic(1.0, 0.0), same, torch.zeros(1, 1, 1, 1), away, [6], 0.1)
    assert len(calls) == 6 and found.abs().max() < 1


def test_a_class_picture_convinces_another_copy_of_the_network(efficientnet, device):
    """A short climb in waves, then judged without any of its parts."""
    from lib.fourier_image import fourier_image, random_spectrum

    wanted = torch.tensor([949, 90], device=device)

    def scores(images):
        return efficientnet(images)[torch.arange(2, device=device), wanted]

    start = random_spectrum(2, 64, 0.01, torch.Generator().manual_seed(0)).to(device)
    made = feature_visualization.visualize(scores, lambda z: fourier_image(z, 64).sigmoid(), start, same, [12], 0.05)
    assert (efficientnet(made[0]).argmax(dim=1) == wanted).all()
