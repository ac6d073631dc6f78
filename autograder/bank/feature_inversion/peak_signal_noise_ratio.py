import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import feature_inversion


def _by_hand(g):
    original = torch.full((1, 3, 2, 2), 0.5)
    return torch.stack([original[0] + 0.1, original[0] - 0.5]), original


def _noisy(n, height, width, deviation, originals=1, dtype=torch.float32):
    def inputs(g):
        original = uniform(g, originals, 3, height, width, dtype=dtype)
        noise = deviation * normal(g, n, 3, height, width, dtype=dtype)
        return (original + noise).clamp(0, 1), original

    return inputs


def _error(images, original):
    return (images - original).square().flatten(1).mean(dim=1)


EXERCISE = Exercise(
    feature_inversion.peak_signal_noise_ratio,
    cases=(
        Case("off by 0.1 and by 0.5, by hand", _by_hand, random=False),
        Case("one noisy image", _noisy(1, 6, 6, 0.05)),
        Case("four against one original, wider than tall", _noisy(4, 4, 9, 0.2)),
        Case("three against three, taller than wide", _noisy(3, 8, 5, 0.1, originals=3)),
        Case("equal to the original", lambda g: (uniform(g, 1, 3, 4, 4).repeat(2, 1, 1, 1),) * 2),
        Case("double precision", _noisy(2, 5, 5, 0.02, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("natural logarithm", lambda x, o: -10 * _error(x, o).log(),
                "you took the natural logarithm. Decibels count powers of ten."),
        Mistake("twenty and not ten", lambda x, o: -20 * _error(x, o).log10(),
                "you multiplied by 20. That is for the root of the mean squared error; the mean square itself "
                "already counts double, so it gets 10."),
        Mistake("sign turned", lambda x, o: 10 * _error(x, o).log10(),
                "right but for the sign. The error stands below the line: a smaller error is a larger ratio."),
        Mistake("peak of 255", lambda x, o: 20 * torch.log10(torch.tensor(255.0)) - 10 * _error(x, o).log10(),
                "you took 255 for the largest value. These images are in [0, 1], so the peak is 1."),
        Mistake("own peak", lambda x, o: 10 * (o.flatten(1).amax(1) ** 2 / _error(x, o)).log10(),
                "you took the brightest value of the original for the peak. The peak is the largest value there can "
                "be; a dark photograph would be punished for being dark."),
        Mistake("one number for the batch", lambda x, o: -10 * (x - o).square().mean().log10(),
                "you averaged over the images too. Each has a ratio of its own: N numbers."),
        Mistake("absolute error", lambda x, o: -10 * (x - o).abs().flatten(1).mean(dim=1).log10(),
                "you took the mean absolute difference. The ratio is defined by the mean of the squares."),
        Mistake("a small number more", lambda x, o: -10 * (_error(x, o) + 1e-8).log10(),
                "you added something small before the logarithm. No small number is needed here: an image that equals "
                "the original has no error, and its ratio is infinite."),
        Mistake("sum and not mean", lambda x, o: -10 * (x - o).square().flatten(1).sum(dim=1).log10(),
                "you added up the squared differences. With the mean an image and its enlargement have the same "
                "ratio."),
    ),
    points=1,
    success="The classic judge of pictures. It compares pixels, and you will soon see it be wrong.",
)  # fmt: skip
