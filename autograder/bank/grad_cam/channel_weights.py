import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import grad_cam


def _gradients(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


EXERCISE = Exercise(
    grad_cam.channel_weights,
    cases=(
        Case("two channels by hand", lambda g: (torch.tensor([[[[1.0, 3.0]], [[0.0, -2.0]]]]),), random=False),
        Case("one image", _gradients(1, 4, 3, 3)),
        Case("a batch of 3, taller than wide", _gradients(3, 5, 6, 2)),
        Case("one position", _gradients(2, 4, 1, 1)),
        Case("double precision", _gradients(1, 3, 4, 4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("averaged over channels", lambda g: g.mean(dim=1),
                "you averaged over the channels, which leaves a map. The weights average over space: one "
                "number for each channel, none for a position."),
        Mistake("summed over positions", lambda g: g.sum(dim=(2, 3)),
                "you summed over the positions; the paper's 1/Z makes it a mean. Without it a layer with more "
                "positions gets larger weights for no reason."),
        Mistake("averaged over the batch too", lambda g: g.mean(dim=(0, 2, 3)),
                "you averaged over the images as well. Each image has weights of its own: (N, C)."),
        Mistake("absolute value", lambda g: g.abs().mean(dim=(2, 3)),
                "you dropped the sign. A negative weight is a channel that speaks against the class; the map "
                "has to subtract it."),
        Mistake("ReLU on the gradients", lambda g: g.relu().mean(dim=(2, 3)),
                "you cut off the negative gradients before averaging. Negative weights are channels that speak "
                "against the class; they stay. The one ReLU of Grad-CAM comes after the sum."),
        Mistake("maximum over positions", lambda g: g.amax(dim=(2, 3)),
                "you took the largest gradient of each channel. Grad-CAM takes the mean over positions: one "
                "loud position should not speak for the channel."),
        Mistake("normalized", lambda g: g.mean(dim=(2, 3)) / g.mean(dim=(2, 3)).norm(dim=1, keepdim=True),
                "you scaled the weights to length one. Leave them as they are: their size says how much the "
                "score depends on the layer at all."),
    ),
    points=1,
    success="One number per channel: the network's own opinion of what matters for this class.",
)  # fmt: skip
