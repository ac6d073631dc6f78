import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import part_localization


def _places(images, filters, parts, missing=0, dtype=torch.float32):
    def inputs(g):
        points = 20 * uniform(g, images, filters, 2, dtype=dtype)
        centers = 20 * uniform(g, images, parts, 2, dtype=dtype)
        for part in range(parts):
            centers[torch.randperm(images, generator=g)[:missing], part] = torch.nan
        return points, centers, 7.0

    return inputs


def _by_hand(g):
    """A filter in four images: twice on the first part, once exactly at the reach; two images have the second."""
    points = torch.tensor([[[0.0, 0.0]], [[5.0, 5.0]], [[9.0, 9.0]], [[1.0, 8.0]]])
    first = torch.tensor([[3.0, 4.0], [5.0, 6.0], [0.0, 0.0], [9.0, 1.0]])
    second = torch.tensor([[torch.nan] * 2, [20.0, 20.0], [9.0, 6.0], [torch.nan] * 2])
    return points, torch.stack([first, second], dim=1), 5.0


def _a_part_that_is_nowhere(g):
    points, centers, reach = _places(5, 3, 2)(g)
    centers[:, 1] = torch.nan
    return points, centers, reach


def _hits(points, centers, reach, norm=2):
    return ((points[:, :, None] - centers[:, None]).norm(dim=3, p=norm) <= reach).float()


def _has(centers):
    return ~centers.isnan().any(dim=2)


def _over_all_images(points, centers, reach):
    return _hits(points, centers, reach).mean(dim=0)


def _normed(norm):
    """The wrong answer that measures distances by another norm."""

    def wrong(points, centers, reach):
        return _hits(points, centers, reach, norm).sum(dim=0) / _has(centers).sum(dim=0).clamp(min=1)

    return wrong


def _squared(points, centers, reach):
    near = (points[:, :, None] - centers[:, None]).square().sum(dim=3) <= reach
    return near.sum(dim=0) / _has(centers).sum(dim=0).clamp(min=1)


def _strictly(points, centers, reach):
    near = (points[:, :, None] - centers[:, None]).norm(dim=3) < reach
    return near.sum(dim=0) / _has(centers).sum(dim=0).clamp(min=1)


def _nearest(points, centers, reach):
    distances = (points[:, :, None] - centers[:, None]).norm(dim=3).nan_to_num(torch.inf)
    first = torch.nn.functional.one_hot(distances.argmin(dim=2), centers.shape[1]) * (distances <= reach)
    return first.sum(dim=0) / _has(centers).sum(dim=0).clamp(min=1)


def _zero_over_zero(points, centers, reach):
    return _hits(points, centers, reach).sum(dim=0) / _has(centers).sum(dim=0)


def _as_zero(points, centers, reach):
    return part_localization.part_localization(points, centers.nan_to_num(0.0), reach)


EXERCISE = Exercise(
    part_localization.part_localization,
    cases=(
        Case("four images by hand", _by_hand, random=False),
        Case("a filter and two parts", _places(8, 1, 2)),
        Case("many filters", _places(30, 6, 3)),
        Case("parts that some images lack", _places(16, 4, 3, missing=6)),
        Case("a part that no image has", _a_part_that_is_nowhere),
        Case("double precision", _places(10, 3, 4, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("images without the part counted", _over_all_images,
                "you divided by all images. Where there is no tail, no peak can be on it; only images that have the "
                "part count."),
        Mistake("missing parts placed in the corner", _as_zero,
                "you made zeros of the missing places. Then a part that is not there lies in the upper left corner."),
        Mistake("0 / 0", _zero_over_zero,
                "for a part that no image has you divide zero by zero. There it is 0."),
        Mistake("square in place of a circle", _normed(float("inf")),
                "your region is a square: the larger of the two differences is compared with the reach. Take the "
                "straight distance."),
        Mistake("steps in place of the distance", _normed(1),
                "you counted steps along rows and columns, as the templates do. A part in an image is a round thing: "
                "take the straight distance."),
        Mistake("squared distance against the reach", _squared,
                "you compare the squared distance with the reach. One is in square pixels, the other in pixels."),
        Mistake("a peak just within reach left out", _strictly,
                "a peak that is exactly at the reach is missing. At most so far, it says."),
        Mistake("only the nearest part", _nearest,
                "you counted a peak for the nearest part only. Parts may overlap, and then it is on both."),
        Mistake("one score for each filter", lambda *i: part_localization.part_localization(*i).amax(dim=1),
                "you kept the best part of each filter. The choice comes later, and on other images; here all parts "
                "are asked: (C, P)."),
    ),
    points=2,
    success="A number that a person can check with her own eyes, image by image.",
)  # fmt: skip
