import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import gradient_attacks


def _slopes(*shape, norm, scale=1.0, dtype=torch.float32, flat=False):
    def inputs(g):
        gradients = scale * normal(g, *shape, dtype=dtype)
        if flat:
            gradients[1] = 0
            gradients[0, 0, 0, 0] = 0
        return gradients, norm

    return inputs


def _by_hand(norm):
    return lambda g: (torch.tensor([[[[3.0, 0.0, -4.0]]]]), norm)


def _lengths(gradients, power=2):
    return gradients.flatten(1).norm(p=power, dim=1).view(-1, 1, 1, 1)


def _over(divisor):
    """The wrong answer that divides by `divisor(gradients)` for the length 2, and is right for the other norm."""

    def wrong(gradients, norm):
        if norm == torch.inf:
            return gradients.sign()
        return (gradients / divisor(gradients)).nan_to_num(0.0)

    return wrong


def _zero_by_zero(gradients, norm):
    return gradients.sign() if norm == torch.inf else gradients / _lengths(gradients)


def _no_zero(gradients, norm):
    if norm == torch.inf:
        return torch.where(gradients >= 0, 1.0, -1.0).to(gradients)
    return gradient_attacks.steepest_direction(gradients, norm)


def _scaled_to_the_largest(gradients, norm):
    if norm == torch.inf:
        return gradients / gradients.abs().amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-30)
    return gradient_attacks.steepest_direction(gradients, norm)


EXERCISE = Exercise(
    gradient_attacks.steepest_direction,
    cases=(
        Case("three slopes by hand, the largest change counts", _by_hand(torch.inf), random=False),
        Case("three slopes by hand, the length counts", _by_hand(2), random=False),
        Case("a batch of 3, the largest change counts", _slopes(3, 3, 4, 5, norm=torch.inf)),
        Case("a batch of 3, the length counts", _slopes(3, 3, 4, 5, norm=2)),
        Case("very small slopes", _slopes(2, 1, 4, 4, norm=2, scale=1e-6)),
        Case("an image without any slope, the length counts", _slopes(2, 3, 3, 3, norm=2, flat=True)),
        Case("an image without any slope, the largest change counts", _slopes(2, 3, 3, 3, norm=torch.inf, flat=True)),
        Case("double precision", _slopes(2, 3, 2, 4, norm=2, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("signs for both norms", lambda g, norm: g.sign(),
                "you took the signs for the norm 2 as well. There a change is paid for by its square, so a pixel with "
                "a small slope is worth only a small change."),
        Mistake("unit length for both norms", lambda g, norm: gradient_attacks.steepest_direction(g, 2),
                "you gave the direction the length 1 for the norm ∞ as well. There each value may go all the way, "
                "whatever the others do; what should it do then?"),
        Mistake("scaled to the largest", _scaled_to_the_largest,
                "you divided by the largest slope. That is of size 1, but not steepest: every value whose change is "
                "smaller than allowed gives something away."),
        Mistake("no direction is zero", _no_zero,
                "where the slope is exactly 0 you go up or down all the same. There is nothing to gain, so the "
                "change is 0."),
        Mistake("length of the whole batch", _over(lambda g: g.norm()),
                "you divided by the length of the whole batch. Each image has a direction of length 1 of its own."),
        Mistake("length of each channel", _over(lambda g: g.norm(dim=(2, 3), keepdim=True)),
                "you gave each channel the length 1. The length of an image is over all of its values together."),
        Mistake("root forgotten", _over(lambda g: _lengths(g) ** 2),
                "for the norm 2 you divided by the sum of the squares. Its root is missing."),
        Mistake("sum of magnitudes", _over(lambda g: _lengths(g, 1)),
                "you divided by the sum of the magnitudes. That is another norm, the 1."),
        Mistake("a large number added to the length", _over(lambda g: _lengths(g) + 1e-5),
                "what you add to the length against a division by zero is as large as the length itself where slopes "
                "are small. A network that is sure has such slopes; guard only the zero."),
        Mistake("a small number added to the length", _over(lambda g: _lengths(g) + 1e-8),
                "where slopes are very small, your directions come out shorter than 1. What you add to the length "
                "against a division by zero looks like nothing, but the slopes of a sure network are no larger; leave "
                "every length but 0 as it is."),
        Mistake("zero by zero", _zero_by_zero,
                "an image whose slopes are all 0 gives 0 / 0. It has no direction; its change is 0."),
    ),
    points=2,
    success="Now you know where the sign in the next exercise comes from.",
)  # fmt: skip
