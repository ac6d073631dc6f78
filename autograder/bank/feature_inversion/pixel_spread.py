import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import feature_inversion


def _by_hand(g):
    images = torch.full((2, 3, 1, 3), 0.5)
    images[0, :, 0, 0], images[1, :, 0, 0] = 0.2, 0.8
    images[0, 0, 0, 1], images[1, 0, 0, 1] = 0.0, 0.6
    return (images,)


def _images(n, height, width, dtype=torch.float32):
    return lambda g: (uniform(g, n, 3, height, width, dtype=dtype),)


EXERCISE = Exercise(
    feature_inversion.pixel_spread,
    cases=(
        Case("two images of three pixels by hand", _by_hand, random=False),
        Case("five images", _images(5, 6, 6)),
        Case("two images, wider than tall", _images(2, 4, 7)),
        Case("three images, taller than wide", _images(3, 8, 3)),
        Case("double precision", _images(4, 5, 5, torch.float64)),
    ),
    mistakes=(
        Mistake("divided by N − 1", lambda x: x.var(dim=0, correction=1).mean(dim=0).sqrt(),
                "you divided by N − 1, as one does to guess the spread of a population from a sample. Here the images "
                "are all there are; with two of them it makes a factor of √2."),
        Mistake("mean of the deviations", lambda x: x.std(dim=0, correction=0).mean(dim=0),
                "you averaged the standard deviations of the three colors. Average their squares, the variances, and "
                "take the root last, as for any length."),
        Mistake("spread of the grays", lambda x: x.mean(dim=1).std(dim=0, correction=0),
                "you averaged the colors first. Where one image is red and the other blue, their grays agree and the "
                "disagreement is lost."),
        Mistake("spread over the colors", lambda x: x.var(dim=1, correction=0).mean(dim=0).sqrt(),
                "this is how much the colors of a pixel differ within an image. Asked is how much the images differ "
                "at a pixel."),
        Mistake("images and colors mixed", lambda x: x.flatten(0, 1).std(dim=0, correction=0),
                "you took the spread of all colors of all images together. A pixel that is orange in every image "
                "would seem to differ; the mean that counts is that of each color alone."),
        Mistake("variance", lambda x: x.var(dim=0, correction=0).mean(dim=0),
                "this is the variance. Take the root, so that the map has the unit of the pixels."),
        Mistake("range", lambda x: (x.amax(dim=0) - x.amin(dim=0)).square().mean(dim=0).sqrt(),
                "you took largest minus smallest. One odd image decides that alone, and it grows with the number of "
                "images; the standard deviation listens to all."),
        Mistake("one number", lambda x: x.var(dim=0, correction=0).mean().sqrt(),
                "you averaged over the positions too. The question is where they differ: a map."),
    ),
    points=1,
    success="Dark where code or second term decides, bright where the start did.",
)  # fmt: skip
