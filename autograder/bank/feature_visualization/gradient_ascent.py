import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import feature_visualization


class Hill:
    """Σ (slope · x − bend · x² / 2 − (x · neighbor) / 4) for each image: a smooth hill with one top."""

    def __init__(self, slope, bend):
        self.slope, self.bend = slope, bend

    def __call__(self, images):
        turned = images.flip(3)
        return (self.slope * images - self.bend * images**2 / 2 - images * turned / 4).sum(dim=(1, 2, 3))

    def __str__(self):
        return "a smooth hill"


class Nothing:
    """No regularization: the images as they are."""

    def __call__(self, images, gradients):
        return images

    def __str__(self):
        return "no change"


class Shrink:
    """All values a tenth smaller, and zero where the gradient is weak."""

    def __call__(self, images, gradients):
        return 0.9 * images * (gradients.abs() > 0.3)

    def __str__(self):
        return "smaller, and 0 where the gradient is small"


def _climb(n, steps, regularize, height=3, width=4, dtype=torch.float32):
    def inputs(g):
        hill = Hill(normal(g, 3, height, width, dtype=dtype), 1 + uniform(g, 3, height, width, dtype=dtype))
        return hill, normal(g, n, 3, height, width, dtype=dtype), steps, 0.1 + 0.2 * float(uniform(g, 1)), regularize

    return inputs


def _by_hand(g):
    return Hill(torch.tensor(1.0), torch.tensor(0.5)), torch.zeros(1, 1, 1, 2), 2, 0.5, Nothing()


def _gradients(objective, images, collect=torch.sum):
    with torch.enable_grad():
        images = images.detach().requires_grad_()
        return torch.autograd.grad(collect(objective(images)), images)[0]


def _ascent(gradients=_gradients, update=None, before=False, last=False, handed=None):
    """The loop with one of its parts replaced."""

    def wrong(objective, start, steps, step_size, regularize):
        images = start.detach().clone()
        for step in range(steps):
            found = gradients(objective, images)
            if before:
                images = regularize(images, found)
            images = images + step_size * (found if update is None else update(found))
            if not before and (not last or step == steps - 1):
                images = regularize(images, found if handed is None else handed(objective, images))
        return images

    return wrong


def _piling_up(objective, start, steps, step_size, regularize):
    """As with `.grad` that nobody clears: the regularizer gets the sum as well."""
    images, total = start.detach().clone(), 0
    for _ in range(steps):
        total = total + _gradients(objective, images)
        images = regularize(images + step_size * total, total)
    return images


def _frozen(objective, start, steps, step_size, regularize):
    first, images = _gradients(objective, start), start.clone()
    for _ in range(steps):
        images = regularize(images + step_size * first, first)
    return images


def _never_regular(objective, start, steps, step_size, regularize):
    return feature_visualization.gradient_ascent(objective, start, steps, step_size, Nothing())


def _one_step_short(objective, start, steps, step_size, regularize):
    return feature_visualization.gradient_ascent(objective, start, steps - 1, step_size, regularize)


EXERCISE = Exercise(
    feature_visualization.gradient_ascent,
    cases=(
        Case("two pixels and two steps by hand", _by_hand, random=False),
        Case("one step", _climb(1, 1, Nothing())),
        Case("five steps, two images", _climb(2, 5, Nothing())),
        Case("four steps with a regularizer, three images", _climb(3, 4, Shrink(), 4, 3)),
        Case("three steps with a regularizer, double precision", _climb(2, 3, Shrink(), 2, 5, torch.double)),
    ),
    mistakes=(
        Mistake("downhill", _ascent(update=lambda found: -found),
                "you go downhill. Training subtracts the gradient because it wants a small loss; here the value is to "
                "become large."),
        Mistake("gradients pile up", _piling_up,
                "your gradients pile up: `backward` adds to what is in `.grad` already. From the second step on you "
                "repeat the earlier ones."),
        Mistake("gradient of the start", _frozen,
                "you went all the way in the direction of the first gradient. The direction changes with the image; "
                "ask again in each step."),
        Mistake("mean over the batch", _ascent(lambda objective, images: _gradients(objective, images, torch.mean)),
                "with more images in the batch each of yours takes smaller steps, because you differentiate the mean "
                "of the values. Each should climb as if it were alone."),
        Mistake("gradient normalized",
                _ascent(update=lambda found: found / found.flatten(1).norm(dim=1)[:, None, None, None]),
                "you gave each gradient the length one. A good trick, but here the step is η times the gradient as "
                "it is."),
        Mistake("only the sign", _ascent(update=lambda found: found.sign()),
                "you kept only the signs of the gradient. Assignment 14 does that for good reason; here strong and "
                "weak pixels differ."),
        Mistake("regularized before the step", _ascent(before=True),
                "you made the image regular before the step. Then what the last step added is still in the "
                "result: the step comes first."),
        Mistake("regularized only in the end", _ascent(last=True),
                "you made only the final image regular. Cosmetics: the climb itself has to stay among regular images, "
                "so do it in each step."),
        Mistake("never regularized", _never_regular,
                "`regularize` is never called. Without it you climb, but to noise."),
        Mistake("new gradients to the regularizer", _ascent(handed=_gradients),
                "the regularizer got the gradients at the new images. It wants those that led there, which you have "
                "already; asking again costs a pass."),
        Mistake("one step short", _one_step_short,
                "you stopped one step early. `steps` counts the updates, not the images seen."),
    ),
    points=2,
    success="You can climb anything that has a gradient. What you find at the top is another question.",
)  # fmt: skip
