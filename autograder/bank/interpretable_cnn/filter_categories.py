import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import interpretable_filters


def _maps(counts, channels, size, dtype=torch.float32):
    """So many images of each category, in any order; a filter may respond weakly to many or strongly to few."""

    def inputs(g):
        order = torch.randperm(sum(counts), generator=g)
        labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))[order]
        liking = (0.3 + uniform(g, len(counts), channels, dtype=dtype))[labels]
        maps = normal(g, len(labels), channels, size, size, dtype=dtype).abs()
        return liking[:, :, None, None] * maps, labels, len(counts)

    return inputs


def _by_hand(g):
    """Three weak images of category 0 and one strong image of category 1; the other filter has a high peak."""
    maps = torch.zeros(4, 2, 2, 2)
    maps[:3, 0], maps[3, 0] = 1.0, 2.0
    maps[:3, 1], maps[3, 1, 0, 0] = 1.0, 3.0
    return maps, torch.tensor([0, 0, 0, 1]), 2


def _by(reduce):
    """The wrong answer that takes the largest of `reduce(maps of a category)`, (C,)."""

    def wrong(maps, labels, categories):
        return torch.stack([reduce(maps[labels == number]) for number in range(categories)]).argmax(dim=0)

    return wrong


def _strongest_image(maps, labels, categories):
    return labels[maps.sum(dim=(2, 3)).argmax(dim=0)]


def _votes(maps, labels, categories):
    return interpretable_filters.filter_categories(maps, labels, categories)[None].expand(len(maps), -1)


def _favorite_filter(maps, labels, categories):
    sums = [maps[labels == number].sum(dim=(2, 3)).mean(dim=0) for number in range(categories)]
    return torch.stack(sums).argmax(dim=1)


EXERCISE = Exercise(
    interpretable_filters.filter_categories,
    cases=(
        Case("two filters by hand", _by_hand, random=False),
        Case("three categories", _maps([4, 4, 4], 6, 3)),
        Case("categories of unequal size", _maps([12, 2, 5, 3], 40, 3)),
        Case("one image of each", _maps([1, 1, 1], 30, 4)),
        Case("double precision", _maps([3, 7], 20, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("sum over the images", _by(lambda maps: maps.sum(dim=(0, 2, 3))),
                "you added up the images of a category. Then a category with many images wins many filters; compare "
                "means."),
        Mistake("peak in place of the sum", _by(lambda maps: maps.amax(dim=(2, 3)).mean(dim=0)),
                "you compared peaks. Here a filter's response to an image is the sum over its map."),
        Mistake("category of the strongest image", _strongest_image,
                "you took the category of the one image that excites the filter most. One image may be an exception; "
                "ask all images of the category."),
        Mistake("weakest category", _by(lambda maps: -maps.sum(dim=(2, 3)).mean(dim=0)),
                "you took the category that excites the filter least."),
        Mistake("a filter for each category", _favorite_filter,
                "you looked for the strongest filter of each category. It is the other way round: each filter gets a "
                "category, so there are C answers, and some categories may get none."),
        Mistake("a category for each image", _votes,
                "you have an answer for every image. A filter belongs to one category, whatever the image."),
    ),
    points=2,
    success="Now it is known which images a filter should find its part in, and which not.",
)  # fmt: skip
