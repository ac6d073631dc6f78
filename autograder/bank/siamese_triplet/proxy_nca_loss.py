import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import proxy_nca


def _distances(samples, classes, dtype=torch.float32, scale=1.0):
    def inputs(g):
        points, proxies = normal(g, samples, 3, dtype=dtype), normal(g, classes, 3, dtype=dtype)
        squared = scale * (points[:, None] - proxies).square().sum(dim=2)
        return squared, whole(g, 0, classes - 1, samples)

    return inputs


def _by_hand(g):
    return torch.tensor([[1.0, 2.0, 3.0], [0.0, 1.0, 0.5]]), torch.tensor([0, 2])


def _with(sign=-1.0, mean=False, root=False, others=True, flip=1.0):
    def wrong(squared, labels):
        own = torch.arange(squared.shape[1]) == labels[:, None]
        values = squared.clamp(min=1e-12).sqrt() if root else squared
        exponents = sign * values
        exponents = exponents.masked_fill(own, -torch.inf) if others else exponents
        total = exponents.logsumexp(dim=1)
        if mean:
            total = total - torch.log(torch.tensor(float(squared.shape[1] - 1)))
        return flip * (values[own] + total)

    return wrong


def _bare(squared, labels):
    own = torch.arange(squared.shape[1]) == labels[:, None]
    powers = (-squared).exp()
    return -(powers[own] / powers.masked_fill(own, 0).sum(dim=1)).log()


def _powers_added(squared, labels):
    own = torch.arange(squared.shape[1]) == labels[:, None]
    return squared[own] + (-squared).exp().masked_fill(own, 0).sum(dim=1).log()


def _zero_for_the_own(squared, labels):
    own = torch.arange(squared.shape[1]) == labels[:, None]
    return squared[own] + (-squared).masked_fill(own, 0).logsumexp(dim=1)


def _subtracted(squared, labels):
    own = torch.arange(squared.shape[1]) == labels[:, None]
    return squared[own] - (-squared).masked_fill(own, -torch.inf).logsumexp(dim=1)


def _nearest_other(squared, labels):
    own = torch.arange(squared.shape[1]) == labels[:, None]
    return squared[own] - squared.masked_fill(own, torch.inf).amin(dim=1)


EXERCISE = Exercise(
    proxy_nca.proxy_nca_loss,
    cases=(
        Case("two samples, three proxies, by hand", _by_hand, random=False),
        Case("6 samples, 4 proxies, with the gradient", _distances(6, 4), observe=observe_results.with_gradient),
        Case("two classes", _distances(5, 2)),
        Case("distances in the thousands", _distances(4, 5, scale=2000.0)),
        Case("one sample, many proxies", _distances(1, 30)),
        Case("double precision", _distances(3, 6, torch.float64)),
    ),
    mistakes=(
        Mistake("positive proxy in the denominator", _with(others=False),
                "the own class's proxy is in the denominator too. That is a softmax, and a fine loss, but not this "
                "one: the sum runs over all other proxies."),
        Mistake("exponents with the wrong sign", _with(sign=1.0),
                "the exponents have the wrong sign. Then the farthest proxy has the most to say; near ones should."),
        Mistake("logarithm without its minus", _with(flip=-1.0),
                "the sign of the whole loss is wrong: it falls when the sample moves away from its own proxy."),
        Mistake("mean over the other proxies", _with(mean=True),
                "you took the mean over the other proxies. It is a sum; they differ by a constant only, but it is in "
                "the number."),
        Mistake("distances to proxies not squared", _with(root=True),
                "you took roots. The distances come squared, and stay so."),
        Mistake("powers that vanish", _bare,
                "right for small distances, but exp(−1000) is zero in a computer, and the quotient of two such zeros "
                "is no number. Take logarithms before that happens."),
        Mistake("logarithm of nothing", _powers_added,
                "you are right while distances are small. In the thousands every power is rounded to zero, and your "
                "logarithm of their sum is minus infinity; sum and logarithm must be taken in one, or after a shift."),
        Mistake("zero for the own proxy", _zero_for_the_own,
                "in effect the own proxy is masked by a zero in the exponent. But exp(0) is 1, as if a proxy lay on "
                "the sample; an exponent that shall add nothing is far below all others."),
        Mistake("logarithm subtracted", _subtracted,
                "you subtract the logarithm of the sum. The minus in front of the logarithm turns the quotient over, "
                "so what stood below comes in with a plus."),
        Mistake("nearest other proxy only", _nearest_other,
                "only the nearest other proxy counts in your loss. All of them do, each the more the nearer it is."),
        Mistake("mean over the samples", lambda *inputs: proxy_nca.proxy_nca_loss(*inputs).mean(),
                "you took the mean over the samples. One loss for each."),
    ),
    points=2,
    success="No triplet was harmed, and none was looked for.",
)  # fmt: skip
