import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import objectives


def _weighted(n, channels, height, width, dtype=torch.float32):
    def inputs(g):
        return normal(g, n, channels, height, width, dtype=dtype), normal(g, n, channels, dtype=dtype)

    return inputs


def _by_hand(g):
    return torch.tensor([[[[1.0, 3.0]], [[5.0, 0.0]]]]), torch.tensor([[1.0, -1.0]])


def _with_weights(change):
    return lambda maps, weights: objectives.direction_objective(maps, change(weights))


def _added_up(maps, weights):
    return objectives.direction_objective(maps, weights) * maps.shape[2] * maps.shape[3]


def _cosine(maps, weights):
    return torch.nn.functional.cosine_similarity(maps.mean(dim=(2, 3)), weights, dim=1)


def _mean_over_channels(maps, weights):
    return (maps * weights[:, :, None, None]).mean(dim=(1, 2, 3))


def _all_pairs(maps, weights):
    return torch.einsum("nchw,mc->n", maps, weights) / maps[0, 0].numel()


def _rectified(maps, weights):
    return torch.einsum("nchw,nc->nhw", maps, weights).relu().mean(dim=(1, 2))


EXERCISE = Exercise(
    objectives.direction_objective,
    cases=(
        Case("two positions by hand", _by_hand, random=False, observe=observe_results.with_gradient),
        Case("one image", _weighted(1, 4, 3, 3), observe=observe_results.with_gradient),
        Case("three images", _weighted(3, 4, 2, 5), observe=observe_results.with_gradient),
        Case("one position", _weighted(2, 6, 1, 1), observe=observe_results.with_gradient),
        Case("double precision", _weighted(2, 5, 4, 3, torch.double)),
    ),
    mistakes=(
        Mistake("signs lost", _with_weights(torch.abs),
                "negative weights count as positive ones. The sign is what lets you ask for the opposite of a "
                "channel."),
        Mistake("negative weights dropped", _with_weights(torch.relu),
                "negative weights do nothing. Then a channel's negative cannot be asked for."),
        Mistake("weights normalized", _with_weights(lambda weights: weights / weights.norm(dim=1, keepdim=True)),
                "you gave the weights the length one. They count as they are; twice the weight is twice the value."),
        Mistake("weights by softmax", _with_weights(lambda weights: weights.softmax(dim=1)),
                "you turned the weights into shares by a softmax. They are of either sign and need not add up to one."),
        Mistake("positions added up", _added_up,
                "you added up the positions. Take their mean, as for a channel."),
        Mistake("mean over channels", _mean_over_channels,
                "you averaged over channels as well. The weighted channels are added up; only positions are averaged."),
        Mistake("cosine", _cosine,
                "you took the cosine of the angle, which no longer asks for more, only for the right proportions. An "
                "interesting objective, but another one."),
        Mistake("weights of the whole batch", _all_pairs,
                "each image gets the weights of all images. Image n has row n."),
        Mistake("rectified", _rectified,
                "you cut off what is negative. A direction can be followed from below zero, too; with a ReLU there "
                "is no gradient to start with."),
    ),
    points=1,
    success="A channel is only one direction of many. Nothing says that the network's ideas lie along the axes.",
)  # fmt: skip
