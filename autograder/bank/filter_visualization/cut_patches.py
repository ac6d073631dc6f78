import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform, whole
from lib import patches


def _places(field, count, n=3, height=24, width=24, rows=5, columns=5, dtype=torch.float32):
    def inputs(g):
        places = torch.stack([whole(g, 0, high - 1, count) for high in (n, rows, columns)], dim=1)
        return uniform(g, n, 3, height, width, dtype=dtype), places, field

    return inputs


def _by_hand(g):
    image = torch.arange(16.0).view(1, 1, 4, 4).repeat(1, 3, 1, 1) / 16
    return image, torch.tensor([[0, 1, 0], [0, 0, 1]]), (2, 2, 0)


def _corners(g):
    """The four corners of a layer whose fields reach beyond the image on every side."""
    return uniform(g, 2, 3, 16, 20), torch.tensor([[0, 0, 0], [1, 0, 4], [0, 3, 0], [1, 3, 4]]), (9, 4, -3)


def _cut(corner=None, value=0.5, keep_inside=False, swap=False, mode="constant"):
    """What the reference does, with another corner, another filling, or moved back into the image."""

    def wrong(images, places, field):
        size, stride, offset = field
        found = []
        for image, *place in places.tolist():
            place = place[::-1] if swap else place
            starts = [corner(p, *field) if corner else offset + p * stride for p in place]
            if keep_inside:
                starts = [min(max(start, 0), limit - size) for start, limit in zip(starts, images.shape[-2:])]
            whole_image = images[image][None]
            options = {"value": value} if mode == "constant" else {}
            padded = F.pad(whole_image, [3 * size] * 4, mode=mode, **options)[0]
            top, left = (int(start) + 3 * size for start in starts)
            found.append(padded[:, top : top + size, left : left + size])
        return torch.stack(found)

    return wrong


def _first_image(images, places, field):
    return patches.cut_patches(images[:1], places * torch.tensor([0, 1, 1]), field)


EXERCISE = Exercise(
    patches.cut_patches,
    cases=(
        Case("a 2 × 2 pooling by hand", _by_hand, random=False),
        Case("fields inside of the image", _places((5, 3, 1), 6)),
        Case("corners, beyond the image on every side", _corners),
        Case("a field larger than the image", _places((31, 6, -12), 4)),
        Case("wider than tall", _places((7, 4, -2), 8, 4, 16, 32, 4, 8)),
        Case("double precision", _places((5, 2, -2), 3, 2, 10, 10, dtype=torch.float64)),
    ),
    mistakes=(
        Mistake("offset forgotten", _cut(lambda p, size, stride, offset: p * stride),
                "you start at index · stride. The first unit's field does not begin at pixel 0 but at `offset`, so "
                "everything you cut is shifted."),
        Mistake("stride forgotten", _cut(lambda p, size, stride, offset: offset + p),
                "you took the unit's index for a pixel. Units of this layer lie `stride` pixels apart."),
        Mistake("begins at the middle", _cut(lambda p, size, stride, offset: offset + p * stride + size // 2),
                "your patches begin where the field has its middle. They begin at offset + index · stride."),
        Mistake("centered on the unit", _cut(lambda p, size, stride, offset: int(p * stride + stride / 2 - size / 2)),
                "you centered the patch on the unit's cell by a guess. `offset` says exactly where the field of "
                "the first unit begins; no center is needed."),
        Mistake("moved into the image", _cut(keep_inside=True),
                "at the border you moved the patch back into the image. Then it shows pixels that this unit cannot "
                "see, and the place is no longer in the same spot. Fill with 0.5 instead."),
        Mistake("filled with black", _cut(value=0.0),
                "you filled the outside with black. In a photograph that looks like something dark; gray, 0.5, is "
                "asked for."),
        Mistake("filled with the border's color", _cut(mode="replicate"),
                "you continued the border's pixels to the outside. The unit saw nothing there, so show nothing: "
                "0.5."),
        Mistake("row and column swapped", _cut(swap=True),
                "row and column have changed places. A place is image, row, column, and in a tensor rows come before "
                "columns as well."),
        Mistake("always the first image", _first_image,
                "every patch comes from the first image. The first number of a place says which image it is in."),
    ),
    points=1,
    success="What is in the patch, the unit could see. What is outside of it, it could not, whatever the photograph "
    "shows there.",
)  # fmt: skip
