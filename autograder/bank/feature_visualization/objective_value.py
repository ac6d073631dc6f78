import torch
from torch.nn import functional as F

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import objectives


def _layer(kind, n, channels, height, width):
    return lambda g: (normal(g, n, channels, height, width), kind, whole(g, 0, channels - 1, n))


def _scores(kind, n, classes):
    return lambda g: (3 * normal(g, n, classes), kind, whole(g, 0, classes - 1, n))


def _by_hand(g):
    return torch.tensor([[[[1.0, 2.0], [3.0, 6.0]], [[0.0, 0.0], [0.0, 4.0]]]]), "channel", torch.tensor([0])


def _refusing(function, inputs):
    """Whether the function refuses these inputs with a ValueError."""
    try:
        return {"refused with a ValueError": False, "answer": function(*inputs)}
    except ValueError:
        return {"refused with a ValueError": True, "answer": None}


def _for(kind, value):
    """Right for all kinds but one."""

    def wrong(output, asked, index):
        if asked == kind:
            return value(output, index)
        return objectives.objective_value(output, asked, index)

    return wrong


def _of(output, index):
    return output[torch.arange(len(output)), index]


def _first_index(output, kind, index):
    return objectives.objective_value(output, kind, index[:1].expand(len(output)))


def _single_number(output, kind, index):
    return objectives.objective_value(output, kind, index).mean()


EXERCISE = Exercise(
    objectives.objective_value,
    cases=(
        Case("a channel by hand", _by_hand, random=False),
        Case("neurons", _layer("neuron", 3, 4, 4, 5), observe=observe_results.with_gradient),
        Case("channels", _layer("channel", 3, 5, 3, 4), observe=observe_results.with_gradient),
        Case("a layer", _layer("layer", 2, 3, 5, 4), observe=observe_results.with_gradient),
        Case("logits", _scores("logit", 4, 6), observe=observe_results.with_gradient),
        Case("probabilities", _scores("probability", 4, 6), observe=observe_results.with_gradient),
        Case("another kind", _scores("loss", 2, 3), observe=_refusing),
    ),
    mistakes=(
        Mistake("neuron in the corner", _for("neuron", lambda output, index: _of(output, index)[:, 0, 0]),
                "your neuron sits in the upper left corner, where half of what it sees is beyond the border. Take the "
                "one in the middle."),
        Mistake("neuron before the middle",
                _for("neuron", lambda output, index: _of(output, index)[:, (output.shape[2] - 1) // 2,
                                                                        (output.shape[3] - 1) // 2]),
                "with an even number of rows or columns there are two middle ones; your neuron is at the first, and "
                "the docstring takes the second."),
        Mistake("strongest neuron", _for("neuron", lambda output, index: _of(output, index).amax(dim=(1, 2))),
                "you took the channel's strongest neuron, which is another one in each step. A neuron has a place: the "
                "middle."),
        Mistake("channel added up", _for("channel", lambda output, index: _of(output, index).sum(dim=(1, 2))),
                "you added up the channel's positions. Take the mean, so that the value does not grow with the image."),
        Mistake("channel's peak", _for("channel", lambda output, index: _of(output, index).amax(dim=(1, 2))),
                "you took the channel's highest activation. Its gradient reaches one position only; a channel "
                "objective asks for the pattern everywhere."),
        Mistake("layer not squared", _for("layer", lambda output, index: output.mean(dim=(1, 2, 3))),
                "you took the mean of the layer as it is, so that negative and positive channels cancel. The square "
                "rewards whatever is strong already."),
        Mistake("layer of one channel", _for("layer", lambda output, index: _of(output, index).square().mean((1, 2))),
                "your layer is one channel squared. All channels count, and the index does not."),
        Mistake("logit after softmax", _for("logit", lambda output, index: _of(output.log_softmax(1), index)),
                "a logit is the score as the network gives it. Yours has been compared with the other classes "
                "already."),
        Mistake("softmax over the batch",
                _for("probability", lambda output, index: _of(output, index).softmax(0)),
                "your probabilities add up to one over the batch. The classes compete with each other, the images do "
                "not: softmax first, over the classes, and then pick."),
        Mistake("probability without softmax", _for("probability", lambda output, index: _of(output, index)),
                "your probability is the score. Softmax over the classes is missing."),
        Mistake("logarithm of the probability",
                _for("probability", lambda output, index: -F.cross_entropy(output, index, reduction="none")),
                "you gave the logarithm of the probability. That is a better hill, in truth, but not what was asked: "
                "you are to see how the probability itself behaves."),
        Mistake("first index for all", _first_index,
                "every image of your batch gets the first index. Image n has index[n]."),
        Mistake("one number for the batch", _single_number,
                "you averaged over the batch. One value for each image, so that the caller can put them together."),
    ),
    points=2,
    success="Five questions to one network. They have five different answers.",
)  # fmt: skip
