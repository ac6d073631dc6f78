import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform, weighted_sums
from lib import robust_accuracy


class Push:
    """A toy attack: makes each image darker or brighter by ε, mostly away from its label; beyond `weak` not at all.

    Toward the label goes an image whose first pixel is clearly darker than the others. So what becomes of an image does
    not depend on who else is there, and a solution may attack only those that still stand.
    """

    def __init__(self, weak=torch.inf):
        self.weak = weak

    def __call__(self, network, images, labels, epsilon):
        if epsilon > self.weak:
            return images
        sign = torch.where(labels == 0, -1.0, 1.0).to(images).view(-1, 1, 1, 1)
        clearly_darker = images[:, :1, :1, :1] - images.mean(dim=(1, 2, 3), keepdim=True) < -0.013
        return (images + epsilon * torch.where(clearly_darker, -sign, sign)).clamp(0, 1)

    def __str__(self):
        return "a toy attack"


def _images(n, epsilons, weak=torch.inf, wrong=0.3, side=3):
    """Two classes that differ in brightness; some labels are not what the network sees."""

    def inputs(g):
        network = weighted_sums(torch.cat([torch.ones(1, side * side), -torch.ones(1, side * side)]),
                                torch.tensor([-side * side / 2, side * side / 2]))  # fmt: skip
        images = 0.5 + (uniform(g, n, 1, 1, 1) - 0.5) * 0.8 + 0.02 * normal(g, n, 1, side, side)
        labels = (network(images)[:, 0] < 0).long()
        few = max(1, round(wrong * n))
        labels[:few] = 1 - labels[:few]
        order = torch.randperm(n, generator=g)
        return network, images[order].clamp(0, 1), labels[order], Push(weak), epsilons

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[1.0], [-1.0]]), torch.tensor([-0.5, 0.5]))
    images = torch.tensor([0.9, 0.6, 0.55, 0.1]).view(4, 1, 1, 1)
    return network, images, torch.tensor([0, 0, 1, 1]), Push(), [0.0, 0.2, 0.45]


def _right(network, images, labels):
    with torch.no_grad():
        return network(images).argmax(dim=1) == labels


def _count(each=None, start=None, chain=False, finish=None, truth=None):
    """The count with one of its parts replaced."""

    def wrong(network, images, labels, attack, epsilons):
        clean = _right(network, images, labels)
        truth_here = labels if truth is None else truth(network, images, labels)
        standing = _right(network, images, truth_here) if start is None else torch.ones_like(clean)
        attacked, shares = images, []
        for epsilon in epsilons:
            attacked = attack(network, attacked if chain else images, labels, epsilon)
            now = _right(network, attacked, truth_here)
            standing = standing & now if each is None else each(now, clean)
            shares.append(standing.double())
        shares = torch.stack(shares)
        return shares.mean(dim=1) if finish is None else finish(shares, clean)

    return wrong


def _seen(network, images, labels):
    with torch.no_grad():
        return network(images).argmax(dim=1)


EXERCISE = Exercise(
    robust_accuracy.robust_accuracy,
    cases=(
        Case("four images of one pixel by hand", _by_hand, random=False),
        Case("one ε", _images(11, [0.15])),
        Case("five ε, the first of them 0", _images(40, [0.0, 0.1, 0.15, 0.2, 0.3])),
        Case("an attack that fails when ε is large", _images(40, [0.0, 0.1, 0.2, 0.4], weak=0.25)),
        Case("larger images", _images(30, [0.05, 0.12, 0.25], wrong=0.5, side=5)),
    ),
    mistakes=(
        Mistake("each ε for itself", _count(each=lambda now, clean: now & clean),
                "your accuracy rises again where the attack fails at a larger ε. What is fooled within a small reach "
                "is fooled within a larger one too: the attack is worse there, not the network better."),
        Mistake("only the attacked counted", _count(each=lambda now, clean: now),
                "an image that is classified wrongly as it is, and rightly by accident after the attack, counts as "
                "robust in yours; and one that an earlier ε has broken comes back. Keep a list of who still stands."),
        Mistake("unattacked mistakes forgiven", _count(start=torch.ones),
                "you begin with all images standing, and never look at them unattacked. Where the network is wrong "
                "without any help, it is not robust."),
        Mistake("share of the rightly classified", _count(finish=lambda s, clean: s.sum(dim=1) / clean.sum()),
                "you divided by the number of images that the network gets right. It is a share of all images, so that "
                "a network cannot gain by being wrong from the start."),
        Mistake("share of the fooled", _count(finish=lambda s, clean: 1 - s.mean(dim=1)),
                "this is the share of the images that do not stand. That number belongs to the attack; the accuracy "
                "counts the others."),
        Mistake("numbers in place of shares", _count(finish=lambda s, clean: s.sum(dim=1)),
                "you counted the images. Divide by how many there are."),
        Mistake("attack on the attacked", _count(chain=True),
                "each attack begins at the result of the one before it. So its images are farther from the originals "
                "than its ε; every ε starts at the images."),
        Mistake("prediction as the truth", _count(truth=_seen),
                "you ask whether the prediction has changed. A wrong one that stays is stable, but not right; compare "
                "with the labels."),
    ),
    points=2,
    success="A curve that can only fall. What it shows is an upper bound: a better attack could be below.",
)  # fmt: skip
