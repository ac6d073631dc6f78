import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradients
from autograder.toys import normal, uniform, whole
from lib import conditional_instance_norm as lib_conditional


def _features(*shape, styles, epsilon=1e-5, dtype=torch.float32):
    """Channels of different means and deviations; no image is in style 0."""

    def inputs(g):
        images, channels = shape[:2]
        spread = 0.5 + 3 * uniform(g, images, channels, 1, 1, dtype=dtype)
        features = 2 * normal(g, images, channels, 1, 1, dtype=dtype) + spread * normal(g, *shape, dtype=dtype)
        chosen = whole(g, 1, styles - 1, images)
        scales, shifts = 0.5 + uniform(g, styles, channels, dtype=dtype), normal(g, styles, channels, dtype=dtype)
        return features, scales, shifts, chosen, epsilon

    return inputs


def _by_hand(g):
    features = torch.tensor([[[[1.0, 3.0]]], [[[1.0, 3.0]]]])
    scales, shifts = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[0.0], [10.0], [-10.0]])
    return features, scales, shifts, torch.tensor([2, 1]), 3.0


def _normalized(features, epsilon, axes=(2, 3), correction=0):
    mean = features.mean(dim=axes, keepdim=True)
    return (features - mean) / (features.var(dim=axes, correction=correction, keepdim=True) + epsilon).sqrt()


def _built(scale=lambda table, styles: table[styles], shift=None, axes=(2, 3), correction=0, own=None):
    """The normalization with one thing wrong. `scale` and `shift` pick (N, C) from a table; `own` is an epsilon."""
    shift = shift or scale

    def wrong(features, scales, shifts, styles, epsilon):
        normalized = _normalized(features, own or epsilon, axes, correction)
        return normalized * scale(scales, styles)[..., None, None] + shift(shifts, styles)[..., None, None]

    return wrong


def _own(table, styles):
    return table[styles]


def _in_order(table, styles):
    return table[torch.arange(len(styles)) % len(table)]


def _swapped(features, scales, shifts, styles, epsilon):
    return lib_conditional.conditional_instance_norm(features, shifts, scales, styles, epsilon)


def _one_table(features, scales, shifts, styles, epsilon):
    return lib_conditional.conditional_instance_norm(features, scales, scales, styles, epsilon)


def _not_normalized(features, scales, shifts, styles, epsilon):
    return features * scales[styles][..., None, None] + shifts[styles][..., None, None]


EXERCISE = Exercise(
    lib_conditional.conditional_instance_norm,
    cases=(
        Case("two images by hand", _by_hand, random=False),
        Case("one image, and all gradients", _features(1, 3, 4, 5, styles=3), observe=with_gradients),
        Case("four images", _features(4, 2, 3, 4, styles=5)),
        Case("more images than styles", _features(5, 3, 2, 3, styles=2)),
        Case("a large epsilon", _features(2, 4, 3, 3, styles=4, epsilon=0.5)),
        Case("double precision", _features(3, 2, 4, 2, styles=4, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("one style for the whole batch", _built(lambda table, styles: table[styles[:1]]),
                "every image gets the style of the first one. Each brings its own."),
        Mistake("the first row for all", _built(lambda table, styles: table[:1]),
                "every image gets row 0 of the tables. Which row it is, `styles` says."),
        Mistake("rows in the order of the images", _built(_in_order),
                "image n gets row n. Which row it gets, `styles` says."),
        Mistake("the mean of the styles", _built(lambda table, styles: table.mean(dim=0)),
                "every image gets the mean of all styles. Pick one row for each."),
        Mistake("statistics over the batch", _built(axes=(0, 2, 3)),
                "mean and variance are taken over the whole batch. Its images are in different styles; each is "
                "normalized alone."),
        Mistake("divided by the number minus one", _built(correction=1),
                "your variance divides by the number of positions minus one. It is the plain mean of the squared "
                "deviations, as before."),
        Mistake("only the scale is the style's", _built(_own, lambda table, styles: table[:1]),
                "the scale is the style's, but the shift is row 0 for all. A style owns both."),
        Mistake("scale and shift swapped", _swapped,
                "you multiply by the shift and add the scale of the style."),
        Mistake("one table for both", _one_table,
                "you multiply by the style's scale and add the same scale again. The shift has a table of its own."),
        Mistake("another epsilon", _built(own=1e-5),
                "the epsilon that you were given has no effect. What PyTorch takes when it is not told is another one, "
                "and so is none at all."),
        Mistake("not normalized", _not_normalized,
                "scale and shift are right, but nothing was normalized before. First mean 0 and variance 1, then the "
                "style."),
        Mistake("the tables give no gradient",
                lambda features, scales, shifts, *rest: lib_conditional.conditional_instance_norm(
                    features, scales.detach(), shifts.detach(), *rest),
                "the values are right, but no gradient comes back to the tables, and they are what a style consists "
                "of. Take their rows by indexing, within the graph."),
    ),
    points=2,
    success="Each image of a batch can now be in a style of its own, and all of them share every convolution.",
)  # fmt: skip
