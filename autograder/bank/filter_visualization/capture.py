from collections import OrderedDict

import torch
from torch import nn

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import capture


def _at_layer(layer, n=2, height=8, width=8):
    return lambda g: (network(g), layer, uniform(g, n, 3, height, width))


def _nested(g):
    made = network(g)
    return nn.Sequential(OrderedDict(body=made[:5], head=made[5:])).eval(), "body.pool", uniform(g, 2, 3, 6, 10)


def _learning(g):
    return network(g).requires_grad_(), "conv2", uniform(g, 1, 3, 6, 6)


def _twisted(change):
    return lambda net, layer, images: change(capture.capture(net, layer, images))


def _hook_left(net, layer, images):
    output = capture.capture(net, layer, images)
    net.get_submodule(layer).register_forward_hook(lambda module, inputs, result: None)
    return output


def _graph_kept(net, layer, images):
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(lambda m, i, output: kept.append(output))
    net(images)
    handle.remove()
    return kept[0]


def _input_of_layer(net, layer, images):
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(lambda m, inputs, output: kept.append(inputs[0].detach()))
    net(images)
    handle.remove()
    return kept[0]


def _result_of_network(net, layer, images):
    with torch.no_grad():
        return net(images)


def _left_in_training(net, layer, images):
    net.train()
    return capture.capture(net, layer, images)


EXERCISE = Exercise(
    capture.capture,
    cases=(
        Case("one image", _at_layer("relu2", 1, 6, 6), observe=observe.on_network),
        Case("a batch of 3, before the ReLU", _at_layer("conv1", 3, 7, 10), observe=observe.on_network),
        Case("a layer inside of another", _nested, observe=observe.on_network),
        Case("a network that is being trained", _learning, observe=observe.on_network),
        Case("the vector before the scores", _at_layer("flatten", 2), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("hook left behind on the layer", _hook_left,
                "the values are right, but your hook is still on the layer after the call. It will run in every "
                "later forward pass and keep what it sees, and memory fills up. Take it off, also when something "
                "goes wrong in between."),
        Mistake("result attached to the graph", _graph_kept,
                "the values are right, but the result still hangs on the graph, and with it the activations of all "
                "layers before it stay in memory. Looking needs no gradients: switch them off or detach."),
        Mistake("input of the layer", _input_of_layer,
                "this is what the layer was given. A forward hook receives the module, its inputs and its output, "
                "in this order."),
        Mistake("result of the whole network", _result_of_network,
                "this is the result of the whole network. The hook hands you the layer's output on the way; keep "
                "that one."),
        Mistake("first image only", _twisted(lambda output: output[:1]),
                "you kept the first image only. The output has one row for each image of the batch."),
        Mistake("batch axis dropped", _twisted(lambda output: output[0]),
                "you dropped the batch axis and kept the first image only. Keep it: (N, C, H', W')."),
        Mistake("averaged over positions", _twisted(lambda o: o.mean(dim=(2, 3)) if o.dim() == 4 else o),
                "you averaged over the positions. Where a channel responds is half of what there is to see; return "
                "the maps."),
        Mistake("train mode", _left_in_training,
                "the network was in eval mode and you left it in train mode. Dropout and batch norm behave "
                "differently there. Looking should change nothing."),
    ),
    points=2,
    success="That is the whole trick behind this course: every layer of every network can be read.",
)  # fmt: skip
