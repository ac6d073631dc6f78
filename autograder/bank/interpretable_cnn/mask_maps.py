import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import interpretable_filters
from lib.part_templates import part_template


def _bank(size, dtype=torch.float32):
    """Templates whose maximum is 1, and the negative one."""
    places = [(row, column) for row in range(size) for column in range(size)]
    positive = torch.stack([part_template(size, *place) for place in places]).to(dtype) * 2 * size**2
    return torch.cat([positive, torch.full((1, size, size), -1.0, dtype=dtype)])


def _maps(images, channels, size, dtype=torch.float32):
    return lambda g: (normal(g, images, channels, size, size, dtype=dtype).relu(), _bank(size, dtype))


def _everywhere(images, channels, size, dtype=torch.float32):
    """Maps without zeros: there, the gradient is a matter of taste."""
    return lambda g: (0.1 + normal(g, images, channels, size, size, dtype=dtype).abs(), _bank(size, dtype))


def _by_hand(g):
    maps = torch.tensor([[[[0.0, 1.0, 0.0], [0.0, 0.0, 4.0], [2.0, 0.0, 3.0]]]])
    return maps, _bank(3)


def _turned(g):
    return normal(g, 2, 4, 5, 3).relu()[..., [0, 1, 2, 2, 0]].transpose(2, 3), _bank(5)


def _chosen(number):
    """The wrong answer that takes template `number(maps)`, (N, C)."""
    return lambda maps, templates: (maps * templates[number(maps)]).relu()


def _least(maps):
    return maps.flatten(2).argmin(dim=2)


def _exchanged(maps):
    place, size = maps.flatten(2).argmax(dim=2), maps.shape[3]
    return place % size * size + place // size


def _of_the_mean(maps):
    return maps.mean(dim=1).flatten(1).argmax(dim=1)[:, None].expand(maps.shape[:2])


def _of_all_images(maps):
    return maps.sum(dim=0).flatten(1).argmax(dim=1).expand(maps.shape[:2])


def _best_fit(maps, templates):
    fits = torch.einsum("ncij,kij->nck", maps, templates)
    return (maps * templates[fits.argmax(dim=2)]).relu()


def _detached(maps, templates):
    return (maps.detach() * templates[maps.flatten(2).argmax(dim=2)]).relu() + 0 * maps


EXERCISE = Exercise(
    interpretable_filters.mask_maps,
    cases=(
        Case("a map of 3 × 3 by hand", _by_hand, random=False),
        Case("one map", _maps(1, 1, 4)),
        Case("a batch of 3 with 5 channels", _maps(3, 5, 6)),
        Case("a map without any response", lambda g: (torch.zeros(1, 2, 3, 3), _bank(3)), random=False),
        Case("maps that respond everywhere", _everywhere(2, 3, 5), observe=observe_results.with_gradient),
        Case("maps that are not contiguous in memory", _turned),
        Case("double precision", _everywhere(3, 2, 4, torch.float64), observe=observe_results.with_gradient),
    ),
    mistakes=(
        Mistake("template of the weakest position", _chosen(_least),
                "you took the template of the smallest value. A part is where its filter responds most."),
        Mistake("template of the position before", _chosen(lambda m: m.flatten(2).argmax(dim=2) - 1),
                "your template is centered off the maximum, one position before it. Template row · n + column belongs "
                "to (row, column), both counted from 0."),
        Mistake("row and column of the maximum exchanged", _chosen(_exchanged),
                "your template is centered off the maximum: at its column and row, exchanged. A flat index counts "
                "along the rows, and the row is what one gets by dividing it by n."),
        Mistake("one template for all channels", _chosen(_of_the_mean),
                "one template serves all channels of an image. Each filter is to have a part of its own, so each map "
                "has its own maximum."),
        Mistake("one template for all images", _chosen(_of_all_images),
                "you chose one template for each filter, from all images together. A part is elsewhere in each image, "
                "so the choice is made anew for every map."),
        Mistake("best fitting template", _best_fit,
                "you took the template that fits the map best as a whole. That is another good idea, but the paper "
                "looks at the strongest position alone."),
        Mistake("negative values kept", lambda m, t: m * t[m.flatten(2).argmax(dim=2)],
                "some of your values are negative: where the template is, a response became an anti-response. What is "
                "far from the part is to be silent, so cut at zero."),
        Mistake("negative template", _chosen(lambda m: torch.full(m.shape[:2], -1)),
                "everything is zero, because you multiplied by the negative template. The mask is always the one of "
                "the maximum, even if the image has no such part."),
        Mistake("only the maximum is left", lambda m, t: m * (m == m.amax(dim=(2, 3), keepdim=True)),
                "you kept the largest value and nothing around it. The template falls off slowly, because a part is "
                "larger than one position."),
        Mistake("gradient stopped", _detached,
                "the values are right, but no gradient comes back to the maps. The choice of a template has none; the "
                "product has."),
    ),
    points=2,
    success="The next layer sees one place for each filter. What is elsewhere no longer counts.",
)  # fmt: skip
