import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import saliency

INFINITE = float("inf")


def _by_hand(rule):
    x = torch.tensor([[2.0, -3, 0], [-1, 4, 1]])
    upstream = torch.tensor([[-2.0, 5, 3], [-4, 6, -1]])
    return lambda g: (x.clone(), upstream.clone(), rule, INFINITE)


def _random(rule, *shape, scale=1.0, ceiling=INFINITE, dtype=torch.float32):
    return lambda g: (scale * normal(g, *shape, dtype=dtype), normal(g, *shape, dtype=dtype), rule, ceiling)


def _by(**passes):
    """The rules with some of their conditions replaced; each is a function of (x, upstream, ceiling)."""

    def wrong(x, upstream, rule, ceiling=INFINITE):
        if rule in passes:
            return upstream * passes[rule](x, upstream, ceiling)
        return saliency.relu_backward(x, upstream, rule, ceiling)

    return wrong


def _forward(x, upstream, ceiling):
    return (x > 0) & (x < ceiling)


def _positive(x, upstream, ceiling):
    return upstream > 0


def _both(x, upstream, ceiling):
    return _forward(x, upstream, ceiling) & (upstream > 0)


def _at_zero(x, upstream, ceiling):
    return (x >= 0) & (x < ceiling)


def _either(x, upstream, ceiling):
    return _forward(x, upstream, ceiling) | (upstream > 0)


def _mask_only(x, upstream, rule, ceiling=INFINITE):
    return saliency.relu_backward(x, upstream, rule, ceiling) != 0


def _activation_passed(x, upstream, rule, ceiling=INFINITE):
    return x * (saliency.relu_backward(x, upstream, rule, ceiling) != 0)


EXERCISE = Exercise(
    saliency.relu_backward,
    cases=(
        Case("six values by hand, plain", _by_hand("plain"), random=False),
        Case("six values by hand, deconvnet", _by_hand("deconvnet"), random=False),
        Case("six values by hand, guided", _by_hand("guided"), random=False),
        Case("maps of a layer, plain", _random("plain", 2, 3, 4, 5)),
        Case("maps of a layer, deconvnet", _random("deconvnet", 2, 3, 4, 5)),
        Case("maps of a layer, guided", _random("guided", 2, 3, 4, 5)),
        Case("a ReLU6, plain", _random("plain", 40, scale=6.0, ceiling=6.0)),
        Case("a ReLU6, guided, double precision", _random("guided", 5, 8, scale=6.0, ceiling=6.0, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("guided without the forward mask", _by(guided=_positive),
                "your guided rule forgot the way forward: it lets a positive gradient through a ReLU that was off. "
                "Guided means both conditions, that of the gradient and that of the deconvnet."),
        Mistake("guided with either condition", _by(guided=_either),
                "your guided rule lets through what meets one of the two conditions. Both have to hold."),
        Mistake("guided is plain", _by(guided=_forward),
                "your guided rule is backpropagation: negative gradients still pass. They should not."),
        Mistake("deconvnet is guided", _by(deconvnet=_both),
                "your deconvnet remembers which ReLUs were on. It does not: it rectifies what comes from above, "
                "whatever went on forward."),
        Mistake("plain and deconvnet exchanged", _by(plain=_positive, deconvnet=_forward),
                "plain and deconvnet have changed places. A derivative knows what went into the ReLU and takes "
                "gradients of either sign."),
        Mistake("open at zero", _by(plain=_at_zero, guided=lambda x, u, c: _at_zero(x, u, c) & (u > 0)),
                "at x = 0 you let the gradient pass. The slope there is a matter of convention; everybody's, PyTorch's "
                "too, is that it is closed."),
        Mistake("ceiling ignored", lambda x, u, r, c=INFINITE: saliency.relu_backward(x, u, r),
                "a ReLU6 above six is flat, so nothing passes there. You left the ceiling out."),
        Mistake("the mask itself", _mask_only,
                "you returned where something passes, not what. The gradient keeps its value."),
        Mistake("activation in place of gradient", _activation_passed,
                "you let the ReLU's own input through. What travels down is the gradient from above; x only "
                "decides whether it may."),
    ),
    points=2,
    success="Three rules, one line apart. Everything you see below comes from that line.",
)  # fmt: skip
