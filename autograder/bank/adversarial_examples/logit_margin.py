import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import gradient_masking


def _scores(n, classes, scale=1.0, shift=0.0, dtype=torch.float32):
    def inputs(g):
        return scale * normal(g, n, classes, dtype=dtype) + shift, whole(g, 0, classes - 1, n)

    return inputs


def _by_hand(g):
    return torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]]), torch.tensor([0, 1])


def _negative(size, dtype=torch.float32):
    def inputs(g):
        scores = -size * (1 + normal(g, 6, 4, dtype=dtype).abs())
        labels = scores.argmax(dim=1)
        labels[-1] = scores[-1].argmin()
        return scores, labels

    return inputs


def _own(scores, labels):
    return scores.gather(1, labels[:, None])[:, 0]


def _masked(scores, labels, value):
    return scores.scatter(1, labels[:, None], value)


def _multiplied(scores, labels):
    keep = 1 - torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores)
    return _own(scores, labels) - (scores * keep).amax(dim=1)


def _constant(scores, labels):
    hot = torch.nn.functional.one_hot(labels, scores.shape[1]).to(scores)
    return _own(scores, labels) - (scores - 1e4 * hot).amax(dim=1)


def _two_best(scores, labels):
    best = scores.topk(2, dim=1).values
    return best[:, 0] - best[:, 1]


EXERCISE = Exercise(
    gradient_masking.logit_margin,
    cases=(
        Case("three classes by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("five images", _scores(5, 6), observe=observe_results.with_gradient),
        Case("scores that are all negative", _negative(1.0), observe=observe_results.with_gradient),
        Case("enormous scores", _scores(8, 5, scale=1e15, dtype=torch.float64),
             observe=observe_results.with_gradient),
        Case("enormous scores, all negative", _negative(1e15, torch.float64), observe=observe_results.with_gradient),
        Case("two classes", _scores(4, 2, shift=-3.0), observe=observe_results.with_gradient),
        Case("ten classes, double precision", _scores(7, 10, dtype=torch.float64),
             observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("a constant in the label's place", lambda z, y: _own(z, y) - _masked(z, y, -1e4).amax(dim=1),
                "the number that you put in the place of the label's score is low, but there are networks whose scores "
                "are all lower still, and then it is the largest of the others. No finite number will do."),
        Mistake("own score multiplied away", _multiplied,
                "you multiplied the label's score by 0 to take it out. Where all others are negative, that 0 is the "
                "largest of them; what can never be the largest?"),
        Mistake("a constant taken off", _constant,
                "you took a large constant off the label's score. There are networks whose scores are larger; only one "
                "number is below all others."),
        Mistake("label among the others", lambda z, y: _own(z, y) - z.amax(dim=1),
                "the label's own score is among the others in yours, so the margin is never positive."),
        Mistake("sign of the attacker", lambda z, y: _masked(z, y, -torch.inf).amax(dim=1) - _own(z, y),
                "yours is positive where the network is wrong. The margin says by how much the right class wins."),
        Mistake("of probabilities", lambda z, y: _own(z.softmax(1), y) - _masked(z.softmax(1), y, -1.0).amax(dim=1),
                "you compare probabilities. Their softmax is the very thing that saturates; the margin is one of "
                "scores."),
        Mistake("mean of the others", lambda z, y: _own(z, y) - (z.sum(dim=1) - _own(z, y)) / (z.shape[1] - 1),
                "you compared with the mean of the others. The network answers with the strongest; that one must be "
                "beaten."),
        Mistake("the two best", _two_best,
                "this is the distance between the two best classes, whichever they are. Where the network is wrong it "
                "should be negative; the label says whose margin it is."),
        Mistake("cut off at zero", lambda z, y: (_own(z, y) - _masked(z, y, -torch.inf).amax(dim=1)).clamp(min=0),
                "you cut off at 0. That belongs into a loss; the margin itself tells also by how much a class lost."),
    ),
    points=2,
    success="A loss with a slope, however sure the softmax is.",
)  # fmt: skip
