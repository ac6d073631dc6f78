import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import color_transfer


def _colors(g, count, height, width, dtype):
    """Pictures whose three colors depend on each other, each picture in its own way."""
    mixing = torch.eye(3, dtype=dtype) + 0.5 * normal(g, count, 3, 3, dtype=dtype)
    flat = mixing @ (0.3 * uniform(g, count, 3, height * width, dtype=dtype))
    return (flat + uniform(g, count, 3, 1, dtype=dtype)).view(count, 3, height, width)


def _two(images, size, references, other, dtype=torch.float32):
    return lambda g: (_colors(g, images, *size, dtype), _colors(g, references, *other, dtype))


def _by_hand(g):
    steps = torch.tensor([-1.0, 1.0])
    images = torch.stack(torch.meshgrid(steps, steps, steps, indexing="ij")).view(1, 3, 2, 4)
    scale = torch.tensor([1.0, 2.0, 3.0]).view(1, 3, 1, 1)
    return images, 0.5 + scale * images


def _gray(g):
    return uniform(g, 1, 1, 5, 4).repeat(1, 3, 1, 1), _colors(g, 1, 4, 4, torch.float32)


def _covariance(pictures, divide=lambda n: n):
    flat = pictures.flatten(2)
    mean = flat.mean(dim=2, keepdim=True)
    centered = flat - mean
    return mean, centered, centered @ centered.transpose(1, 2) / divide(flat.shape[2]) + 1e-5 * torch.eye(3).to(flat)


def _power(matrix, power):
    values, axes = torch.linalg.eigh(matrix)
    return (axes * values[:, None] ** power) @ axes.transpose(1, 2)


def _by(transform, divide=lambda n: n, add=lambda mean, other: other):
    """The wrong answer whose A is `transform(covariance, covariance of the reference)`."""

    def wrong(images, references):
        mean, centered, own = _covariance(images, divide)
        other, _, wanted = _covariance(references, divide)
        return (transform(own, wanted) @ centered + add(mean, other)).view_as(images)

    return wrong


def _channel_by_channel(own, wanted):
    return torch.diag_embed((wanted.diagonal(dim1=1, dim2=2) / own.diagonal(dim1=1, dim2=2)).sqrt())


def _cholesky(own, wanted):
    return torch.linalg.cholesky(wanted) @ torch.linalg.inv(torch.linalg.cholesky(own))


def _right(own, wanted):
    return _power(wanted, 0.5) @ _power(own, -0.5)


EXERCISE = Exercise(
    color_transfer.match_colors,
    cases=(
        Case("three independent colors by hand", _by_hand, random=False),
        Case("one picture, a reference of another size", _two(1, (5, 6), 1, (4, 7))),
        Case("three pictures, each with its own reference", _two(3, (4, 5), 3, (6, 6))),
        Case("two pictures, one reference", _two(2, (6, 4), 1, (5, 5))),
        Case("a gray picture", _gray),
        Case("double precision", _two(2, (5, 5), 2, (3, 8), torch.float64)),
    ),
    mistakes=(
        Mistake("mean only", _by(lambda own, wanted: torch.eye(3).to(own)),
                "only the mean color is that of the reference. Its colors also spread in certain directions; that is "
                "what the covariance says."),
        Mistake("each color by itself", _by(_channel_by_channel),
                "you matched the deviation of red, green and blue one by one. How they go together is in the other six "
                "numbers of the covariance."),
        Mistake("factors in the other order", _by(lambda own, wanted: _power(own, -0.5) @ _power(wanted, 0.5)),
                "the two roots have changed places. First the picture's own covariance is undone, so its inverse root "
                "has to stand next to the pixel."),
        Mistake("triangular roots", _by(_cholesky),
                "you took triangular roots, from a Cholesky decomposition. The covariance comes out right, but the "
                "colors are turned in another way; asked are the symmetric roots."),
        Mistake("covariances without roots", _by(lambda own, wanted: wanted @ torch.linalg.inv(own)),
                "you left out the roots. A transformation acts twice on a covariance, once from each side."),
        Mistake("own mean kept", _by(_right, add=lambda mean, other: mean),
                "the picture has kept its own mean color. It is to get that of the reference."),
        Mistake("the wrong way", _by(lambda own, wanted: _power(own, 0.5) @ _power(wanted, -0.5)),
                "you undid the reference's covariance and gave the picture its own. It goes the other way."),
        Mistake("cut off", lambda images, references: color_transfer.match_colors(images, references).clamp(0, 1),
                "you cut the result off at 0 and 1. Then mean and covariance no longer fit; the caller may do that."),
        Mistake("mean not taken off",
                lambda images, references: (
                    _power(references.flatten(2) @ references.flatten(2).mT / references[0, 0].numel()
                           + 1e-5 * torch.eye(3).to(images), 0.5)
                    @ _power(images.flatten(2) @ images.flatten(2).mT / images[0, 0].numel()
                             + 1e-5 * torch.eye(3).to(images), -0.5)
                    @ (images.flatten(2) - images.flatten(2).mean(2, keepdim=True))
                    + references.flatten(2).mean(2, keepdim=True)).view_as(images),
                "your covariance is not taken around the mean. A bright picture would seem to vary strongly toward "
                "white."),
    ),
    points=3,
    success="Nine numbers and a mean: all that this method knows of a palette.",
)  # fmt: skip
