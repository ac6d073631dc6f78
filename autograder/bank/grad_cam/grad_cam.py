from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform, whole
from lib import grad_cam


def _at_layer(layer, n=2):
    return lambda g: (network(g), layer, uniform(g, n, 3, 8, 8), int(whole(g, 0, 4, 1)))


def _put_together(weights=grad_cam.channel_weights, combine=grad_cam.weighted_map):
    def wrong(net, layer, images, class_index):
        activations, gradients = grad_cam.score_gradients(net, layer, images, class_index)
        return combine(activations, weights(gradients))

    return wrong


def _gradient_times_activation(net, layer, images, class_index):
    activations, gradients = grad_cam.score_gradients(net, layer, images, class_index)
    return (activations * gradients).sum(dim=1).relu()


def _swapped(net, layer, images, class_index):
    activations, gradients = grad_cam.score_gradients(net, layer, images, class_index)
    return grad_cam.weighted_map(gradients, grad_cam.channel_weights(activations))


def _one_for_all(net, layer, images, class_index):
    activations, gradients = grad_cam.score_gradients(net, layer, images, class_index)
    weights = grad_cam.channel_weights(gradients).mean(dim=0, keepdim=True).expand(len(images), -1)
    return grad_cam.weighted_map(activations, weights)


EXERCISE = Exercise(
    grad_cam.grad_cam,
    cases=(
        Case("the last layer of maps", _at_layer("relu2", 1), observe=observe.on_network),
        Case("a batch of 2, after pooling", _at_layer("pool"), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("gradient times activation", _gradient_times_activation,
                "you multiplied activations and gradients position by position. Grad-CAM gives each channel one "
                "weight for the whole image, from `channel_weights`; that is what makes its maps smooth."),
        Mistake("activations and gradients swapped", _swapped,
                "you averaged the activations and mapped the gradients. It is the other way round: "
                "`score_gradients` returns the activations first."),
        Mistake("one set of weights for the batch", _one_for_all,
                "every image of a batch has weights of its own; yours share their average."),
    ),
    points=1,
    builds_on=("score_gradients", "channel_weights", "weighted_map"),
    success="A handful of lines from pixels to evidence, and it works for any layer of any network.",
)  # fmt: skip
