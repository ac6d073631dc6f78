import torch

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import smooth_network, uniform, weighted_sums, whole
from lib import gradient_attacks
from lib.gradient_attacks import loss_gradient, project


def _step(n, height, width, epsilon, step_size, moved, training=False):
    def inputs(g):
        network = smooth_network(g).train(training)
        images = uniform(g, n, 3, height, width).double()
        noise = moved * epsilon * (2 * uniform(g, *images.shape).double() - 1)
        return network, (images + noise).clamp(0, 1), images, whole(g, 0, 3, n), epsilon, step_size

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[1.0, -2.0, 0.0], [-1.0, 2.0, 0.0]]), torch.zeros(2))
    images = torch.tensor([[[[0.5, 0.9, 0.5]]]])
    return network, images + torch.tensor([0.1, 0.05, 0.02]), images, torch.tensor([0]), 0.12, 0.05


def _with(change=None, center=None, at=None, end=None):
    """The step with one of its parts replaced."""

    def wrong(network, attacked, images, targets, epsilon, step_size):
        gradient = loss_gradient(network, attacked if at is None else at(attacked, images), targets)
        step = -step_size * gradient.sign() if change is None else change(gradient, step_size, epsilon)
        if end is not None:
            return end(attacked + step)
        return project(attacked + step, images if center is None else center(attacked), epsilon, torch.inf)

    return wrong


def _from_the_original(network, attacked, images, targets, epsilon, step_size):
    step = step_size * loss_gradient(network, attacked, targets).sign()
    return project(images - step, images, epsilon, torch.inf)


def _away_from_the_seen(network, attacked, images, targets, epsilon, step_size):
    training = network.training
    with torch.no_grad():
        seen = network.eval()(attacked).argmax(dim=1)
    network.train(training)
    step = step_size * loss_gradient(network, attacked, seen).sign()
    return project(attacked + step, images, epsilon, torch.inf)


EXERCISE = Exercise(
    gradient_attacks.targeted_step,
    cases=(
        Case("three pixels by hand", _by_hand, random=False, observe=observe_attacks.attacking),
        Case("one image, the first step", _step(1, 4, 4, 0.1, 0.02, 0.0), observe=observe_attacks.attacking),
        Case("a batch of 4, each with its own target", _step(4, 3, 5, 0.08, 0.03, 0.8),
             observe=observe_attacks.attacking),
        Case("at the border of the ball", _step(2, 5, 4, 0.05, 0.04, 3.0), observe=observe_attacks.attacking),
        Case("a step longer than the reach", _step(2, 4, 4, 0.04, 0.07, 0.5), observe=observe_attacks.attacking),
        Case("a network in training mode", _step(3, 4, 4, 0.1, 0.03, 0.5, training=True),
             observe=observe_attacks.attacking),
    ),
    mistakes=(
        Mistake("away from the target", _with(lambda d, s, e: s * d.sign()),
                "you go up the loss of the target: away from the class that you want to be seen. The loss of a label "
                "is to rise, the loss of a target to fall."),
        Mistake("away from what is seen", _away_from_the_seen,
                "you go away from the class that the network sees now, wherever that leads. The target says where to "
                "go."),
        Mistake("reach around the attacked", _with(center=lambda attacked: attacked),
                "you measure ε from where the attack has come so far. After some steps it is far away; the reach is "
                "around the original."),
        Mistake("gradient at the unattacked image", _with(at=lambda attacked, images: images),
                "your gradient is that of the original image. Earlier steps have moved on; look from there."),
        Mistake("step from the original", _from_the_original,
                "your step starts at the original image, and throws away what the earlier steps have reached."),
        Mistake("reach not kept", _with(end=lambda x: x.clamp(0, 1)),
                "your step ends beyond ε. It may lead out of the ball, and has to be brought back."),
        Mistake("gradient without sign", _with(lambda d, s, e: -s * d),
                "you stepped along the gradient itself. The reach is measured by the largest change, so each value "
                "takes the full step."),
        Mistake("step as long as ε", _with(lambda d, s, e: -e * d.sign()),
                "your step is ε long. How far to go in one step is the last argument."),
    ),
    points=2,
    builds_on=("loss_gradient", "steepest_direction", "project"),
    success="Twenty of these, and the network sees whatever you want.",
)  # fmt: skip
