import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, whole
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
    # An eighth of a whole number, so that the mean is exact and the covariance is exactly zero.
    return (whole(g, 1, 7, 1, 1, 1, 1) / 8).repeat(1, 3, 4, 4), _colors(g, 1, 4, 5, torch.float32)


def _covariance(pictures, divide=lambda n: n, small=1e-5):
    flat = pictures.flatten(2)
    mean = flat.mean(dim=2, keepdim=True)
    centered = flat - mean
    return mean, centered, centered @ centered.transpose(1, 2) / divide(flat.shape[2]) + small * torch.eye(3).to(flat)


def _power(matrix, power):
    values, axes = torch.linalg.eigh(matrix)
    return (axes * values[:, None] ** power) @ axes.transpose(1, 2)


def _power_of_rows(matrix, power):
    values, axes = torch.linalg.eigh(matrix)
    return (axes.transpose(1, 2) * values[:, None] ** power) @ axes


def _not_turned_back(matrix, power):
    values, axes = torch.linalg.eigh(matrix)
    return (axes * values[:, None] ** power) @ axes


def _values_times_rows(matrix, power):
    values, axes = torch.linalg.eigh(matrix)
    return (axes * values[:, :, None] ** power) @ axes.transpose(1, 2)


def _by(transform, divide=lambda n: n, add=lambda mean, other: other, small=1e-5, center=True):
    """The wrong answer whose A is `transform(covariance, covariance of the reference)`."""

    def wrong(images, references):
        mean, centered, own = _covariance(images, divide, small)
        other, _, wanted = _covariance(references, divide, small)
        pixels = centered if center else images.flatten(2)
        return (transform(own, wanted) @ pixels + add(mean, other)).view_as(images)

    return wrong


def _deviations(correction):
    def wrong(images, references):
        mean, other = (x.mean(dim=(2, 3), keepdim=True) for x in (images, references))
        own, wanted = (x.std(dim=(2, 3), correction=correction, keepdim=True) for x in (images, references))
        return (images - mean) / own * wanted + other

    return wrong


def _channel_by_channel(own, wanted):
    return torch.diag_embed((wanted.diagonal(dim1=1, dim2=2) / own.diagonal(dim1=1, dim2=2)).sqrt())


def _cholesky(own, wanted):
    return torch.linalg.cholesky(wanted) @ torch.linalg.inv(torch.linalg.cholesky(own))


def _right(own, wanted, power=_power):
    return power(wanted, 0.5) @ power(own, -0.5)


EXERCISE = Exercise(
    color_transfer.match_colors,
    cases=(
        Case("three independent colors by hand", _by_hand, random=False),
        Case("one picture, a reference of another size", _two(1, (5, 6), 1, (4, 7))),
        Case("three pictures, each with its own reference", _two(3, (4, 5), 3, (6, 6))),
        Case("two pictures, one reference", _two(2, (6, 4), 1, (5, 5))),
        Case("a picture of a single gray", _gray),
        Case("double precision", _two(2, (5, 5), 2, (3, 8), torch.float64)),
    ),
    mistakes=(
        Mistake("mean only", _by(lambda own, wanted: torch.eye(3).to(own)),
                "only the mean color is that of the reference. Its colors also spread in certain directions; that is "
                "what the covariance says."),
        Mistake("each color by itself", _by(_channel_by_channel),
                "you matched the deviation of red, green and blue one by one. How they go together is in the other six "
                "numbers of the covariance."),
        Mistake("deviations of the colors", _deviations(0),
                "you gave each color the deviation of the same color in the reference, one by one. Two clouds with "
                "equal deviations may still lie in different directions; that is what the covariance is for."),
        Mistake("deviations of the colors, divided by one less", _deviations(1),
                "you moved and stretched each color by itself, by plain means and deviations. The axes of a cloud of "
                "colors seldom are red, green and blue; the covariance knows how it is turned."),
        Mistake("divided by one less", _by(_right, divide=lambda n: n - 1),
                "your covariances are divided by the number of pixels less one, which some functions do unasked. Asked "
                "is the plain mean over the pixels."),
        Mistake("divided by one less, nothing added", _by(_right, divide=lambda n: n - 1, small=0.0),
                "two small things about your covariances. They are divided by the number of pixels less one, which "
                "some functions do unasked; and nothing is added to their diagonals."),
        Mistake("nothing added to the diagonal", _by(_right, small=0.0),
                "nothing is added to the diagonals of the covariances, or not to all of both. A picture of a single "
                "color has no inverse then; and the added amount changes the result a little everywhere."),
        Mistake("pixels not centered", _by(_right, center=False),
                "you multiplied the pixels as they are. The cloud is turned and stretched around its own center, so "
                "its mean has to be taken off first."),
        Mistake("transposed eigenvectors", _by(lambda own, wanted: _right(own, wanted, _power_of_rows)),
                "you took the rows of the matrix of eigenvectors for the eigenvectors, or transposed the wrong one of "
                "the two factors. They are its columns."),
        Mistake("not turned back", _by(lambda own, wanted: _right(own, wanted, _not_turned_back)),
                "the matrix of eigenvectors stands on both sides of the powers as it is. One of the two turns into the "
                "axes of the cloud and the other has to turn back."),
        Mistake("rows scaled", _by(lambda own, wanted: _right(own, wanted, _values_times_rows)),
                "you multiplied the rows of the matrix of eigenvectors by the powers. Then the eigenvectors cancel, "
                "and a diagonal matrix is left; each eigenvalue belongs to a column."),
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
