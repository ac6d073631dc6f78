import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import variational_autoencoder as reference


def _clouds(n, codes, dtype=torch.float32, wide=1.0):
    return lambda g: (normal(g, n, codes, dtype=dtype), wide * normal(g, n, codes, dtype=dtype))


def _by_hand(g):
    return torch.tensor([[0.0, 0], [2, 0]]), torch.tensor([[0.0, 0], [0, 0]])


def _narrow(g):
    return normal(g, 3, 4), -40 + normal(g, 3, 4)


def _kl(mean, log_variance, square=True, variance=torch.exp, log=1.0, one=1.0, half=0.5, sign=1.0):
    terms = (mean**2 if square else mean.abs()) + variance(log_variance) - log * log_variance - one
    return sign * half * terms.sum(dim=1)


def _the_other_way(mean, log_variance):
    """KL(N(0, 1) ‖ q)."""
    return 0.5 * ((1 + mean**2) / log_variance.exp() + log_variance - 1).sum(dim=1)


EXERCISE = Exercise(
    reference.gaussian_kl,
    cases=(
        Case("the standard cloud, and one that is 2 away, by hand", _by_hand, random=False),
        Case("one image", _clouds(1, 3)),
        Case("a batch of 5", _clouds(5, 4)),
        Case("very narrow clouds", _narrow),
        Case("one number", _clouds(3, 1)),
        Case("the gradient by the mean, double precision", _clouds(2, 3, torch.float64), observe=with_gradient),
    ),
    mistakes=(
        Mistake("the sign turned", lambda m, v: -reference.gaussian_kl(m, v),
                "yours is never positive: it is the negative of the divergence, as it stands in the paper's bound, "
                "which is maximized. In a loss it has to be positive, or training would drive all clouds away from "
                "the standard one."),
        Mistake("log variance with the wrong sign", lambda m, v: _kl(m, v, log=-1.0),
                "the logarithm has the wrong sign. With yours, the best clouds are infinitely narrow; it is the "
                "logarithm that keeps them open."),
        Mistake("the half left out", lambda m, v: _kl(m, v, half=1.0),
                "yours is twice as large: a half stands before the sum."),
        Mistake("the one left out", lambda m, v: _kl(m, v, one=0.0),
                "the standard cloud should cost nothing, and in yours it costs a half for every number of the code."),
        Mistake("log variance taken for the logarithm of the deviation",
                lambda m, v: _kl(m, v, variance=lambda x: (2 * x).exp(), log=2.0),
                "you took the second argument for the logarithm of σ. It is that of σ²."),
        Mistake("deviation in place of variance", lambda m, v: _kl(m, v, variance=lambda x: (x / 2).exp()),
                "in the sum stands the variance, σ². You have the deviation there, σ."),
        Mistake("variance not exponentiated", lambda m, v: 0.5 * (m**2 + v - v.abs().log() - 1).sum(dim=1),
                "you took the second argument for the variance itself. It is the logarithm, so that a network may "
                "give any number."),
        Mistake("mean not squared", lambda m, v: _kl(m, v, square=False),
                "the means enter with their magnitudes. It is their squares."),
        Mistake("averaged over the code", lambda m, v: reference.gaussian_kl(m, v) / m.shape[1],
                "you took the mean over the numbers of a code. The divergence of independent numbers is the sum."),
        Mistake("summed over the batch", lambda m, v: reference.gaussian_kl(m, v).sum(),
                "you have one number for all images. Each image has a cloud of its own."),
        Mistake("the other divergence", _the_other_way,
                "you measured how much the standard cloud differs from that of the image. The divergence is not "
                "symmetric: the image's cloud comes first."),
    ),
    points=2,
    success="Zero for the standard cloud, and more for any other: the price of being somewhere in particular.",
)  # fmt: skip
