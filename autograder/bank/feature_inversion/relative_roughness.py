import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import total_variation_norm as reference


def _by_hand(g):
    return torch.tensor([[[[0.0, 0.3, 0.3], [0.4, 0, 0]]]]), 1, 0.5


def _images(n, channels, height, width, beta, step, dtype=torch.float32):
    return lambda g: (uniform(g, n, channels, height, width, dtype=dtype), beta, step)


def _divided_by(count):
    def wrong(images, beta, step):
        return reference.total_variation_norm(images, beta) / count(images, beta, step)

    return wrong


def _pixels(images):
    return (images.shape[2] - 1) * (images.shape[3] - 1)


EXERCISE = Exercise(
    reference.relative_roughness,
    cases=(
        Case("2 × 3 pixels by hand", _by_hand, random=False),
        Case("a batch of 4, β = 2", _images(4, 3, 6, 6, 2, 0.1)),
        Case("wider than tall, β = 1", _images(2, 3, 5, 9, 1, 0.2)),
        Case("one color, taller than wide, β = 1.5", _images(3, 1, 8, 4, 1.5, 0.05)),
        Case("double precision, β = 3", _images(2, 3, 7, 5, 3, 0.3, torch.float64)),
    ),
    mistakes=(
        Mistake("step without its power", _divided_by(lambda x, beta, step: x.shape[1] * _pixels(x) * step),
                "you divided by the step itself. The norm has the unit of a difference to the power β, and so must "
                "what it is divided by, or the weight would change its meaning with β."),
        Mistake("half of beta for the step",
                _divided_by(lambda x, beta, step: x.shape[1] * _pixels(x) * step ** (beta / 2)),
                "you gave the step the power β/2. In the norm that power belongs to a sum of squares; step is not "
                "squared yet."),
        Mistake("colors forgotten", _divided_by(lambda x, beta, step: _pixels(x) * step**beta),
                "you forgot the colors. The norm is a sum over them too, so a color image gets three times a gray "
                "one's roughness."),
        Mistake("not divided by the number", _divided_by(lambda x, beta, step: step**beta),
                "you did not divide by how many pixels and colors were summed. A larger image would get a larger "
                "roughness, and the same weight would mean something else at each size."),
        Mistake("all pixels counted", _divided_by(lambda x, beta, step: x[0].numel() * step**beta),
                "you divided by H times W. The sum has (H − 1) × (W − 1) pixels in it; with your number a checkerboard "
                "with that very step does not come out as 1."),
        Mistake("divided by the batch", _divided_by(lambda x, b, s: len(x) * x.shape[1] * _pixels(x) * s**b),
                "you divided by the number of images as well. Each image has its own roughness, whoever else is in "
                "the batch."),
        Mistake("relative to its own range",
                lambda x, beta, step: reference.relative_roughness(
                    x / (x.amax((1, 2, 3), keepdim=True) - x.amin((1, 2, 3), keepdim=True)), beta, 1),
                "you took the image's own range for the step. Then a faint image and a strong one are equally rough, "
                "and the term no longer pulls at all; the step is given."),
    ),
    points=1,
    builds_on=("total_variation_norm",),
    success="One means as rough as a photograph. From now on a weight is a number that you can remember.",
)  # fmt: skip
