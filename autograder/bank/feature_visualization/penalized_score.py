from autograder import observe, observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, normal, uniform, whole
from lib import feature_visualization


class _Swapped:
    """The function with its first two arguments exchanged, so that an observer finds the offsets first."""

    def __init__(self, function):
        self.function = function

    def __call__(self, offsets, network, class_index, decay):
        return self.function(network, offsets, class_index, decay)


def _with_gradient(function, inputs):
    net, offsets, *others = inputs
    return observe_results.with_gradient(_Swapped(function), (offsets, net, *others))


def _scored(n, height, width, decay, size=0.3):
    def inputs(g):
        price = decay * (0.5 + float(uniform(g, 1)))
        return network(g), size * normal(g, n, 3, height, width), int(whole(g, 0, 4, 1)), price

    return inputs


def _score_and(price, value=lambda scores, c: scores[:, c], gray=0.5):
    """The class's value less a price that is computed otherwise."""

    def wrong(net, offsets, class_index, decay):
        return value(net(gray + offsets), class_index) - price(offsets, decay)

    return wrong


def _squares(offsets, decay):
    return decay * offsets.square().sum(dim=(1, 2, 3))


EXERCISE = Exercise(
    feature_visualization.penalized_score,
    cases=(
        Case("one image of 8 × 8 pixels", _scored(1, 8, 8, 0.05), observe=_with_gradient),
        Case("three images, wider than tall", _scored(3, 6, 9, 0.1), observe=_with_gradient),
        Case("two images, no price", _scored(2, 8, 6, 0.0), observe=observe.on_network),
        Case("two faint images, a high price", _scored(2, 7, 7, 1.0, 0.1), observe=_with_gradient),
    ),
    mistakes=(
        Mistake("softmax", _score_and(_squares, lambda scores, c: scores.softmax(1)[:, c]),
                "you climb the probability. It also grows when all other classes shrink, and where it is near 0 or 1 "
                "its gradient is nearly nothing; Simonyan et al. take the score itself."),
        Mistake("log-softmax", _score_and(_squares, lambda scores, c: scores.log_softmax(1)[:, c]),
                "you took the logarithm of the probability, the negative of a training loss. It can be raised by "
                "pushing other classes down; the score is about this class alone."),
        Mistake("penalty with the wrong sign", _score_and(lambda x, decay: -_squares(x, decay)),
                "your penalty is a reward: the larger the offsets, the higher the value, so the ascent runs off to "
                "black and white. What you do not want has to be taken off."),
        Mistake("norm not squared", _score_and(lambda x, decay: decay * x.flatten(1).norm(dim=1)),
                "you subtracted the norm and not its square. The square presses hardest on the largest offsets; the "
                "norm presses on all of them alike."),
        Mistake("mean of the squares", _score_and(lambda x, decay: decay * x.square().mean(dim=(1, 2, 3))),
                "right up to how the squares are put together: you took their mean. The formula adds them up, over "
                "colors and pixels."),
        Mistake("absolute values", _score_and(lambda x, decay: decay * x.abs().sum(dim=(1, 2, 3))),
                "your penalty adds up magnitudes, an L1 norm. The one in the formula is L2: squares."),
        Mistake("whole batch in one penalty", _score_and(lambda x, decay: decay * x.square().sum()),
                "every image pays for the whole batch. Each has its own offsets and its own price."),
        Mistake("gray forgotten", _score_and(_squares, gray=0.0),
                "you showed the offsets themselves to the network, so that no offset means black. An offset is what is "
                "added to middle gray, 0.5."),
        Mistake("penalty on the image", _score_and(lambda x, decay: _squares(0.5 + x, decay)),
                "you penalized the whole image, gray included. Then black is cheapest; here gray must cost nothing."),
    ),
    points=1,
    success="A hill whose top is worth looking for. Now climb it.",
)  # fmt: skip
