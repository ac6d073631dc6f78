from copy import deepcopy
from functools import partial

import torch
from torch.nn import functional as F

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, smooth_network, uniform, weighted_sums
from lib import adversarial_training


class SignStep:
    """A toy attack: one step of ε up the loss, in eval mode. It uses `backward`, so the weights get gradients too."""

    def __init__(self, epsilon):
        self.epsilon = epsilon

    def __call__(self, network, images, labels):
        training = network.training
        pixels = images.detach().clone().requires_grad_()
        F.cross_entropy(network.eval()(pixels), labels).backward()
        network.train(training)
        return (images + self.epsilon * pixels.grad.sign()).clamp(0, 1)

    def __str__(self):
        return "a toy attack of one step"


def _training(steps, images, rate, epsilon=0.1, training=False, count=12, side=4):
    def inputs(g):
        network = smooth_network(g).train(training)
        data = uniform(g, count, 3, side, side).double()
        labels = torch.arange(count) % 4
        batches = [torch.randperm(count, generator=g)[:images] for _ in range(steps)]
        return network, data, labels, batches, SignStep(epsilon), rate

    return inputs


def _fragile(steps):
    """Two classes. One pixel differs a lot, the others a little but surely: an attack turns those, not the one."""

    def inputs(g):
        count, side = 200, 8
        labels = torch.arange(count) % 2
        sign = (2.0 * labels - 1).double().view(-1, 1, 1, 1)
        data = 0.5 + 0.03 * sign + 0.01 * normal(g, count, 1, side, side).double()
        data[:, :, 0, 0] = (0.5 + 0.3 * sign + 0.12 * normal(g, count, 1, 1, 1).double())[:, :, 0, 0]
        network = weighted_sums(torch.zeros(2, side * side).double(), torch.zeros(2).double()).requires_grad_()
        order = torch.randperm(count, generator=g)
        batches = [order[(20 * step) % count :][:20] for step in range(steps)]
        return network, data.clamp(0, 1), labels, batches, SignStep(0.1), 0.05

    return inputs


def _stands(share):
    """What the trained weights must achieve: a share of the training images right under the attack."""
    return partial(_measure, share)


def _measure(share, inputs, answer):
    network, images, labels, _, attack, _ = inputs
    network.load_state_dict({name: torch.as_tensor(value) for name, value in answer.items()})
    attacked = attack(network, images, labels)
    right = (network.eval()(attacked).argmax(dim=1) == labels).double().mean().item()
    return {"tensors": sorted(answer), f"under the attack more than {share:.0%} are right": right > share}


def _loop(source="trained", mode="train", zero="after", kind=torch.optim.Adam, fresh=False, first=False, both=False,
          copy=True, end="eval", clean=False, sign=1):  # fmt: skip
    """The loop with one thing wrong."""

    def wrong(network, images, labels, batches, attack, rate):
        trained = deepcopy(network) if copy else network
        original, optimizer = deepcopy(network), kind(trained.parameters(), lr=rate)
        getattr(trained, mode)()
        for batch in batches:
            batch = batches[0] if first else batch
            if fresh:
                optimizer = kind(trained.parameters(), lr=rate)
            if zero == "before":
                optimizer.zero_grad()
            attacked = attack(trained if source == "trained" else original, images[batch], labels[batch])
            attacked = images[batch] if clean else attacked
            if zero == "after":
                optimizer.zero_grad()
            loss = F.cross_entropy(trained(attacked), labels[batch])
            if both:
                loss = (loss + F.cross_entropy(trained(images[batch]), labels[batch])) / 2
            (sign * loss).backward()
            optimizer.step()
        getattr(trained, end)()
        return trained

    return wrong


EXERCISE = Exercise(
    adversarial_training.train_adversarially,
    cases=(
        Case("one step", _training(1, 4, 0.05, count=6, side=3), observe=observe_attacks.trained_network),
        Case("four steps, weight by weight", _training(4, 6, 0.03), observe=observe_attacks.trained_network),
        Case("a strong attack, a network in training mode", _training(3, 5, 0.02, epsilon=0.3, training=True),
             observe=observe_attacks.trained_network),
        Case("80 steps, measured under the attack", _fragile(80), observe=observe_attacks.trained_network,
             measure=_stands(0.85)),
    ),
    mistakes=(
        Mistake("trained on the clean images", _loop(clean=True),
                "your network learns from the images as they are. What it should learn from is what the attack has "
                "made of them."),
        Mistake("attack on the untrained network", _loop(source="original"),
                "you attack the network as it was before the training. After some steps that attack is harmless to the "
                "one that learns; attack the weights of the moment."),
        Mistake("both kinds of images", _loop(both=True),
                "half of your loss is that of the clean images. Others do so; asked is the worst case alone."),
        Mistake("cleared before the attack", _loop(zero="before"),
                "you clear the gradients before the attack. It may leave gradients of its own at the weights, and they "
                "are in your step; clear after it."),
        Mistake("never cleared", _loop(zero="never"),
                "nobody clears the gradients, neither those of the attack nor those of earlier steps."),
        Mistake("learning in eval mode", _loop(mode="eval"),
                "your network is in eval mode while it learns, so batch norm does not see the attacked images. Only "
                "the attack asks in eval mode."),
        Mistake("handed out in training mode", _loop(end="train"),
                "the network that you hand out is still in training mode. Whoever evaluates it gets other answers for "
                "other batches."),
        Mistake("the given network trained", _loop(copy=False),
                "you trained the network that you were given. A copy is asked for, so that the plain one stays to "
                "compare with."),
        Mistake("a fresh optimizer in each step", _loop(fresh=True),
                "you make a new Adam for each batch, which remembers nothing. It belongs before the loop."),
        Mistake("no Adam", _loop(kind=torch.optim.SGD),
                "these are steps of plain gradient descent; asked are those of Adam."),
        Mistake("one batch for ever", _loop(first=True),
                "the first batch is used in every step. Each element of the list is one step."),
        Mistake("uphill in the weights", _loop(sign=-1),
                "your network gets worse. The attack goes up the loss by the pixels; the weights go down."),
    ),
    points=3,
    success="A minimum of a maximum, in a few lines. It takes a pass more for each step of the attack.",
)  # fmt: skip
