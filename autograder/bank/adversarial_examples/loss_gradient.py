import torch
from torch.nn import functional as F

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import smooth_network, uniform, weighted_sums, whole
from lib import gradient_attacks


def _images(n, height, width, channels=3, training=False):
    def inputs(g):
        network = smooth_network(g, channels).train(training)
        return network, uniform(g, n, channels, height, width).double(), whole(g, 0, 3, n)

    return inputs


def _by_hand(g):
    network = weighted_sums(torch.tensor([[1.0, 0.0], [-1.0, 2.0]]), torch.zeros(2))
    return network, torch.tensor([[[[0.0, 0.0]]]]), torch.tensor([0])


def _other(loss, mode=None, keep=True):
    """The gradient of another function of scores and labels, in eval mode unless `mode` says otherwise."""

    def wrong(network, images, labels):
        training = network.training
        network.train(training if mode == "as it is" else mode == "train")
        pixels = images.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(loss(network(pixels), labels), pixels)
        network.train(training if keep else False)
        return gradient

    return wrong


def _all(scores, labels):
    return F.cross_entropy(scores, labels, reduction="sum")


def _backward(loss=_all, evaluated=True, keep=True):
    """The gradient by a backward pass, which leaves gradients at the weights as well."""

    def wrong(network, images, labels):
        training = network.training
        network.train(training and not evaluated)
        pixels = images.detach().clone().requires_grad_()
        loss(network(pixels), labels).backward()
        network.train(training and (keep or not evaluated))
        return pixels.grad

    return wrong


EXERCISE = Exercise(
    gradient_attacks.loss_gradient,
    cases=(
        Case("two pixels by hand", _by_hand, random=False, observe=observe_attacks.attacking),
        Case("one image", _images(1, 4, 4), observe=observe_attacks.attacking),
        Case("a batch of 3, wider than tall", _images(3, 3, 6), observe=observe_attacks.attacking),
        Case("a network in training mode", _images(4, 5, 4, training=True), observe=observe_attacks.attacking),
        Case("gray images", _images(2, 4, 5, channels=1), observe=observe_attacks.attacking),
    ),
    mistakes=(
        Mistake("mean over the batch", _other(F.cross_entropy),
                "with more images in the batch your gradients shrink, because you differentiate the mean of their "
                "losses. Each image is attacked for itself."),
        Mistake("gradient of the score", _other(lambda z, y: z.gather(1, y[:, None]).sum()),
                "this is the gradient of the label's score, as for a saliency map. The loss is the cross-entropy, and "
                "what the other classes score counts in it too."),
        Mistake("gradient of the probability's logarithm", _other(lambda z, y: -_all(z, y)),
                "your gradient has the other sign: it is that of log p. The loss is −log p, and grows where the "
                "network gets worse."),
        Mistake("softmax twice", _other(lambda z, y: _all(z.softmax(dim=1), y)),
                "you hand probabilities to a cross-entropy that takes the softmax itself. The network gives scores; "
                "leave them as they are."),
        Mistake("the predicted class for the label", _other(lambda z, y: _all(z, z.argmax(dim=1))),
                "you took the loss of the class that the network predicts. Where it is wrong already, this leads "
                "back to the right one; the labels are given."),
        Mistake("asked in training mode", _other(_all, mode="as it is"),
                "you asked the network in the mode that it happened to be in. In training mode batch norm takes its "
                "statistics from the attacked batch, and remembers them."),
        Mistake("left in eval mode", _other(_all, keep=False),
                "the gradient is right, but a network that came in training mode leaves in eval mode. Whoever "
                "trains it and attacks it in between would train without knowing."),
        Mistake("gradients left on the weights", _backward(),
                "the gradient is right, but the weights have one now as well: a backward pass fills all leaves of "
                "the graph. Ask for the gradient by the pixels alone."),
        Mistake("gradients left on the weights, network left in eval mode", _backward(keep=False),
                "your backward pass leaves gradients at the weights too, where only those by the pixels were wanted. "
                "And a network that came in training mode leaves in eval mode."),
        Mistake("gradients left on the weights, asked in training mode", _backward(evaluated=False),
                "a backward pass gives gradients to the weights as well; only those by the pixels are wanted. And you "
                "ask the network in whatever mode it is in; an attack asks it in eval mode."),
        Mistake("gradients left on the weights, mean over the batch", _backward(F.cross_entropy),
                "two things at once: the weights have gradients after your backward pass, where only the pixels' were "
                "asked for; and those of the pixels shrink with the number of images, for the loss is a mean."),
        Mistake("gradients left on the weights, mean over the batch, network left in eval mode",
                _backward(F.cross_entropy, keep=False),
                "three things at once. Your backward pass reaches the weights, but only the gradient by the pixels is "
                "wanted; the loss is the mean over the batch; and the network stays in eval mode afterwards."),
        Mistake("a step of training", _backward(F.cross_entropy, evaluated=False),
                "this is the first half of a step of training: the mean loss, in the mode that the network is in, with "
                "gradients for all weights. An attack wants the gradient by the pixels alone, of each image for "
                "itself, from the network as it is used."),
    ),
    points=2,
    success="The same derivative as in training, by another variable.",
)  # fmt: skip
