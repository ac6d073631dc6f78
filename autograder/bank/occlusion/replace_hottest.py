import torch

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import faithfulness


def _by_hand(g):
    heat = torch.tensor([[0.1, 0.4, 0.3], [0.2, 0.6, 0.5]])
    return torch.ones(1, 3, 2, 3), torch.zeros(1, 3, 2, 3), heat, 3


def _pair(height, width, steps, dtype=torch.float32):
    return lambda g: (
        uniform(g, 1, 3, height, width, dtype=dtype),
        uniform(g, 1, 3, height, width, dtype=dtype),
        normal(g, height, width, dtype=dtype),
        steps,
    )


def _one_slice_at_a_time(start, end, heat, steps):
    rank = heat.flatten().argsort(descending=True).argsort().view(heat.shape)
    counts = torch.arange(-1, steps + 1) * heat.numel() // steps
    low, high = counts[:-1].view(-1, 1, 1, 1), counts[1:].view(-1, 1, 1, 1)
    return torch.where((low <= rank) & (rank < high), end, start)


def _by_value(start, end, heat, steps):
    low, high = heat.min(), heat.max()
    thresholds = high - (high - low) * torch.arange(steps + 1) / steps
    return torch.where(heat >= thresholds.view(-1, 1, 1, 1).to(heat), end, start)


def _without_first(start, end, heat, steps):
    return faithfulness.replace_hottest(start, end, heat, steps)[1:]


def _pixel_by_pixel(start, end, heat, steps):
    rank = heat.flatten().argsort(descending=True).argsort().view(heat.shape)
    return torch.where(rank < torch.arange(steps + 1).view(-1, 1, 1, 1), end, start)


def _position_for_rank(start, end, heat, steps):
    order = heat.flatten().argsort(descending=True).view(heat.shape)
    counts = torch.arange(steps + 1) * heat.numel() // steps
    return torch.where(order < counts.view(-1, 1, 1, 1), end, start)


EXERCISE = Exercise(
    faithfulness.replace_hottest,
    cases=(
        Case("six pixels by hand", _by_hand, random=False),
        Case("four steps", _pair(6, 6, 4)),
        Case("five steps of 42 pixels", _pair(6, 7, 5)),
        Case("one step, taller than wide", _pair(7, 3, 1)),
        Case("as many steps as pixels", _pair(3, 4, 12)),
        Case("double precision", _pair(4, 5, 4, torch.float64)),
    ),
    mistakes=(
        Mistake("coldest first", lambda s, e, h, n: faithfulness.replace_hottest(s, e, -h, n),
                "you begin with the coldest pixels. The map claims that the hottest matter most; put that claim to the "
                "test first."),
        Mistake("start and end exchanged", lambda s, e, h, n: faithfulness.replace_hottest(e, s, h, n),
                "start and end have changed places: image 0 is `start` as it is, the last one is `end`."),
        Mistake("one slice at a time", _one_slice_at_a_time,
                "each of your images has only its own slice of pixels replaced, and the earlier ones are back. What "
                "was taken stays taken."),
        Mistake("by value, not by number", _by_value,
                "you replace what is above a threshold that falls evenly. A map with one hot spot then changes a few "
                "pixels in a step, another one half the image; only equal numbers of pixels can be compared."),
        Mistake("first image missing", _without_first,
                "the first image, with nothing replaced yet, is missing. The curve begins with it: steps + 1 images."),
        Mistake("one pixel a step", _pixel_by_pixel,
                "you replace one pixel in each step. After the last step every pixel has to be replaced."),
        Mistake("positions taken for ranks", _position_for_rank,
                "you compared the result of argsort with a count. It says which pixel comes n-th; needed is the "
                "opposite, how far in front each pixel comes."),
        Mistake("by magnitude", lambda s, e, h, n: faithfulness.replace_hottest(s, e, h.abs(), n),
                "you sorted by magnitude. A strongly negative value says that the pixel speaks against the class; it "
                "comes last."),
    ),
    points=2,
    success="Image and map have become a film. Let the network watch it.",
)  # fmt: skip
