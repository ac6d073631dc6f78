import torch

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import smooth_network, uniform, weighted_sums, whole
from lib import gradient_attacks
from lib.gradient_attacks import loss_gradient, project, steepest_direction


def _attack(n, height, width, epsilon, step_size, steps, norm, moved=0.0, training=False):
    """Images, and starts that lie a share `moved` of the reach away."""

    def inputs(g):
        network = smooth_network(g).train(training)
        images = uniform(g, n, 3, height, width).double()
        noise = moved * epsilon * (2 * uniform(g, *images.shape).double() - 1)
        if norm == 2:
            noise = noise / images[0].numel() ** 0.5
        start = (images + noise).clamp(0, 1) if moved else images.clone()
        return network, images, whole(g, 0, 3, n), epsilon, step_size, steps, norm, start

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[1.0, -2.0], [-1.0, 2.0]]), torch.zeros(2))
    image = torch.tensor([[[[0.5, 0.95]]]])
    return network, image, torch.tensor([0]), 0.1, 0.08, 2, torch.inf, image.clone()


def _loop(sign=1, back=project, seen=None, begin=None, norm_of_step=None, size=None, fewer=0, end=None):
    """The loop with one of its parts replaced."""

    def wrong(network, images, labels, epsilon, step_size, steps, norm, start):
        attacked = start if begin is None else begin(images, start)
        for _ in range(steps - fewer):
            where = attacked if seen is None else seen(images, attacked)
            direction = steepest_direction(loss_gradient(network, where, labels), norm_of_step or norm)
            step = sign * (step_size if size is None else size(epsilon, steps)) * direction
            attacked = back(attacked + step, images, epsilon, norm)
        return attacked if end is None else end(attacked, images, epsilon, norm)

    return wrong


def _around_the_last(network, images, labels, epsilon, step_size, steps, norm, start):
    attacked = start
    for _ in range(steps):
        direction = steepest_direction(loss_gradient(network, attacked, labels), norm)
        attacked = project(attacked + step_size * direction, attacked, epsilon, norm)
    return attacked


def _colors(candidates, images, epsilon, norm):
    return candidates.clamp(0, 1)


def _free(candidates, images, epsilon, norm):
    return candidates


EXERCISE = Exercise(
    gradient_attacks.projected_gradient_descent,
    cases=(
        Case("two pixels and two steps by hand", _by_hand, random=False, observe=observe_attacks.attacking),
        Case("norm ∞, five steps", _attack(1, 4, 4, 0.1, 0.04, 5, torch.inf), observe=observe_attacks.attacking),
        Case("norm ∞, a batch of 3, from elsewhere", _attack(3, 3, 5, 0.08, 0.03, 4, torch.inf, moved=1.0),
             observe=observe_attacks.attacking),
        Case("a step longer than the reach", _attack(2, 4, 4, 0.05, 0.08, 3, torch.inf),
             observe=observe_attacks.attacking),
        Case("norm 2, a batch of 2", _attack(2, 4, 4, 0.5, 0.3, 5, 2), observe=observe_attacks.attacking),
        Case("norm 2, from elsewhere", _attack(2, 4, 5, 0.6, 0.25, 4, 2, moved=1.0),
             observe=observe_attacks.attacking),
        Case("a network in training mode", _attack(2, 4, 4, 0.1, 0.06, 3, torch.inf, training=True),
             observe=observe_attacks.attacking),
    ),
    mistakes=(
        Mistake("never projected", _loop(back=_colors),
                "your images run away: after each step you put back the colors, but not within ε of the original."),
        Mistake("projected only in the end", _loop(back=_free, end=project),
                "you project once, at the end. On the way the gradients are then taken at places that are not "
                "allowed, and say little about those that are."),
        Mistake("ball around the last step", _around_the_last,
                "your ball moves along: each step is projected around the one before it. So every step is small, and "
                "the sum of them is not; the center is the original image."),
        Mistake("descent of the loss", _loop(sign=-1),
                "the network gets surer from step to step. In spite of the method's name, the loss is to rise."),
        Mistake("gradient always at the original", _loop(seen=lambda images, attacked: images),
                "you always take the gradient at the original image. Then all steps go the same way; the point of "
                "many steps is to look again where you are."),
        Mistake("start ignored", _loop(begin=lambda images, start: images),
                "you begin at the images themselves. Where to begin is the last argument."),
        Mistake("signs whatever the norm", _loop(norm_of_step=torch.inf),
                "with the norm 2 your steps are signs. The direction depends on the norm, as the ball does."),
        Mistake("steps of ε", _loop(size=lambda epsilon, steps: epsilon),
                "your steps are ε long. Then the attack jumps from one border of the ball to the other; the length of "
                "a step is given on its own."),
        Mistake("steps of ε / steps", _loop(size=lambda epsilon, steps: epsilon / steps),
                "you divided ε by the number of steps. Then a path that turns never reaches the border; the length "
                "of a step is given on its own."),
        Mistake("a step too few", _loop(fewer=1),
                "you stopped one step early. The gradient is taken as often as `steps` says."),
    ),
    points=3,
    builds_on=("loss_gradient", "steepest_direction", "project"),
    success="Three functions in a loop, and the strongest simple attack there is.",
)  # fmt: skip
