import torch
from torch.nn import functional as F

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import grad_cam


def _scored(n, height, width, layer):
    def inputs(g):
        return network(g), layer, uniform(g, n, 3, height, width), int(whole(g, 0, 4, 1))

    return inputs


def _kept(net, layer, images):
    """Activations of a layer with the graph still attached, and the scores."""
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(
        lambda module, inputs, output: kept.append(output.requires_grad_()) or kept[0]
    )
    with torch.enable_grad():
        scores = net(images.detach())
    handle.remove()
    return kept[0], scores


def _gradients_of(measure):
    def wrong(net, layer, images, class_index):
        activations, scores = _kept(net, layer, images)
        (gradients,) = torch.autograd.grad(measure(scores, class_index), activations)
        return activations.detach(), gradients

    return wrong


def _loss(scores, class_index):
    return F.cross_entropy(scores, torch.full((len(scores),), class_index), reduction="sum")


def _mean_loss(scores, class_index):
    return F.cross_entropy(scores, torch.full((len(scores),), class_index))


def _hook_left(net, layer, images, class_index):
    answer = grad_cam.score_gradients(net, layer, images, class_index)
    net.get_submodule(layer).register_forward_hook(lambda module, inputs, output: None)
    return answer


def _still_attached(net, layer, images, class_index):
    activations, scores = _kept(net, layer, images)
    (gradients,) = torch.autograd.grad(scores[:, class_index].sum(), activations, create_graph=True)
    return activations, gradients


EXERCISE = Exercise(
    grad_cam.score_gradients,
    cases=(
        Case("the last layer of maps", _scored(1, 8, 8, "relu2"), observe=observe.on_network),
        Case("a batch of 3", _scored(3, 6, 10, "relu1"), observe=observe.on_network),
        Case("after pooling, odd size", _scored(2, 9, 7, "pool"), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("gradient of the loss", _gradients_of(_loss),
                "this is the gradient of the cross-entropy. It shrinks to nothing just when the network is "
                "sure. Take the class score itself, before softmax."),
        Mistake("gradient of the mean loss", _gradients_of(_mean_loss),
                "this is the gradient of the cross-entropy, averaged over the batch. Take the class score "
                "itself, before softmax, one for each image."),
        Mistake("gradient of the probability", _gradients_of(lambda s, c: s.softmax(1)[:, c].sum()),
                "this is the gradient of the probability. Softmax mixes in all other classes: the "
                "probability of a cat also rises when there is less dog. Take the score, before softmax."),
        Mistake("gradient of the log-probability", _gradients_of(lambda s, c: s.log_softmax(1)[:, c].sum()),
                "this is the gradient of the log-probability, the cross-entropy with its sign turned. "
                "Take the class score itself, before softmax."),
        Mistake("mean over the batch", _gradients_of(lambda s, c: s[:, c].mean()),
                "right for one image; in a batch of N yours is N times too small, because you averaged the "
                "scores. An image's gradient must not depend on who else is in the batch: add the scores."),
        Mistake("gradient of all scores", _gradients_of(lambda s, c: s.sum()),
                "you added up the scores of all classes. Only the score of `class_index` is asked about."),
        Mistake("gradient of the largest score", _gradients_of(lambda s, c: s.amax(1).sum()),
                "you took the class that the network prefers. Grad-CAM can be asked about any class; use "
                "`class_index`."),
        Mistake("hook left behind", _hook_left,
                "the values are right, but your hook is still on the layer after the call. Every later forward "
                "pass will run it, and a notebook full of old hooks shows old pictures. Remove it, also when "
                "something goes wrong: `with hooked(...)` does."),
        Mistake("graph still attached", _still_attached,
                "the values are right, but what you return still hangs on the graph, and the graph keeps every "
                "activation of the network in memory. Return it detached."),
    ),
    points=2,
    success="You can now ask any layer how it would like to change for any class.",
)  # fmt: skip
