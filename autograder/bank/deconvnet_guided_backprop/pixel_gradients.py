import torch
from torch.nn import functional as F

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import saliency


def _asked(n, height, width):
    return lambda g: (network(g), uniform(g, n, 3, height, width), int(whole(g, 0, 4, 1)))


def _gradient_of(measure):
    def wrong(net, images, class_index):
        with torch.enable_grad():
            pixels = images.detach().requires_grad_()
            return torch.autograd.grad(measure(net(pixels), class_index), pixels)[0]

    return wrong


def _loss(scores, class_index):
    return F.cross_entropy(scores, torch.full((len(scores),), class_index), reduction="sum")


def _mean_loss(scores, class_index):
    return F.cross_entropy(scores, torch.full((len(scores),), class_index))


def _still_attached(net, images, class_index):
    pixels = images.detach().requires_grad_()
    return torch.autograd.grad(net(pixels)[:, class_index].sum(), pixels, create_graph=True)[0] + 0 * pixels


def _times_image(net, images, class_index):
    return images * saliency.pixel_gradients(net, images, class_index)


EXERCISE = Exercise(
    saliency.pixel_gradients,
    cases=(
        Case("one image", _asked(1, 8, 8), observe=observe.on_network),
        Case("a batch of 3, wider than tall", _asked(3, 6, 10), observe=observe.on_network),
        Case("odd sides", _asked(2, 9, 7), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("gradient of the cross-entropy", _gradient_of(_loss),
                "this is the gradient of the cross-entropy, which a training step would use. It is the probability's "
                "error that it carries down, so it vanishes when the network is sure; ask the score itself."),
        Mistake("gradient of the mean cross-entropy", _gradient_of(_mean_loss),
                "this is the gradient of the cross-entropy, averaged over the batch, as in a training step. The map is "
                "about the class score itself, before softmax, one for each image."),
        Mistake("gradient of the softmax", _gradient_of(lambda s, c: s.softmax(1)[:, c].sum()),
                "this is the gradient of the probability, after softmax. A pixel that only hurts the other classes "
                "would light up in it; the score of the class before softmax does not know the others."),
        Mistake("gradient of the log-softmax", _gradient_of(lambda s, c: s.log_softmax(1)[:, c].sum()),
                "this is the gradient of the logarithm of the probability: all 1000 scores are in it. Leave the "
                "softmax out, with or without a logarithm."),
        Mistake("mean over the batch", _gradient_of(lambda s, c: s[:, c].mean()),
                "in a batch of N yours is N times too small: you took the mean of the scores. Images do not share "
                "pixels, so the sum of the scores gives each image its own gradient."),
        Mistake("all scores", _gradient_of(lambda s, c: s.sum()),
                "you added up the scores of all classes, so the answer is about no class in particular. Choose the "
                "column of `class_index`."),
        Mistake("the winner's score", _gradient_of(lambda s, c: s.amax(1).sum()),
                "you asked about the class that wins. The question is about `class_index`, also where that class is "
                "far from winning."),
        Mistake("gradient times image", _times_image,
                "you multiplied the gradient by the image. That is another method, and black pixels can never light up "
                "in it; return the gradient as it is."),
        Mistake("graph still attached", _still_attached,
                "the values are right, but the result still hangs on a graph, and with it every activation of the "
                "network stays in memory. Hand back numbers only."),
    ),
    points=2,
    success="Two passes through the network, forward and back, and every pixel has been asked.",
)  # fmt: skip
