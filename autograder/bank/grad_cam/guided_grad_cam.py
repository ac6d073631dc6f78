import torch
from torch.nn import functional as F

from autograder.exercise import Case, Exercise, Mistake
from autograder.toys import normal, uniform
from lib import grad_cam


def _guided(n, height, width, h, w, dtype=torch.float32):
    return lambda g: (normal(g, n, 3, height, width, dtype=dtype), uniform(g, n, h, w, dtype=dtype))


def _times(mode="bilinear", **options):
    def wrong(guided, maps):
        return guided * F.interpolate(maps[:, None], size=guided.shape[-2:], mode=mode, **options)

    return wrong


EXERCISE = Exercise(
    grad_cam.guided_grad_cam,
    cases=(
        Case("one image", _guided(1, 8, 8, 2, 2)),
        Case("a batch of 3, wider than tall", _guided(3, 6, 11, 3, 4)),
        Case("a square batch of 3", _guided(3, 3, 3, 3, 3)),
        Case("a map as large as the image", _guided(2, 5, 4, 5, 4)),
        Case("double precision", _guided(1, 7, 5, 3, 2, torch.float64)),
    ),
    mistakes=(
        Mistake("added", lambda g, m: g + F.interpolate(m[:, None], size=g.shape[-2:], mode="bilinear"),
                "you added the map. A sum shows detail wherever there is any; the product keeps it only where "
                "Grad-CAM sees the class."),
        Mistake("absolute value", lambda g, m: grad_cam.guided_grad_cam(g, m).abs(),
                "you dropped the sign. A pixel that should become darker for the class and one that should become "
                "brighter look alike then."),
        Mistake("negative gradients cut off", lambda g, m: grad_cam.guided_grad_cam(g.relu(), m),
                "you cut off the negative guided gradients. The guided rule works at the ReLUs inside; at the pixels "
                "both signs mean something: brighter or darker."),
        Mistake("nearest neighbor", _times("nearest"),
                "your product has the edges of the coarse map's cells in it: nearest-neighbor interpolation. Use "
                "mode=\"bilinear\"."),
        Mistake("align_corners=True", _times(align_corners=True),
                "you interpolated with align_corners=True, which moves the map by up to half a cell. Use "
                "align_corners=False."),
        Mistake("colors summed", lambda g, m: grad_cam.guided_grad_cam(g, m).sum(dim=1),
                "you added up the colors. Keep them: (N, 3, H, W), so that it can be shown as an image."),
    ),
    points=1,
    success="Fine as guided backpropagation, and about one class. The text below says which half of that is earned.",
)  # fmt: skip
