import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import gram_matrix


def _grams(images, samples, channels, positions, dtype=torch.float32):
    def inputs(g):
        flat = normal(g, images + samples, channels, positions, dtype=dtype).relu()
        grams = flat @ flat.transpose(1, 2)
        return grams[:images], grams[images:], positions

    return inputs


def _by_hand(g):
    return torch.tensor([[[1.0, 2.0], [2.0, 5.0]]]), torch.tensor([[[0.0, 2.0], [2.0, 1.0]]]), 3


def _constant(divisor):
    """The wrong answer that divides the sum of squares by `divisor(channels, positions)`."""

    def wrong(gram, target, positions):
        return (gram - target).square().sum(dim=(1, 2)) / divisor(gram.shape[1], positions)

    return wrong


def _images(gram, target, positions):
    return (gram - target).square().sum(dim=(1, 2)) / (4 * len(gram) ** 2 * positions**2)


def _without_parentheses(gram, target, positions):
    return (gram - target).square().sum(dim=(1, 2)) / 4 * gram.shape[1] ** 2 * positions**2


def _norm(gram, target, positions):
    return (gram - target).norm(dim=(1, 2)) / (4 * gram.shape[1] ** 2 * positions**2)


def _square_of_the_sum(gram, target, positions):
    return (gram - target).sum(dim=(1, 2)) ** 2 / (4 * gram.shape[1] ** 2 * positions**2)


def _size(gram, target, positions):
    return (gram - target).abs().sum(dim=(1, 2)) / (4 * gram.shape[1] ** 2 * positions**2)


def _twice(gram, target, positions):
    return gram_matrix.layer_loss(gram / positions, target / positions, positions)


def _twice_by_all(gram, target, positions):
    count = gram.shape[1] * positions
    return gram_matrix.layer_loss(gram / count, target / count, positions)


EXERCISE = Exercise(
    gram_matrix.layer_loss,
    cases=(
        Case("two channels by hand", _by_hand, random=False),
        Case("one image, and its gradient", _grams(1, 1, 4, 6), observe=with_gradient),
        Case("three images, each with its own sample", _grams(3, 3, 5, 7)),
        Case("three images, one sample", _grams(3, 1, 3, 5)),
        Case("double precision", _grams(2, 2, 3, 4, torch.float64)),
    ),
    mistakes=(
        Mistake("normalized twice", _twice,
                "you divided both Gram matrices by the number of positions, and the loss by its square as well. So "
                "everything is divided twice. The constants come in once."),
        Mistake("normalized twice, by channels too", _twice_by_all,
                "you divided both Gram matrices by C · M and then used Gatys's constants on top. So everything is "
                "divided twice. His G is a plain sum, and the constants come in once."),
        Mistake("number of images in the constants", _images,
                "the number of images stands in your constants, where the number of channels belongs. That is what "
                "Gatys calls N; how many images are in the batch must not change their losses."),
        Mistake("mean of the squares", _constant(lambda c, m: 4 * c**4 * m**2),
                "you took the mean of the C² squares, and divided by C² once more. The constants already contain "
                "the C²; the squares are summed."),
        Mistake("channels not squared", _constant(lambda c, m: 4 * c * m**2),
                "the number of channels enters your constant once. A Gram matrix has C² elements; the paper has N²."),
        Mistake("positions not squared", _constant(lambda c, m: 4 * c**2 * m),
                "the number of positions enters your constant once. Each element of G is a sum over the positions, and "
                "it is squared; so M is squared as well."),
        Mistake("neither of them squared", _constant(lambda c, m: 4 * c * m),
                "neither the channels nor the positions are squared in your constant. The formula has the squares of "
                "both, because the differences are squared as well."),
        Mistake("parentheses missing", _without_parentheses,
                "in effect you divide by 4 and multiply by the rest. `/` and `*` are worked off from left to right, so "
                "a product that divides needs parentheses."),
        Mistake("plain mean", _constant(lambda c, m: c**2),
                "this is the plain mean of the squared differences. It makes up for the number of channels; the "
                "positions and the 4 are missing."),
        Mistake("constants left out", _constant(lambda c, m: 1),
                "this is the plain sum of squares. Without the constants a layer with many positions outweighs all "
                "the others: divide as the formula says."),
        Mistake("the 4 left out", _constant(lambda c, m: c**2 * m**2),
                "a factor of 4 is missing in the denominator. It only makes the gradient look nicer, but it is in the "
                "formula."),
        Mistake("summed over the images", lambda *inputs: gram_matrix.layer_loss(*inputs).sum(),
                "you have one number for the whole batch. Each image has a loss of its own: (N,)."),
        Mistake("differences not squared", _size,
                "you took the magnitudes of the differences. The loss is about their squares."),
        Mistake("root taken", _norm,
                "you took a root of the sum of squares, as a norm does. The loss is that sum itself, with its "
                "constants."),
        Mistake("square of the sum", _square_of_the_sum,
                "you summed the differences and squared their sum. Differences of opposite sign cancel in it: square "
                "each one, then sum."),
        Mistake("no gradient", lambda g, t, m: gram_matrix.layer_loss(g.detach(), t, m),
                "the values are right, but no gradient comes back to the Gram matrices: `item`, `detach` and "
                "`torch.tensor(...)` make new numbers that know nothing of where they came from."),
    ),
    points=2,
    success="One number says how far a layer is from having seen the sample.",
)  # fmt: skip
