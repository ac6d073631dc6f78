import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.observe_results import with_gradient
from autograder.toys import normal, uniform, whole
from lib import optical_flow


def _by_hand(g):
    images = torch.tensor([[1.0, 2, 3], [4, 5, 6]]).view(1, 1, 2, 3)
    flow = torch.tensor([[[1.0, 0, -1], [0.5, 1, 0]], [[0.0, 1, 0], [0, -1, 5]]])
    return images, flow[None]


def _moving(n, channels, height, width, largest=1.5, dtype=torch.float32):
    def inputs(g):
        images = uniform(g, n, channels, height, width, dtype=dtype)
        return images, largest * normal(g, n, 2, height, width, dtype=dtype)

    return inputs


def _whole_pixels(g):
    return uniform(g, 1, 2, 4, 6), whole(g, -2, 2, 1, 2, 4, 6).float()


def _with(order=(0, 1), grid=(0, 1), sign=1, aligned=False, outside="border", mode="bilinear", sides=(0, 1),
          scale=None, places=None):  # fmt: skip
    """The warp with one thing wrong."""

    def wrong(images, flow):
        height, width = images.shape[2:]
        right, down = sign * flow[:, order[0]], sign * flow[:, order[1]]
        x = torch.arange(width).to(flow).expand(height, width)
        y = torch.arange(height).to(flow)[:, None].expand(height, width)
        if places:
            grid_of = torch.stack(places(x + right, y + down, width, height), dim=3)
        elif scale:
            unit = (1, 1) if scale == "none" else (width, height)
            grid_of = torch.stack([(2 * x + 1) / width - 1 + right / unit[0],
                                   (2 * y + 1) / height - 1 + down / unit[1]], dim=3)  # fmt: skip
        else:
            counts = (width, height)
            grid_of = torch.stack([(2 * (x + right) + 1) / counts[sides[0]] - 1,
                                   (2 * (y + down) + 1) / counts[sides[1]] - 1], dim=3)  # fmt: skip
        return F.grid_sample(images, grid_of[..., list(grid)], mode=mode, padding_mode=outside, align_corners=aligned)

    return wrong


def _cut_anew(images, flow):
    n, _, height, width = flow.shape
    return optical_flow.warp(images, flow.reshape(n, height, width, 2).permute(0, 3, 1, 2))


def _forward(images, flow):
    """Each pixel is put down, rounded, where its arrow ends."""
    made = torch.zeros_like(images)
    n, _, height, width = images.shape
    for image in range(n):
        for y in range(height):
            for x in range(width):
                to_x, to_y = (x + flow[image, 0, y, x]).round().long(), (y + flow[image, 1, y, x]).round().long()
                if 0 <= to_x < width and 0 <= to_y < height:
                    made[image, :, to_y, to_x] = images[image, :, y, x]
    return made


EXERCISE = Exercise(
    optical_flow.warp,
    cases=(
        Case("2 × 3 pixels by hand", _by_hand, random=False),
        Case("whole pixels", _whole_pixels),
        Case("a flow between pixels, wider than tall", _moving(1, 1, 4, 7)),
        Case("three pictures, taller than wide", _moving(3, 3, 8, 5)),
        Case("far outside", _moving(2, 2, 4, 5, largest=20)),
        Case("one row", _moving(1, 2, 1, 6)),
        Case("the gradient", _moving(2, 2, 4, 5), observe=with_gradient),
        Case("double precision", _moving(1, 3, 5, 6, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("axes of the flow swapped", _with(order=(1, 0)),
                "you took component 0 of the flow for rows. It says how far to the right; component 1 says how far "
                "down. Tensors are indexed rows first, flows are not."),
        Mistake("flow cut anew", _cut_anew,
                "you gave the flow the shape (N, H, W, 2) without moving an axis (`view` and `reshape` only cut anew). "
                "Then the two numbers of an arrow are those of two neighboring pixels, not its u and its v."),
        Mistake("axes of the grid swapped", _with(grid=(1, 0)),
                "your grid has y before x. `grid_sample` wants x first, in the last axis, though the picture itself "
                "is indexed the other way round."),
        Mistake("both swapped", _with(order=(1, 0), grid=(1, 0)),
                "both swaps at once: the flow's components and the grid's. They do not cancel, since columns and rows "
                "are still counted from where they were."),
        Mistake("the other direction", _with(sign=-1),
                "you went against the arrows. The new pixel (x, y) shows what lies at the end of its arrow, at "
                "x + u, y + v."),
        Mistake("corners", _with(aligned=True),
                "you made the grid for outer edges and sample it with `align_corners=True`. Then −1 is the middle of "
                "the first pixel, not its outer edge."),
        Mistake("edges", _with(places=lambda x, y, width, height: (2 * x / (width - 1) - 1, 2 * y / (height - 1) - 1)),
                "your grid runs from −1 in the middle of the first pixel to 1 in that of the last. That is the "
                "convention of `align_corners=True`; the other one counts from edge to edge."),
        Mistake("half a pixel off", _with(places=lambda x, y, width, height: (2 * x / width - 1, 2 * y / height - 1)),
                "everything is half a pixel off. If −1 is the outer edge of the first pixel, its middle is not −1."),
        Mistake("only the 1 is divided",
                _with(places=lambda x, y, width, height: (2 * x + 1 / width - 1, 2 * y + 1 / height - 1)),
                "in effect only the 1 is divided by the side of the picture, not twice the place as well. Are the "
                "parentheses where the fraction has them?"),
        Mistake("left in pixels", _with(places=lambda x, y, width, height: (x, y)),
                "your places are still in pixels. `grid_sample` wants them from −1 to 1, whatever the size of the "
                "picture."),
        Mistake("black outside", _with(outside="zeros"),
                "outside of the picture yours is black. The nearest point of the picture should count there."),
        Mistake("nearest pixel", _with(mode="nearest"),
                "you took the nearest pixel. Arrows end between pixels; mix the four around, or no gradient would ever "
                "reach the flow."),
        Mistake("width and height exchanged", _with(sides=(1, 0)),
                "you divided x by the height and y by the width. On square pictures nobody would notice."),
        Mistake("flow not scaled", _with(scale="none"),
                "you added the flow to the grid as it is. The grid runs from −1 to 1 over the whole picture, the flow "
                "counts pixels: one of the two must be converted."),
        Mistake("half the flow", _with(scale="once"),
                "everything moves half as far as it should. From −1 to 1 a picture is two wide, not one."),
        Mistake("put down instead of looked up", _forward,
                "you put each pixel down where its arrow ends. Some places then get several pixels and others none; go "
                "through the new picture instead, and look up each of its pixels in the old one."),
    ),
    points=3,
    success="If the flow is right, the second picture becomes the first. What is left is the flow's fault.",
    tolerance=1e-3,
)  # fmt: skip
