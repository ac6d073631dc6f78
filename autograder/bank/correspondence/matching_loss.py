import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import uniform, whole
from lib import stereo_matching


def _by_hand(g):
    similarities = torch.tensor([0.1, 0.95, 0.9, 0.3, 0.8])
    return similarities.view(1, 5, 1, 1), torch.tensor([[[2]]]), 0.2


def _volume(n, candidates, height, width, margin, low=0, dtype=torch.float32):
    """Similarities with nothing where a disparity leads outside, and a truth with a candidate at each pixel."""

    def inputs(g):
        similarities = 2 * uniform(g, n, candidates, height, width, dtype=dtype) - 1
        column = torch.arange(width)
        similarities[:, torch.arange(candidates)[:, None, None] > column.expand(height, width)] = -torch.inf
        truth = whole(g, low, candidates - 1, n, height, width).minimum(column)
        return similarities, truth, margin

    return inputs


def _nobody_knows(g):
    similarities = 2 * uniform(g, 1, 5, 3, 3) - 1
    similarities[:, 2:, 0] = -torch.inf
    return similarities, torch.full((1, 3, 3), -1), 0.5


def _with_rivals(g):
    """Each pixel with a known truth has a rival inside of the picture: the gradient of the others is a convention."""
    similarities, truth, margin = _volume(2, 6, 3, 8, 1.0, low=-1)(g)
    candidate = torch.arange(6).view(1, -1, 1, 1)
    rivals = ((candidate - truth[:, None]).abs() > 1) & similarities.isfinite()
    return similarities, torch.where(rivals.any(dim=1), truth, -1), margin


def _with(rival=lambda s, near, truth: s.masked_fill(near, -torch.inf).amax(dim=1), reach=1, missing=None,
          end=lambda loss: loss.clamp(min=0), unknown=True):  # fmt: skip
    """The loss with one thing wrong."""

    def wrong(similarities, truth, margin):
        candidate = torch.arange(similarities.shape[1]).view(1, -1, 1, 1)
        near = (candidate - truth[:, None]).abs() <= reach
        match = similarities.gather(1, truth.clamp(min=0)[:, None])[:, 0]
        other = rival(similarities, near, truth)
        loss = missing(other, match, margin) if missing else margin + other - match
        loss = end(loss)
        return torch.where(truth >= 0, loss, 0) if unknown else loss

    return wrong


def _mean_rival(s, near, truth):
    rivals = ~near & s.isfinite()
    return torch.where(rivals, s, 0).sum(dim=1) / rivals.sum(dim=1).clamp(min=1)


def _weakest_rival(s, near, truth):
    return s.masked_fill(near | s.isinf(), torch.inf).amin(dim=1)


def _one_number(similarities, truth, margin):
    return stereo_matching.matching_loss(similarities, truth, margin).mean()


EXERCISE = Exercise(
    stereo_matching.matching_loss,
    cases=(
        Case("five candidates by hand", _by_hand, random=False),
        Case("one row of six pixels", _volume(1, 6, 1, 6, 0.2)),
        Case("two pictures, some pixels unknown", _volume(2, 7, 4, 9, 0.5, low=-2)),
        Case("nobody knows anything", _nobody_knows),
        Case("a small margin", _volume(1, 8, 3, 10, 0.05)),
        Case("the gradient", _with_rivals, observe=with_gradient),
        Case("double precision", _volume(1, 6, 3, 8, 0.3, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("match and rival exchanged", _with(missing=lambda other, match, margin: margin + match - other),
                "match and rival have changed roles: your loss falls where the rival wins."),
        Mistake("winners are blamed", _with(missing=lambda other, match, margin: match - other - margin),
                "you blame the matches that win: yours is above zero where the match is far ahead of its rival."),
        Mistake("margin taken off", _with(missing=lambda other, match, margin: other - match - margin),
                "you took the margin off the difference. Then a match may lose by a margin and nothing is missing; it "
                "has to win by one."),
        Mistake("the margin forgotten", _with(missing=lambda other, match, margin: other - match),
                "the margin is missing. A match that wins by a hair is not safe: what it lacks to winning by the "
                "margin is the loss."),
        Mistake("the match is its own rival", _with(reach=-1),
                "the true match is among its own rivals. It never beats itself, so your loss is never below the "
                "margin."),
        Mistake("neighbors are rivals", _with(reach=0),
                "the candidates beside the truth count as rivals. They show nearly the same patch, and the truth is "
                "rounded; leave out all that differ from it by one."),
        Mistake("not cut off at zero", _with(end=lambda loss: loss),
                "where the match wins by more than the margin, your loss is negative. Pixels that are fine would then "
                "pay for those that are not; nothing is missing there: 0."),
        Mistake("mean of the rivals", _with(_mean_rival),
                "you took the mean of the rivals. Most of them are harmless; what decides is the strongest one."),
        Mistake("weakest rival", _with(_weakest_rival),
                "you took the least similar rival. The one to be beaten is the most similar."),
        Mistake("unknown counted", _with(unknown=False),
                "where the truth is −1 nobody knows it, and you count the pixel as if the match were at disparity 0. "
                "There the loss is 0."),
        Mistake("squared", _with(end=lambda loss: loss.clamp(min=0).square()),
                "you squared what is missing. The hinge is straight."),
        Mistake("one number", _one_number,
                "you have one number. Each pixel has a loss of its own; the mean comes in the next exercise."),
    ),
    points=3,
    success="Zero where the match is safe. What is left are the pixels from which there is something to learn.",
)  # fmt: skip
