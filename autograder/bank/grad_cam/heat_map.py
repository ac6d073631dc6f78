import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import uniform
from lib import grad_cam


def _maps(n, height, width, size, dtype=torch.float32):
    return lambda g: (uniform(g, n, height, width, dtype=dtype) * 7, size)


def _one_empty(g):
    maps = uniform(g, 2, 3, 3)
    maps[0] = 0
    return maps, (6, 6)


def _resized(mode="bilinear", align=False, measure=None, low=False, eps=True):
    def wrong(maps, size):
        options = {} if mode == "nearest" else {"align_corners": align}
        maps = F.interpolate(maps[:, None], size=size, mode=mode, **options)[:, 0]
        if low:
            maps = maps - maps.amin(dim=(1, 2), keepdim=True)
        highest = maps.amax(dim=(1, 2), keepdim=True) if measure is None else measure(maps)
        return maps / (highest.clamp(min=torch.finfo(maps.dtype).eps) if eps else highest)

    return wrong


def _normalized_first(maps, size):
    highest = maps.amax(dim=(1, 2), keepdim=True).clamp(min=torch.finfo(maps.dtype).eps)
    return F.interpolate((maps / highest)[:, None], size=size, mode="bilinear", align_corners=False)[:, 0]


def _size_swapped(maps, size):
    return grad_cam.heat_map(maps, (size[1], size[0]))


EXERCISE = Exercise(
    grad_cam.heat_map,
    cases=(
        Case("one row by hand", lambda g: (torch.tensor([[[0.0, 4.0]]]), (1, 4)), random=False),
        Case("one map", _maps(1, 3, 3, (12, 12))),
        Case("a batch of 3, odd sizes", _maps(3, 4, 3, (17, 11))),
        Case("one of two maps empty", _one_empty),
        Case("smaller than the map", _maps(1, 8, 8, (4, 6))),
        Case("double precision", _maps(1, 3, 2, (7, 8), torch.float64)),
    ),
    mistakes=(
        Mistake("0/0 on an empty map", _resized(eps=False),
                "a map that is zero everywhere became NaN: 0/0. That map is an answer, \"no evidence here\", and "
                "happens. Keep the divisor from being zero."),
        Mistake("maximum of the whole batch", _resized(measure=lambda m: m.amax().expand(len(m), 1, 1)),
                "you divided by the largest value of the whole batch. Then a picture looks cold because another "
                "one is hot. Each map has its own maximum."),
        Mistake("align_corners=True", _resized(align=True),
                "you interpolated with align_corners=True, which stretches the map so that the centers of its "
                "corner cells sit on the corners of the image: everything moves by up to half a cell. "
                "Use align_corners=False."),
        Mistake("nearest neighbor", _resized("nearest"),
                "your map is made of blocks: nearest-neighbor interpolation. Use mode=\"bilinear\"."),
        Mistake("bicubic", _resized("bicubic"),
                "you interpolated with mode=\"bicubic\". It overshoots, above the maximum and below zero. "
                "Use mode=\"bilinear\"."),
        Mistake("minimum subtracted", _resized(low=True),
                "you moved the minimum of each map to zero. Zero already means something, no evidence, and has to "
                "stay where it is. Divide by the maximum, no more."),
        Mistake("divided by the sum", _resized(measure=lambda m: m.sum(dim=(1, 2), keepdim=True)),
                "you divided by the sum. Then a larger picture has a fainter map. Divide by the maximum."),
        Mistake("scaled before resizing", _normalized_first,
                "you divided by the maximum of the coarse map, and interpolated after that. A peak between pixels "
                "is then lower than one. Interpolate first, then divide by the maximum of what will be seen."),
        Mistake("height and width swapped", _size_swapped,
                "height and width have changed places: `size` is (height, width), the order of the tensor's axes."),
    ),
    points=2,
    success="An empty map stays empty. A method that cannot say \"nothing here\" cannot be trusted when it says "
    "\"here\".",
)  # fmt: skip
