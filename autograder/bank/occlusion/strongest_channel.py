import torch

from autograder import observe
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import network, uniform
from lib import occlusion


def _at_layer(layer, height, width, size, stride, batch_size):
    def inputs(g):
        net, image = network(g), uniform(g, 1, 3, height, width)
        return net, layer, image, occlusion.occluder_positions(image, size, stride), size, batch_size

    return inputs


def _maps(net, layer, images):
    kept = []
    handle = net.get_submodule(layer).register_forward_hook(lambda module, inputs, output: kept.append(output))
    with torch.no_grad():
        net(images)
    handle.remove()
    return kept[0]


def _recorded(choose, record):
    """The channel that `choose` finds in the maps (C, H, W) of the image, and what `record` says of (P, C, H, W)."""

    def wrong(net, layer, image, positions, size, batch_size):
        channel = choose(_maps(net, layer, image)[0])
        return channel, record(_maps(net, layer, occlusion.occlude(image, positions, size)), channel)

    return wrong


def _largest_total(maps):
    return maps.sum(dim=(1, 2)).argmax().item()


def _total(maps, channel):
    return maps[:, channel].sum(dim=(1, 2))


def _of_first_copy(net, layer, image, positions, size, batch_size):
    maps = _maps(net, layer, occlusion.occlude(image, positions, size))
    channel = _largest_total(maps[len(maps) // 2])
    return channel, _total(maps, channel)


def _hook_left(net, layer, image, positions, size, batch_size):
    answer = occlusion.strongest_channel(net, layer, image, positions, size, batch_size)
    net.get_submodule(layer).register_forward_hook(lambda module, inputs, output: None)
    return answer


EXERCISE = Exercise(
    occlusion.strongest_channel,
    cases=(
        Case("the last layer of maps", _at_layer("relu2", 8, 8, 5, 3, 2), observe=observe.on_network),
        Case("an early layer, wider than tall", _at_layer("relu1", 7, 12, 6, 3, 4), observe=observe.on_network),
        Case("after pooling, taller than wide", _at_layer("pool", 14, 8, 7, 4, 3), observe=observe.on_network),
        Case("a large square", _at_layer("relu2", 10, 10, 8, 1, 16), observe=observe.on_network),
    ),
    mistakes=(
        Mistake("chosen by its peak", _recorded(lambda maps: maps.amax(dim=(1, 2)).argmax().item(), _total),
                "you chose the channel with the highest single activation. Strongest means here that its activations "
                "add up to most, the same quantity that is then recorded."),
        Mistake("chosen anew for each place",
                _recorded(_largest_total, lambda maps, channel: maps.sum(dim=(2, 3)).amax(dim=1)),
                "at each place you took the channel that is strongest there. Then another channel steps in where the "
                "first one fails, and the drop is hidden. Choose once, in the image without occluder."),
        Mistake("chosen under the occluder", _of_first_copy,
                "you chose the channel in an image that was already covered. The question is what the channel that "
                "likes the whole image loses."),
        Mistake("mean over the layer's cells",
                _recorded(_largest_total, lambda maps, channel: maps[:, channel].mean(dim=(1, 2))),
                "you averaged over the cells of the layer. Total activation is the sum."),
        Mistake("peak recorded", _recorded(_largest_total, lambda maps, channel: maps[:, channel].amax(dim=(1, 2))),
                "you recorded the channel's highest activation. That may hardly move while most of the response is "
                "gone; the total, the sum over the layer's cells, does."),
        Mistake("all channels together", _recorded(_largest_total, lambda maps, channel: maps.sum(dim=(1, 2, 3))),
                "you added up all channels. Only the one chosen is to be recorded; the others make up for what it "
                "loses."),
        Mistake("hook left behind", _hook_left,
                "the values are right, but a hook of yours is still on the layer after the call. `activations` from "
                "lib.activations removes its own."),
    ),
    points=2,
    builds_on=("occlude",),
    success="One channel under observation: you see what it was looking at without any gradient.",
)  # fmt: skip
