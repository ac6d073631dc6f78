import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import style_transfer
from lib.gram_matrix import gram_matrix


def _pair(images, paintings, channels, size, painted, dtype=torch.float32):
    """Features of images of one size, and Gram matrices per position of paintings of another."""

    def inputs(g):
        features = normal(g, images, channels, *size, dtype=dtype).relu()
        maps = normal(g, paintings, channels, *painted, dtype=dtype).relu()
        return features, gram_matrix(maps) / (painted[0] * painted[1])

    return inputs


def _by_hand(g):
    return torch.tensor([[[[1.0, 3.0]], [[2.0, 0.0]]]]), torch.tensor([[[5.0, 0.0], [0.0, 2.0]]])


def _with(gram=gram_matrix, positions=lambda f: f[0, 0].numel(), constant=lambda f: 4 * f.shape[1] ** 2,
          measure=lambda d: d.square().sum(dim=(1, 2))):  # fmt: skip
    """The loss with one thing done differently."""
    return lambda features, target: measure(gram(features) / positions(features) - target) / constant(features)


def _batch_in_channels(features, target):
    flat = features.flatten(2).flatten(0, 1)
    whole = flat @ flat.T / features[0, 0].numel()
    repeated = target.repeat(len(features) // len(target), len(features), len(features))[: 1]
    loss = (whole - repeated[0]).square().sum() / (4 * features.shape[1] ** 2)
    return loss.expand(len(features))


def _again(features, target):
    return style_transfer.style_loss(features, target / features[0, 0].numel())


def _place_by_place(features, target):
    flat = features.flatten(2)
    return flat.transpose(1, 2) @ flat


def _mean_of_places(features, target):
    return (features.mean(dim=(2, 3)).square().sum(dim=1) - target.sum(dim=(1, 2))).square()


EXERCISE = Exercise(
    style_transfer.style_loss,
    cases=(
        Case("two channels by hand", _by_hand, random=False),
        Case("one image, and its gradient", _pair(1, 1, 4, (3, 5), (3, 5)), observe=with_gradient),
        Case("a painting of another size", _pair(1, 1, 3, (4, 4), (7, 9))),
        Case("three images, each with its own painting", _pair(3, 3, 5, (2, 6), (3, 3))),
        Case("three images, one painting", _pair(3, 1, 4, (5, 2), (4, 4))),
        Case("double precision", _pair(2, 2, 3, (3, 4), (5, 5), torch.float64)),
    ),
    mistakes=(
        Mistake("Gram matrix as it is", _with(positions=lambda f: 1),
                "you compared a plain sum over all positions with a target that is a mean over them. The image's Gram "
                "matrix has to be divided by the image's own number of positions."),
        Mistake("divided twice", _with(constant=lambda f: 4 * f.shape[1] ** 2 * f[0, 0].numel() ** 2),
                "you divided by the number of positions in the Gram matrix, and by its square once more at the end. "
                "Everything has been divided twice."),
        Mistake("the painting divided again", _again,
                "in effect your target is divided by the positions, too: by itself, or because the whole difference is "
                "divided by them, as in the paper's formula for two plain sums. It comes divided already; only your "
                "own Gram matrix is not."),
        Mistake("divided by channels too", _with(positions=lambda f: f[0].numel()),
                "you divided the Gram matrix by C · H · W. The target was divided by its positions only, so the two "
                "no longer measure the same thing."),
        Mistake("channels not squared", _with(constant=lambda f: 4 * f.shape[1]),
                "you divided by 4 · C. A Gram matrix has C² elements, and C² is what stands in the equation."),
        Mistake("4 left out", _with(constant=lambda f: f.shape[1] ** 2),
                "the 4 is missing from the denominator. It does no more than scale, but the paper's numbers have it."),
        Mistake("magnitudes", _with(measure=lambda d: d.abs().sum(dim=(1, 2))),
                "you added up magnitudes of the differences. Asked are their squares."),
        Mistake("summed over the images", lambda f, t: style_transfer.style_loss(f, t).sum(),
                "you added up the losses of all images. Each has its own: (N,)."),
        Mistake("diagonal only", _with(measure=lambda d: d.diagonal(dim1=1, dim2=2).square().sum(dim=1)),
                "you compared the diagonals only: how strong each channel is. Which channels are strong *together* is "
                "in the rest of the matrix."),
        Mistake("features detached", lambda f, t: style_transfer.style_loss(f.detach(), t),
                "the values are right, but there is no gradient by the features: the picture would stay as it is."),
    ),
    points=2,
    success="The painting may now have any size. Which size it has matters all the same, as you will see.",
)  # fmt: skip
