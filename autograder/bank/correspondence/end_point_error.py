import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import optical_flow


def _by_hand(g):
    flow = torch.tensor([[3.0, 0, 7], [4, 1, 7]]).view(1, 2, 1, 3)
    truth = torch.tensor([[0.0, 0, torch.nan], [0, 0, torch.nan]]).view(1, 2, 1, 3)
    return flow, truth


def _flows(n, height, width, unknown=0.0, dtype=torch.float32):
    def inputs(g):
        flow, truth = (3 * normal(g, n, 2, height, width, dtype=dtype) for _ in range(2))
        hidden = (uniform(g, n, 1, height, width) < unknown).expand_as(truth)
        truth[hidden] = torch.nan
        return flow, truth

    return inputs


def _one_unknown(g):
    flow, truth = _flows(3, 4, 4, 0.2)(g)
    truth[1] = torch.nan
    return flow, truth


def _squares(flow, truth):
    return (flow - truth).square().sum(dim=1)


def _as_zero(flow, truth):
    return _squares(flow, truth).sqrt().nan_to_num().mean(dim=(1, 2))


def _truth_as_zero(flow, truth):
    return _squares(flow, truth.nan_to_num()).sqrt().mean(dim=(1, 2))


EXERCISE = Exercise(
    optical_flow.end_point_error,
    cases=(
        Case("three pixels by hand, one unknown", _by_hand, random=False),
        Case("one flow, known everywhere", _flows(1, 3, 4)),
        Case("four flows, a third unknown", _flows(4, 5, 7, 0.3)),
        Case("a flow of which nothing is known", _one_unknown),
        Case("double precision", _flows(2, 6, 4, 0.5, torch.float64)),
    ),
    mistakes=(
        Mistake("unknown makes everything unknown", lambda flow, truth: _squares(flow, truth).sqrt().mean(dim=(1, 2)),
                "one NaN in the truth makes your whole mean NaN. Leave the pixels out whose truth nobody knows."),
        Mistake("unknown counts as right", _as_zero,
                "pixels without a truth count as pixels without an error, so little truth makes a good method. Divide "
                "by the number of pixels that are known."),
        Mistake("sum", lambda flow, truth: _squares(flow, truth).sqrt().flatten(1).nansum(dim=1),
                "you added up the distances over the known pixels. Asked is their mean, so that a large picture is no "
                "worse than a small one."),
        Mistake("unknown counts as rest", _truth_as_zero,
                "you took an unknown truth for no motion, and blame the flow for moving. Unknown pixels must not "
                "count at all."),
        Mistake("mean of the squares", lambda flow, truth: _squares(flow, truth).flatten(1).nanmean(dim=1),
                "this is the mean of the squared distances. End-point error is a distance, in pixels: the root belongs "
                "to each arrow."),
        Mistake("root of the mean", lambda flow, truth: _squares(flow, truth).flatten(1).nanmean(dim=1).sqrt(),
                "you took the root last, of the mean. Then one pixel that is far off outweighs hundreds; take the "
                "root of each arrow's error first."),
        Mistake("mean under the root",
                lambda flow, truth: (_squares(flow, truth) / 2).sqrt().flatten(1).nanmean(dim=1),
                "you took the mean of the two squares under the root, so that every distance is too small by a factor "
                "of √2. Of the two sides of a triangle one takes the sum of squares."),
        Mistake("sum of both directions", lambda flow, truth: (flow - truth).abs().sum(1).flatten(1).nanmean(dim=1),
                "you added the error to the right and the error down. As the crow flies it is less: Pythagoras."),
        Mistake("mean over both directions", lambda flow, truth: (flow - truth).abs().flatten(1).nanmean(dim=1),
                "you averaged over the two components as well. The two belong to one arrow; join them to one distance "
                "before any mean."),
        Mistake("one number", lambda flow, truth: _squares(flow, truth).sqrt().nanmean(),
                "you have one number for all the flows together. Each has an error of its own."),
    ),
    points=1,
    success="Pixels of distance: a number that everybody can picture.",
)  # fmt: skip
