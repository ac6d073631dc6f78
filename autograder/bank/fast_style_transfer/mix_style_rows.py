import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import conditional_instance_norm as lib_conditional

CHANNELS = {"down1.scale": 4, "down1.shift": 4, "up1.scale": 2, "up1.shift": 2}


def _tables(images, styles, names=tuple(CHANNELS), total=1.0, dtype=torch.float32):
    """Tables, and mixtures whose rows add up to `total`."""

    def inputs(g):
        tables = {name: normal(g, styles, CHANNELS[name], dtype=dtype) for name in names}
        mixture = 0.1 + uniform(g, images, styles, dtype=dtype)
        return tables, total * mixture / mixture.sum(dim=1, keepdim=True)

    return inputs


def _by_hand(g):
    return {"enter.scale": torch.tensor([[1.0], [2.0], [6.0]])}, torch.tensor([[0.5, 0.0, 0.5], [0.0, 0.25, 0.75]])


def _with(mixed):
    """The tables times a mixture that something has been done to."""
    return lambda tables, mixture: lib_conditional.mix_style_rows(tables, mixed(mixture))


def _largest(mixture):
    return (mixture == mixture.amax(dim=1, keepdim=True)).to(mixture)


def _scales_only(tables, mixture):
    mixed = lib_conditional.mix_style_rows(tables, mixture)
    first = _largest(mixture)
    return {name: row if name.endswith("scale") else first @ tables[name] for name, row in mixed.items()}


def _between_the_first_two(tables, mixture):
    share = mixture[:, :1]
    return {name: share * table[:1] + (1 - share) * table[1:2] for name, table in tables.items()}


EXERCISE = Exercise(
    lib_conditional.mix_style_rows,
    cases=(
        Case("two images, three styles, by hand", _by_hand, random=False),
        Case("one image, two styles", _tables(1, 2)),
        Case("four images, three styles", _tables(4, 3)),
        Case("beyond a style", _tables(3, 3, total=1.5)),
        Case("double precision", _tables(2, 5, names=("up1.scale", "up1.shift"), dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("softmax", _with(lambda mixture: mixture.softmax(dim=1)),
                "you put the mixture through a softmax. It holds shares already; a half and a half must stay so, and "
                "so must a style alone."),
        Mistake("made to add up to one", _with(lambda mixture: mixture / mixture.sum(dim=1, keepdim=True)),
                "you made the rows of the mixture add up to 1. They are used as they are: a style can be exaggerated."),
        Mistake("the largest share wins", _with(_largest),
                "each image gets the one style of which it should have most. The others count too, by their shares."),
        Mistake("equal shares", _with(lambda mixture: torch.full_like(mixture, 1 / mixture.shape[1])),
                "every image gets the mean of all styles. How much of each, the mixture says."),
        Mistake("one mixture for all images", _with(lambda mixture: mixture[:1].expand_as(mixture)),
                "every image gets the mixture of the first one. Each has a row of its own."),
        Mistake("squared shares", _with(lambda mixture: mixture**2),
                "the shares come in squared."),
        Mistake("only the scales are mixed", _scales_only,
                "the scales are mixed and the shifts are those of one style. Both belong to the style."),
        Mistake("only two styles", _between_the_first_two,
                "you go from the first style to the second. There may be more; every row of the tables counts."),
    ),
    points=1,
    success="Between two styles there is a line, and every point of it paints.",
)  # fmt: skip
