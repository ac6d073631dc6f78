import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import part_localization


def _places(images, filters, parts, dtype=torch.float32, offset=0.0):
    def inputs(g):
        points, centers = (offset + 70 * uniform(g, images, many, 2, dtype=dtype) for many in (filters, parts))
        return points, centers, 40 + 80 * uniform(g, 1).item()

    return inputs


def _by_hand(g):
    points = torch.tensor([[[3.0, 4.0]], [[0.0, 0.0]]])
    centers = torch.tensor([[[0.0, 0.0], [3.0, 0.0]], [[0.0, 1.0], [0.0, 4.0]]])
    return points, centers, 10.0


def _kept(g):
    """Peaks that are always as far from a part, in other directions; and one that is not."""
    centers = 70 * uniform(g, 6, 1, 2)
    angles = 6.28 * uniform(g, 6, 3)
    away = torch.stack([angles.cos(), angles.sin()], dim=2) * torch.tensor([3.0, 7.0, 11.0])[:, None]
    return torch.cat([centers + away, 70 * uniform(g, 6, 1, 2)], dim=1), centers, 100.0


def _away(points, centers, diagonal):
    return (points[:, :, None] - centers[:, None]).norm(dim=3) / diagonal


def _of(reduce):
    """The wrong answer that makes `reduce(distances)` of the distances (N, C, P), in diagonals."""
    return lambda points, centers, diagonal: reduce(_away(points, centers, diagonal))


def _scatter(points, centers, diagonal):
    offsets = (points[:, :, None] - centers[:, None]) / diagonal
    return offsets.std(dim=0, correction=0).norm(dim=2).mean(dim=1)


def _of_the_peak_alone(points, centers, diagonal):
    return (points.norm(dim=2) / diagonal).std(dim=0, correction=0)


def _of_all_at_once(distances):
    return distances.transpose(1, 2).flatten(0, 1).std(dim=0, correction=0)


def _by_one_less(distances):
    """As `std` with its own correction, which warns of a single image."""
    squares = (distances - distances.mean(dim=0)).square().sum(dim=0)
    return (squares / (len(distances) - 1)).sqrt().mean(dim=1)


def _squared(points, centers, diagonal):
    return ((points[:, :, None] - centers[:, None]).square().sum(3) / diagonal).std(dim=0, correction=0).mean(dim=1)


EXERCISE = Exercise(
    part_localization.location_instability,
    cases=(
        Case("two images by hand", _by_hand, random=False),
        Case("a filter and two parts", _places(6, 1, 2)),
        Case("many filters", _places(9, 7, 3)),
        Case("one image", _places(1, 3, 2)),
        Case("peaks that keep their distance", _kept),
        Case("double precision", _places(5, 4, 3, torch.float64)),
    ),
    mistakes=(
        Mistake("mean distance", _of(lambda d: d.mean(dim=(0, 2))),
                "you have the mean distance. A filter may mean a place beside the part, and always the same; what "
                "counts is how much the distance varies."),
        Mistake("variance", _of(lambda d: d.var(dim=0, correction=0).mean(dim=1)),
                "you took the variance. Its root is the standard deviation, in the unit of a distance."),
        Mistake("divided by N − 1", _of(_by_one_less),
                "your standard deviation divides by N − 1, as PyTorch does unless it is told otherwise. Here it is N; "
                "one image alone has an instability of zero, and not NaN."),
        Mistake("spread over parts", _of(lambda d: d.std(dim=2, correction=0).mean(dim=0)),
                "you looked at how the distances differ from part to part. The question is how they vary from image to "
                "image."),
        Mistake("spread of all distances at once", _of(_of_all_at_once),
                "you put the distances to all parts into one heap. Head and tail are far apart, and that alone is no "
                "instability: one deviation for each part, and then their mean."),
        Mistake("best part only", _of(lambda d: d.std(dim=0, correction=0).amin(dim=1)),
                "you took the steadiest part only. The paper averages over all parts."),
        Mistake("not divided by the diagonal", lambda p, c, d: part_localization.location_instability(p, c, 1.0),
                "yours is in pixels. Divided by the diagonal it means the same in images of every size."),
        Mistake("spread of the offsets", _scatter,
                "you measured how much the offset varies, x and y apart. The paper takes the length first: a peak that "
                "circles around the part at a constant distance counts as steady."),
        Mistake("distance squared", _squared,
                "your distances are squared. The root is missing."),
        Mistake("filters averaged too", _of(lambda d: d.std(dim=0, correction=0).mean()),
                "you averaged over the filters as well. Each has an instability of its own: (C,)."),
        Mistake("parts ignored", _of_the_peak_alone,
                "you measured how much the peak moves within the image. It must move, with the animal; what should "
                "stay is its distance from the parts."),
    ),
    points=2,
    success="A small number: the filter follows something that moves with the parts. Not yet: that it is a part.",
)  # fmt: skip
