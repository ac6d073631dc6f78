import torch

from autograder import observe_results
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, whole
from lib import contrastive


def _pairs(count, d, margin, dtype=torch.float32, scale=1.0):
    def inputs(g):
        same = whole(g, 0, 1, count).bool()
        same[:2] = torch.tensor([True, False])[: min(2, count)]
        return scale * normal(g, count, d, dtype=dtype), scale * normal(g, count, d, dtype=dtype), same, margin

    return inputs


def _by_hand(g):
    first = torch.zeros(4, 2)
    second = torch.tensor([[0.3, 0.4], [0.3, 0.4], [3.0, 4.0], [0.0, 0.0]])
    return first, second, torch.tensor([True, False, False, False]), 2.0


def _coinciding(g):
    first = normal(g, 6, 3) / 3
    second = normal(g, 6, 3) / 3
    second[::2] = first[::2]
    return first, second, torch.tensor([True, True, True, False, False, False]), 1.5


def _like(pull, push):
    """The wrong answer made of d² and the margin."""

    def wrong(first, second, same, margin):
        squared = (first - second).square().sum(dim=1)
        return torch.where(same, pull(squared, margin), push(squared, margin))

    return wrong


def _itself(squared, margin):
    return squared


def _beyond(squared, margin):
    return (margin**2 - squared).relu()


def _mean_of_dimensions(first, second, same, margin):
    squared = (first - second).square().mean(dim=1)
    return torch.where(same, squared, _beyond(squared, margin))


def _by_root(first, second, same, margin):
    squared = (first - second).square().sum(dim=1).sqrt() ** 2
    return torch.where(same, squared, _beyond(squared, margin))


EXERCISE = Exercise(
    contrastive.contrastive_loss,
    cases=(
        Case("four pairs by hand", _by_hand, random=False),
        Case("eight pairs, with the gradient", _pairs(8, 3, 2.0), observe=observe_results.with_gradient),
        Case("one pair", _pairs(1, 5, 1.0)),
        Case("a small margin", _pairs(12, 4, 0.7, scale=0.3)),
        Case("pairs that coincide, with the gradient", _coinciding, observe=observe_results.with_gradient),
        Case("double precision", _pairs(6, 2, 1.3, torch.float64)),
    ),
    mistakes=(
        Mistake("distances not squared", _like(lambda s, m: s.sqrt(), lambda s, m: (m - s.sqrt()).relu()),
                "you used the distance where its square is asked, for both kinds of pairs. With d in place of d² even "
                "a pair that is nearly together is pulled at full strength."),
        Mistake("Hadsell's term", _like(_itself, lambda s, m: (m - s.sqrt()).relu().square()),
                "for pairs of two classes this is max(0, m − d)², the original. Here it is m² − d²; the next exercise "
                "compares the two."),
        Mistake("square of a difference of unlike things", _like(_itself, lambda s, m: (m - s).square()),
                "for pairs of two classes you square the difference of a distance and a squared distance, and nothing "
                "cuts it off: beyond the margin it grows, and pulls them back."),
        Mistake("margin less the square, squared", _like(_itself, lambda s, m: (m - s).relu().square()),
                "for pairs of two classes you take a squared distance from the margin, which is a distance, and square "
                "the rest. Here the margin is squared first, and the rest stays as it is."),
        Mistake("mean of the dimensions", _mean_of_dimensions,
                "your squares are averaged over the dimensions. A squared distance adds them up, and the margin is "
                "measured in that."),
        Mistake("margin not squared", _like(_itself, lambda s, m: (m - s).relu()),
                "the margin is a distance, and you subtract a squared distance from it. Both must be squares."),
        Mistake("classes the other way round", lambda a, b, same, m: contrastive.contrastive_loss(a, b, ~same, m),
                "you push pairs of one class apart and pull the others together. `same` is true for pairs of one "
                "class."),
        Mistake("no end to pushing", _like(_itself, lambda s, m: m**2 - s),
                "pairs of two classes that are farther than the margin get a negative loss, so they are pushed on "
                "forever. Beyond the margin the loss is zero."),
        Mistake("halved", lambda *inputs: contrastive.contrastive_loss(*inputs) / 2,
                "this is half of what is asked. The paper has a factor of one half in front; here it is left out."),
        Mistake("mean over the pairs", lambda *inputs: contrastive.contrastive_loss(*inputs).mean(),
                "you took the mean over the pairs. Keep one loss for each: what to do with them is decided later."),
        Mistake("root and square", _by_root,
                "the values are right, but you took a root on the way and squared it again. Where two embeddings "
                "coincide its slope is infinite, and the gradient becomes NaN."),
    ),
    points=2,
    success="Two forces: a spring between equals, and a push between others that ends at the margin.",
)  # fmt: skip
