import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import part_templates


def _some(low, high):
    return lambda g: (whole(g, low, high).item(), 0.5 + 5 * uniform(g, 1).item())


def _columns_first(size, steepness=4.0):
    places = range(size)
    positive = [part_templates.part_template(size, row, column, steepness) for column in places for row in places]
    return torch.stack([*positive, part_templates.template_bank(size)[-1]])


def _diagonal(size, steepness=4.0):
    positive = [part_templates.part_template(size, place, place, steepness) for place in range(size)]
    return torch.stack([*positive, part_templates.template_bank(size)[-1]])


def _negative_of(value):
    """The wrong answer whose last template is `value(size)` everywhere."""

    def wrong(size, steepness=4.0):
        bank = part_templates.template_bank(size, steepness)
        return torch.cat([bank[:-1], torch.full_like(bank[:1], value(size))])

    return wrong


EXERCISE = Exercise(
    part_templates.template_bank,
    cases=(
        Case("maps of 2 × 2 by hand", lambda g: (2,), random=False),
        Case("maps of another size", _some(3, 5)),
        Case("larger maps", _some(6, 9)),
        Case("maps of one position", lambda g: (1,), random=False),
    ),
    mistakes=(
        Mistake("no negative template", lambda n, s=4.0: part_templates.template_bank(n, s)[:-1],
                "you have one template for each position and none besides. What is a map to fit in an image that does "
                "not show the part?"),
        Mistake("negative template first", lambda n, s=4.0: part_templates.template_bank(n, s).roll(1, 0),
                "your negative template comes first. Then template number row · n + column is the one of the position "
                "before; put it last."),
        Mistake("counted down the columns", _columns_first,
                "your templates are counted down the columns. Flat positions of a tensor are counted row by row, as "
                "one reads; the column changes fastest."),
        Mistake("diagonal only", _diagonal,
                "you went through the diagonal only. Each of n rows meets each of n columns, so there are n² places."),
        Mistake("negative template of zeros", _negative_of(lambda n: 0.0),
                "your negative template is all zeros. Zero says: whatever you like. An image without the part should "
                "have a map without responses, and each of them must count against it."),
        Mistake("negative template of −1", _negative_of(lambda n: -1.0),
                "your negative template is −1 everywhere. It has the same scale as the others: −τ, with τ = 0.5 / n²."),
        Mistake("negative template divided by the side", _negative_of(lambda n: -0.5 / n),
                "the τ of your negative template is divided by n and not by n². It is the same τ as in the positive "
                "ones."),
        Mistake("all templates of the usual steepness", lambda n, s=4.0: part_templates.template_bank(n),
                "the steepness that you are given gets lost: your positive templates all have β = 4."),
    ),
    points=2,
    builds_on=("part_template",),
    success="n² places and one nowhere: every answer that a filter may give.",
)  # fmt: skip
