import torch

from autograder import observe_attacks
from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import gradient_attacks


def _images(*shape, epsilon, contrast=1.0):
    def inputs(g):
        images = (0.5 + contrast * (uniform(g, *shape) - 0.5)).clamp(0, 1)
        return images, epsilon, torch.Generator().manual_seed(int(whole(g, 0, 2**31 - 1, 1)))

    return inputs


def _starts(inputs, answer):
    """What starts must be like: within reach and range, and the changes uniform where the range leaves room."""
    images, epsilon, _ = inputs
    starts = torch.as_tensor(answer).detach().to(images)
    if starts.shape != images.shape:
        return {"shape": list(starts.shape)}
    changes = (starts - images) / epsilon
    free = changes[(images >= epsilon) & (images <= 1 - epsilon)]
    slack = 1.6 / len(free) ** 0.5  # five deviations of a mean of such values, or more
    pairs = changes.flatten(0, 1).flatten(1)
    return {
        "shape": list(starts.shape),
        "every value between 0 and 1": bool(((starts >= -1e-6) & (starts <= 1 + 1e-6)).all()),
        "no value changed by more than ε": bool((changes.abs() <= 1 + 1e-3).all()),
        "up as often as down": bool(free.sign().mean().abs() < 3.2 * slack),
        "some changes nearly ε": bool(free.abs().max() > 0.9),
        "small changes as often as large ones": bool(((free.abs() < 0.5).float().mean() - 0.5).abs() < 1.6 * slack),
        "a change of its own for each map": len(pairs) < 2 or not torch.allclose(pairs[0], pairs[-1], atol=1e-3),
    }


def _noise(draw, end=lambda x: x.clamp(0, 1)):
    """The start with other changes: `draw(images, generator)`, in units of ε."""
    return lambda images, epsilon, generator: end(images + epsilon * draw(images, generator))


def _uniform(images, generator):
    return 2 * torch.rand(images.shape, generator=generator) - 1


EXERCISE = Exercise(
    gradient_attacks.random_start,
    cases=(
        Case("a gray image", _images(1, 1, 12, 12, epsilon=0.1, contrast=0.2),
             observe=observe_attacks.drawing, measure=_starts),
        Case("two images of 3 channels", _images(2, 3, 16, 20, epsilon=8 / 255, contrast=0.5),
             observe=observe_attacks.drawing, measure=_starts),
        Case("three images of strong contrast, a large ε", _images(3, 3, 24, 16, epsilon=0.3, contrast=1.5),
             observe=observe_attacks.drawing, measure=_starts),
    ),
    mistakes=(
        Mistake("generator not used", _noise(lambda x, g: 2 * torch.rand(x.shape) - 1),
                "your numbers do not come from the generator that you were given, so nobody can get the same start "
                "again. Hand it on to the function that draws."),
        Mistake("a seed of its own", _noise(lambda x, g: _uniform(x, torch.Generator().manual_seed(0))),
                "you draw the same numbers every time, whatever the generator. Then a restart is no new attempt."),
        Mistake("only upward", _noise(lambda x, g: torch.rand(x.shape, generator=g)),
                "your images only get brighter. The ball reaches to both sides: from −ε to ε."),
        Mistake("half the reach", _noise(lambda x, g: torch.rand(x.shape, generator=g) - 0.5),
                "your changes end at ε / 2. From −ε to ε the whole width is 2 ε."),
        Mistake("normal noise", _noise(lambda x, g: torch.randn(x.shape, generator=g)),
                "a third of your changes is larger than ε: the normal distribution has no end. Draw uniformly."),
        Mistake("only the ends", _noise(lambda x, g: _uniform(x, g).sign()),
                "all your changes are ε or −ε: corners of the cube. The start may be anywhere inside."),
        Mistake("one noise for all", _noise(lambda x, g: _uniform(x[:1, :1], g)),
                "all channels and images are changed by the same noise. Every value has a change of its own."),
        Mistake("beyond the range", _noise(_uniform, end=lambda x: x),
                "where an image is nearly black or white, your start is no image: cut off below 0 and above 1."),
    ),
    points=1,
    success="Another seed, another attempt. What is robust must withstand them all.",
)  # fmt: skip
