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
        truth = whole(g, low, candidates - 1, n, height, width).minimum(column).clamp(min=-1)
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


def _with(rival=lambda s, near, truth: s.masked_fill(near, -torch.inf).amax(dim=1),
          near=lambda difference: difference.abs() <= 1, missing=None, end=lambda loss: loss.clamp(min=0),
          known=lambda truth: truth >= 0, taken_as=lambda truth: truth):  # fmt: skip
    """The loss with one thing wrong."""

    def wrong(similarities, truth, margin):
        candidate = torch.arange(similarities.shape[1]).view(1, -1, 1, 1)
        match = similarities.gather(1, truth.clamp(min=0)[:, None])[:, 0]
        other = rival(similarities, near(candidate - taken_as(truth)[:, None]), truth)
        loss = missing(other, match, margin) if missing else margin + other - match
        loss = end(loss)
        return torch.where(known(truth), loss, 0)

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
        Mistake("the match is its own rival", _with(near=lambda difference: torch.zeros_like(difference).bool()),
                "the true match is among its own rivals. It never beats itself, so your loss is never below the "
                "margin."),
        Mistake("neighbors are rivals", _with(near=lambda difference: difference == 0),
                "the candidates beside the truth count as rivals. They show nearly the same patch, and the truth is "
                "rounded; leave out all that differ from it by one."),
        Mistake("the lower neighbor is a rival", _with(near=lambda difference: (difference == 0) | (difference == 1)),
                "the candidate just below the truth is a rival in yours. It shows nearly the same patch as the "
                "one just above."),
        Mistake("the upper neighbor is a rival", _with(near=lambda difference: (difference == 0) | (difference == -1)),
                "the candidate just above the truth is a rival in yours. Neither of the two neighbors is one."),
        Mistake("rivals only above", _with(near=lambda difference: difference <= 1),
                "in yours no candidate below the truth is ever a rival. What counts is how far a candidate is from the "
                "truth, on either side."),
        Mistake("rivals only below", _with(near=lambda difference: difference >= -1),
                "in yours no candidate above the truth is ever a rival. Does the sign of the difference have a say?"),
        Mistake("rivals too far away", _with(near=lambda difference: difference.abs() <= 2),
                "your rivals begin three candidates away from the truth. One that differs by two is a rival already."),
        Mistake("not cut off at zero", _with(end=lambda loss: loss),
                "where the match wins by more than the margin, your loss is negative. Pixels that are fine would then "
                "pay for those that are not; nothing is missing there: 0."),
        Mistake("mean of the rivals", _with(_mean_rival),
                "you took the mean of the rivals. Most of them are harmless; what decides is the strongest one."),
        Mistake("which rival, not how similar",
                _with(lambda s, near, truth: s.masked_fill(near, -torch.inf).argmax(dim=1)),
                "you calculate with the number of the strongest rival, as if it were a similarity. Wanted is how "
                "similar it is."),
        Mistake("zero as a rival", _with(lambda s, near, truth: s.masked_fill(near, 0).amax(dim=1)),
                "the candidates that are no rivals became 0 in yours, and 0 wins where all rivals are negative. They "
                "have to lose in any case."),
        Mistake("weakest rival", _with(_weakest_rival),
                "you took the least similar rival. The one to be beaten is the most similar."),
        Mistake("unknown counted", _with(known=lambda truth: truth >= -1),
                "where the truth is −1 nobody knows it, and you count the pixel as if the match were at disparity 0. "
                "There the loss is 0."),
        Mistake("unknown taken for zero",
                _with(known=lambda truth: truth >= -1, taken_as=lambda truth: truth.clamp(min=0)),
                "you made a 0 of each −1, and then believed it. That was only to have an index; the pixels that nobody "
                "knows must still be left out."),
        Mistake("zero taken for unknown", _with(known=lambda truth: truth > 0),
                "you let off the pixels whose true candidate is number 0. That is a match like any other; unknown is "
                "what lies below."),
        Mistake("squared", _with(end=lambda loss: loss.clamp(min=0).square()),
                "you squared what is missing. The hinge is straight."),
        Mistake("one number", _one_number,
                "you have one number. Each pixel has a loss of its own; the mean comes in the next exercise."),
    ),
    points=3,
    success="Zero where the match is safe. What is left are the pixels from which there is something to learn.",
)  # fmt: skip
