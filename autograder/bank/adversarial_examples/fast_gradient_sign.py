import torch
from torch.nn import functional as F

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import smooth_network, uniform, weighted_sums, whole
from lib import gradient_attacks


def _images(n, height, width, epsilon, training=False, contrast=1.0):
    def inputs(g):
        network = smooth_network(g).train(training)
        images = 0.5 + contrast * (uniform(g, n, 3, height, width).double() - 0.5)
        return network, images.clamp(0, 1), whole(g, 0, 3, n), epsilon

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[1.0, 0.0, -2.0], [-1.0, 0.0, 2.0]]), torch.zeros(2))
    return network, torch.tensor([[[[0.5, 0.5, 1.0]]]]), torch.tensor([0]), 0.1


def _step(change, end=lambda x: x.clamp(0, 1), gradient=gradient_attacks.loss_gradient):
    """The step with another change: a function of the gradient, ε and the network."""

    def wrong(network, images, labels, epsilon):
        return end(images + change(gradient(network, images, labels), epsilon, network))

    return wrong


def _normalized(gradient, epsilon, network):
    deviation = getattr(network[0], "std", torch.full((1,), 0.25))
    return epsilon * deviation * gradient.sign()


def _perturbation(network, images, labels, epsilon):
    return epsilon * gradient_attacks.loss_gradient(network, images, labels).sign()


def _training(network, images, labels):
    pixels = images.clone().requires_grad_()
    return torch.autograd.grad(F.cross_entropy(network.train()(pixels), labels), pixels)[0]


EXERCISE = Exercise(
    gradient_attacks.fast_gradient_sign,
    cases=(
        Case("three pixels by hand", _by_hand, random=False, observe=observe_attacks.attacking),
        Case("one image, four gray levels", _images(1, 4, 4, 4 / 255), observe=observe_attacks.attacking),
        Case("a batch of 3, a large ε", _images(3, 3, 5, 0.3), observe=observe_attacks.attacking),
        Case("black and white images", _images(2, 4, 4, 0.1, contrast=100.0), observe=observe_attacks.attacking),
        Case("a network in training mode", _images(3, 4, 4, 0.05, training=True), observe=observe_attacks.attacking),
    ),
    mistakes=(
        Mistake("down the loss", _step(lambda d, e, n: -e * d.sign()),
                "your images are easier than before: you went down the loss. That is what training wants; the attack "
                "wants the opposite."),
        Mistake("the gradient itself", _step(lambda d, e, n: e * d),
                "you added ε times the gradient. Only its signs count here: ε is how far every value goes, not a "
                "rate."),
        Mistake("colors out of range", _step(lambda d, e, n: e * d.sign(), end=lambda x: x),
                "some of your values are below 0 or above 1. Those are no colors; what a camera cannot deliver is no "
                "attack."),
        Mistake("ε in normalized space", _step(_normalized),
                "your steps are ε times the deviation of each channel: that is ε in units of normalized values. The "
                "network normalizes by itself, and ε is in the units of the pixels that it is given."),
        Mistake("ε in gray levels", _step(lambda d, e, n: e / 255 * d.sign()),
                "your changes are 255 times too small. ε is given in the units of the pixels, from 0 to 1 already."),
        Mistake("range from −1 to 1", _step(lambda d, e, n: e * d.sign(), end=lambda x: x.clamp(-1, 1)),
                "you cut off at −1, as for normalized values. Black is 0 here."),
        Mistake("only the perturbation", _perturbation,
                "you hand out the perturbation. Asked for is the attacked image."),
        Mistake("network left in training mode", _step(lambda d, e, n: e * d.sign(), gradient=_training),
                "your network is in training mode when it is attacked, and stays so. Then batch norm answers for the "
                "batch, not for the image; your function for the gradient takes care of that."),
    ),
    points=1,
    builds_on=("loss_gradient", "steepest_direction"),
    success="One pass forward, one back. Look at what it does to a photograph.",
)  # fmt: skip
