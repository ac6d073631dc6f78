import torch

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import smooth_network, uniform, weighted_sums, whole
from lib import fooling_image


def _noise(n, height, width, step_length, steps):
    def inputs(g):
        network = smooth_network(g).requires_grad_(False)
        start = uniform(g, n, 3, height, width).double()
        return network, start, int(whole(g, 0, 3, 1)), step_length, steps

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[3.0, 0.0], [0.0, 4.0]]), torch.zeros(2))
    return network, torch.tensor([[[[0.1, 0.9]]]]), 0, 0.5, 1


def _no_slope(g):
    """A network that gives every image the same scores."""
    return weighted_sums(torch.zeros(3, 12), torch.tensor([0.0, 1.0, 2.0])), uniform(g, 1, 3, 2, 2), 1, 0.5, 2


def _climb(value=lambda scores, target: scores.log_softmax(dim=1)[:, target], size=None, each=lambda x: x.clamp(0, 1),
           end=lambda x: x, frozen=False, fewer=0):  # fmt: skip
    """The climb with one of its parts replaced; `size(gradient)` is what the gradient is divided by."""

    def wrong(network, start, target, step_length, steps):
        images = start
        for _ in range(steps - fewer):
            pixels = (start if frozen else images).clone().requires_grad_()
            (gradient,) = torch.autograd.grad(value(network(pixels), target).sum(), pixels)
            lengths = gradient.flatten(1).norm(dim=1).view(-1, 1, 1, 1) if size is None else size(gradient)
            images = each(images + step_length * gradient / torch.as_tensor(lengths).clamp(min=1e-30))
        return end(images)

    return wrong


EXERCISE = Exercise(
    fooling_image.fooling_image,
    cases=(
        Case("two pixels and one step by hand", _by_hand, random=False, observe=observe_attacks.attacking),
        Case("one image, one step", _noise(1, 4, 4, 0.3, 1), observe=observe_attacks.attacking),
        Case("one image, six steps", _noise(1, 4, 5, 0.4, 6), observe=observe_attacks.attacking),
        Case("a batch of 3, four steps", _noise(3, 5, 3, 0.5, 4), observe=observe_attacks.attacking),
        Case("a network that does not look", _no_slope, observe=observe_attacks.attacking),
    ),
    mistakes=(
        Mistake("down", _climb(lambda z, c: -z.log_softmax(dim=1)[:, c]),
                "your class gets less and less probable. You go down; the logarithm of its probability is to grow."),
        Mistake("score in place of the probability", _climb(lambda z, c: z[:, c]),
                "you climb the score of the class. Other classes may grow along with it, and the probability stays "
                "where it is; it has to win against them."),
        Mistake("length of the batch", _climb(size=lambda g: g.norm()),
                "you divided by the length of the gradients of all images together. Each image takes steps of its "
                "own."),
        Mistake("length left out", _climb(size=lambda g: torch.ones(())),
                "you used the gradient as long as it is. It is tiny where the network is sure; here all steps have the "
                "same length."),
        Mistake("signs", _climb(size=lambda g: g.abs().clamp(min=1e-30)),
                "you took the signs of the gradient. Here it is the length of the whole step that is given; each value "
                "goes in proportion to its slope."),
        Mistake("out of range on the way", _climb(each=lambda x: x, end=lambda x: x.clamp(0, 1)),
                "you cut off the colors once, at the end. On the way the network sees what is no image, and the next "
                "gradients are for that."),
        Mistake("never cut off", _climb(each=lambda x: x),
                "some of your values are no colors. After each step, cut off below 0 and above 1."),
        Mistake("slope of the start", _climb(frozen=True),
                "all your steps go in the first direction. Ask the network anew, with what you have by then."),
        Mistake("stopped early", _climb(fewer=1),
                "you take one step less than asked. Count the changes of the image, not the looks at it."),
    ),
    points=2,
    builds_on=("steepest_direction",),
    success="It is sure, and there is nothing to be seen.",
)  # fmt: skip
