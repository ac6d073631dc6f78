"""Oracle: pytorch-metric-learning's SoftTripleLoss, whose centers are columns, class after class."""

import torch
from pytorch_metric_learning.losses import SoftTripleLoss
from torch.nn import functional as F

from lib.soft_triple import center_spread, soft_similarities, soft_triple_loss


def test_the_library_gives_the_same():
    points, labels = F.normalize(torch.randn(7, 5)), torch.tensor([0, 1, 2, 2, 1, 0, 3])
    library = SoftTripleLoss(num_classes=4, embedding_size=5, centers_per_class=3, la=20, gamma=0.1, margin=0.01)
    centers = library.fc.detach().T.view(4, 3, 5)
    torch.testing.assert_close(soft_triple_loss(points, labels, centers).mean(), library(points, labels))


def test_one_center_without_margin_is_a_softmax_of_cosines(device):
    points, centers = torch.randn(5, 6, device=device), torch.randn(3, 1, 6, device=device)
    labels = torch.tensor([0, 2, 1, 1, 0], device=device)
    cosines = F.normalize(points) @ F.normalize(centers[:, 0]).T
    expected = F.cross_entropy(20 * cosines, labels, reduction="none")
    torch.testing.assert_close(soft_triple_loss(points, labels, centers, margin=0.0), expected)


def test_a_small_gamma_takes_the_nearest_center():
    points, centers = F.normalize(torch.randn(4, 3)), F.normalize(torch.randn(2, 5, 3), dim=2)
    nearest = torch.einsum("nd,ckd->nck", points, centers).amax(dim=2)
    torch.testing.assert_close(soft_similarities(points, centers, 1e-4), nearest, atol=1e-3, rtol=0)


def test_the_spread_of_equal_centers_is_nothing_and_pulls_nowhere():
    centers = torch.ones(2, 3, 4, requires_grad=True)
    spread = center_spread(centers)
    (gradient,) = torch.autograd.grad(spread, centers)
    assert spread < 1e-5 and torch.equal(gradient, torch.zeros_like(gradient))
    opposite = torch.tensor([[[1.0, 0.0], [-3.0, 0.0]]])
    torch.testing.assert_close(center_spread(opposite), torch.tensor(2.0))


def test_the_gradient_is_that_of_the_formula():
    points, centers = (torch.randn(*s, dtype=torch.double, requires_grad=True) for s in ((3, 4), (2, 3, 4)))
    labels = torch.tensor([0, 1, 0])
    assert torch.autograd.gradcheck(lambda x, w: soft_triple_loss(x, labels, w), (points, centers))
