"""Oracles: what the papers ask of the result (luminance, chroma, mean, covariance), SciPy's roots, scikit-image."""

import numpy as np
import torch
from scipy.linalg import sqrtm
from skimage.color import rgb2yiq

from lib.color_transfer import keep_colors, luminance, match_colors


def clouds(count, device):
    mixing = torch.eye(3) + 0.4 * torch.randn(count, 3, 3)
    return (mixing @ torch.rand(count, 3, 63)).view(count, 3, 7, 9).to(device)


def covariance(pictures):
    return torch.stack([torch.cov(picture.flatten(1), correction=0) for picture in pictures])


def test_luminance_is_one_pictures_and_chroma_the_others(device):
    stylized, photographs = torch.rand(2, 2, 3, 5, 6, device=device)
    kept, ours, theirs = (
        rgb2yiq(x.permute(0, 2, 3, 1).double().cpu().numpy())
        for x in (keep_colors(stylized, photographs), stylized, photographs)
    )
    np.testing.assert_allclose(kept[..., 0], ours[..., 0], atol=1e-5)
    np.testing.assert_allclose(kept[..., 1:], theirs[..., 1:], atol=1e-4)


def test_a_picture_keeps_its_own_colors():
    pictures = torch.rand(2, 3, 4, 4)
    torch.testing.assert_close(keep_colors(pictures, pictures), pictures)


def test_luminance_of_gray_is_gray():
    gray = torch.rand(2, 1, 3, 3)
    torch.testing.assert_close(luminance(gray.expand(-1, 3, -1, -1)), gray)


def test_mean_and_covariance_become_the_references(device):
    pictures, references = clouds(3, device), clouds(3, device)
    made = match_colors(pictures, references)
    torch.testing.assert_close(made.mean(dim=(2, 3)), references.mean(dim=(2, 3)))
    torch.testing.assert_close(covariance(made), covariance(references), atol=2e-4, rtol=1e-3)


def test_the_transformation_is_that_of_scipys_roots():
    picture, reference = clouds(1, "cpu").double(), clouds(1, "cpu").double()
    small = 1e-5 * np.eye(3)
    own, wanted = (np.real(sqrtm(covariance(x)[0].numpy() + small)) for x in (picture, reference))
    matrix = torch.from_numpy(wanted @ np.linalg.inv(own))
    flat = picture.flatten(2)
    centered = flat - flat.mean(dim=2, keepdim=True)
    expected = matrix @ centered + reference.flatten(2).mean(dim=2, keepdim=True)
    torch.testing.assert_close(match_colors(picture, reference), expected.view_as(picture))


def test_a_picture_matched_to_itself_stays():
    pictures = clouds(2, "cpu").double()
    torch.testing.assert_close(match_colors(pictures, pictures), pictures)


def test_a_gray_picture_stays_finite_and_gets_the_mean():
    reference = clouds(1, "cpu")
    made = match_colors(torch.full((1, 3, 4, 4), 0.3), reference)
    torch.testing.assert_close(made, reference.mean(dim=(2, 3), keepdim=True).expand_as(made), atol=1e-5, rtol=0)
