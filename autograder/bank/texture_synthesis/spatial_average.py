import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal
from lib import gram_matrix


def _features(*shape, dtype=torch.float32):
    return lambda g: (normal(g, *shape, dtype=dtype),)


EXERCISE = Exercise(
    gram_matrix.spatial_average,
    cases=(
        Case("two channels by hand", lambda g: (torch.tensor([[[[1.0, 3.0]], [[0.0, -4.0]]]]),), random=False),
        Case("one image, and its gradient", _features(1, 4, 3, 3), observe=with_gradient),
        Case("a batch of 3, taller than wide", _features(3, 5, 6, 2)),
        Case("one position", _features(2, 4, 1, 1)),
        Case("double precision", _features(1, 3, 4, 5, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("averaged over the channels", lambda f: f.mean(dim=1),
                "you averaged over the channels. That keeps the places and forgets the features, the reverse of what "
                "a texture needs."),
        Mistake("summed over the positions", lambda f: f.sum(dim=(2, 3)),
                "you summed over the positions. The average does not change with the size of the image; a sum does."),
        Mistake("averaged over the images too", lambda f: f.mean(dim=(0, 2, 3)),
                "you averaged over the images as well. Each has its own: (N, C)."),
        Mistake("averaged along rows only", lambda f: f.mean(dim=3),
                "you averaged along the rows only. What is left still depends on the place, from top to bottom."),
        Mistake("largest in place of the average", lambda f: f.amax(dim=(2, 3)),
                "you took the largest value of each channel. One loud position would speak for the whole texture; take "
                "the mean."),
        Mistake("no gradient", lambda f: f.detach().mean(dim=(2, 3)),
                "the averages are right, but no gradient comes back through them, and below an image is to be made "
                "from them."),
    ),
    points=1,
    success="C numbers instead of C². See below how far they get you.",
)  # fmt: skip
