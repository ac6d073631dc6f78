import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import grad_cam


def _weighted(*shape, dtype=torch.float32):
    n, channels = shape[:2]
    return lambda g: (uniform(g, *shape, dtype=dtype), normal(g, n, channels, dtype=dtype))


def _all_negative(g):
    return uniform(g, 1, 3, 4, 4), -uniform(g, 1, 3)


def _first_weights(activations, weights):
    return torch.einsum("nchw,c->nhw", activations, weights[0]).relu()


EXERCISE = Exercise(
    grad_cam.weighted_map,
    cases=(
        Case("two channels by hand",
             lambda g: (torch.tensor([[[[1.0, 2.0]], [[3.0, 1.0]]]]), torch.tensor([[2.0, -1.0]])), random=False),
        Case("one image", _weighted(1, 4, 3, 3)),
        Case("a batch of 3, wider than tall", _weighted(3, 6, 4, 7)),
        Case("a layer without ReLU",
             lambda g: (normal(g, 2, 4, 3, 3), normal(g, 2, 4))),
        Case("nothing speaks for the class", _all_negative),
        Case("double precision", _weighted(1, 3, 5, 2, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("no ReLU", lambda a, w: torch.einsum("nchw,nc->nhw", a, w),
                "right until the last step: your map has negative values. They are evidence against the class, "
                "mostly for other things in the picture; Grad-CAM cuts them off with a ReLU."),
        Mistake("ReLU before the sum", lambda a, w: (a * w[:, :, None, None]).relu().sum(dim=1),
                "you rectified each channel before adding. Then evidence against can never cancel evidence for, "
                "and the map spreads over everything. Add first, then ReLU."),
        Mistake("ReLU on the weights", lambda a, w: torch.einsum("nchw,nc->nhw", a, w.relu()),
                "you dropped the negative weights. Channels that speak against the class have to be subtracted; "
                "only what remains after the sum is cut at zero."),
        Mistake("mean over channels", lambda a, w: (a * w[:, :, None, None]).mean(dim=1).relu(),
                "right up to a factor of 1/C: you averaged over the channels where equation 2 adds them up."),
        Mistake("absolute value", lambda a, w: torch.einsum("nchw,nc->nhw", a, w).abs(),
                "you took the absolute value. That turns evidence against the class into evidence for it; a ReLU "
                "removes it."),
        Mistake("first image's weights for all", _first_weights,
                "right for the first image only: you weighted every image of the batch with the weights of the "
                "first."),
    ),
    points=1,
    success="That is Grad-CAM, in the small. What remains is to put it together and to lay it over the photograph.",
)  # fmt: skip
