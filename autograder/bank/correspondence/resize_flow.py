import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal
from lib import optical_flow


def _flows(n, height, width, size, dtype=torch.float32):
    return lambda g: (4 * normal(g, n, 2, height, width, dtype=dtype), size)


def _by_hand(g):
    return torch.tensor([1.0, 2.0]).view(1, 2, 1, 1), (3, 5)


def _with(factor, **options):
    """The wrong answer with `factor(vertical, horizontal)` for the two components."""
    options = {"mode": "bilinear", "align_corners": False} | options

    def wrong(flow, size):
        down, across = size[0] / flow.shape[2], size[1] / flow.shape[3]
        scale = flow.new_tensor(factor(down, across)).view(2, 1, 1)
        return scale * F.interpolate(flow, tuple(size), **options)

    return wrong


def _on_its_side(flow, size):
    down, across = size[0] / flow.shape[2], size[1] / flow.shape[3]
    resized = F.interpolate(flow, tuple(size[::-1]), mode="bilinear", align_corners=False)
    return flow.new_tensor([across, down]).view(2, 1, 1) * resized


def _sides_mixed(flow, size):
    factor = flow.new_tensor([size[0] / flow.shape[3], size[1] / flow.shape[2]])
    return factor.view(2, 1, 1) * F.interpolate(flow, tuple(size), mode="bilinear", align_corners=False)


EXERCISE = Exercise(
    optical_flow.resize_flow,
    cases=(
        Case("one arrow by hand", _by_hand, random=False),
        Case("twice as large", _flows(1, 3, 4, (6, 8))),
        Case("wider only", _flows(2, 3, 4, (3, 10))),
        Case("three flows, smaller", _flows(3, 8, 6, (4, 3))),
        Case("one side up, the other down", _flows(2, 4, 9, (7, 5))),
        Case("the same size", _flows(1, 5, 4, (5, 4))),
        Case("double precision", _flows(1, 4, 5, (9, 7), torch.float64)),
    ),
    mistakes=(
        Mistake("arrows keep their length", _with(lambda down, across: (1, 1)),
                "your arrows have kept their length. In a picture of twice the size the same motion is twice as many "
                "pixels."),
        Mistake("the wrong way", _with(lambda down, across: (1 / across, 1 / down)),
                "you divided where a flow has to grow. When the picture grows, its arrows grow with it."),
        Mistake("both by the width", _with(lambda down, across: (across, across)),
                "you scaled both components by the change of the width. The second one points down: it belongs to the "
                "height."),
        Mistake("both by the height", _with(lambda down, across: (down, down)),
                "you scaled both components by the change of the height. The first one points to the right: it belongs "
                "to the width."),
        Mistake("factors exchanged", _with(lambda down, across: (down, across)),
                "the factors have changed places: component 0, to the right, got the height's. Shapes say height "
                "first, flows say right first."),
        Mistake("sides mixed", _sides_mixed,
                "your factors compare the new height with the old width, and the new width with the old height. "
                "`size` has the height first."),
        Mistake("size taken for width and height", lambda flow, size: optical_flow.resize_flow(flow, size[::-1]),
                "you took `size` for (width, height), and made all the rest fit to that. It is (height, width)."),
        Mistake("on its side", _on_its_side,
                "the factors are right, but the new map lies on its side. Resizing wants (height, width), the order "
                "in which `size` comes."),
        Mistake("nearest pixel", _with(lambda down, across: (across, down), mode="nearest", align_corners=None),
                "your lengths are right, but the arrows come in blocks. Resize bilinearly."),
        Mistake("smoothed", _with(lambda down, across: (across, down), antialias=True),
                "where a side becomes smaller, you mix more arrows than the four around: that is antialiasing, good "
                "for photographs. Bilinear resizing without it is asked."),
        Mistake("corners kept", _with(lambda down, across: (across, down), align_corners=True),
                "you resized with `align_corners=True`: the arrows of the corner pixels stay in the corners. The outer "
                "edges of the two pictures have to fit, not the middles of their corner pixels."),
    ),
    points=2,
    success="Coarse arrows on fine pictures. From 10 × 20 to 20 × 20 only v doubled. Now a network can begin small.",
)  # fmt: skip
