"""Paintings of the course's own, free of rights, whose styles the assignments imitate.

Each is drawn by a painter of this package, stroke by stroke, from a seed: `painting("night", 256, 256)`. A painter
thinks in parts of the picture and never in pixels, so the same seed gives the same composition at every size.
"""

import zlib

import torch

from lib.paintings import circles, cubism, glass, ink, lilies, mosaic, night, points, wheat, woodcut
from lib.paintings.brushes import Canvas

PAINTERS = {
    "night": night.paint,
    "wheat": wheat.paint,
    "lilies": lilies.paint,
    "points": points.paint,
    "cubism": cubism.paint,
    "circles": circles.paint,
    "woodcut": woodcut.paint,
    "ink": ink.paint,
    "mosaic": mosaic.paint,
    "glass": glass.paint,
}
NAMES = tuple(PAINTERS)


def painting(name, height, width, seed=0):
    """A painting, (1, 3, height, width), float32 in [0, 1].

    name:   one of `NAMES`: a swirling "night" sky over a village, a field of "wheat" under a low sun, a pond with
            "lilies", boats on a river in "points", a still life in the manner of "cubism", "circles" in squares,
            a "woodcut" of mountains, an "ink" wash of mist and blossoms, a "mosaic" of fish, a window of "glass".
    height, width: pixels, at least 16. The longer side sets the scale: twice as many pixels on both sides show the
            same picture in more detail, and other proportions compose the motif anew.
    seed:   an integer from 0 to 2³² - 1; each gives another picture of the same motif and manner, everywhere the same.

    Raises ValueError for another name, and for a side of less than 16 pixels.
    """
    if name not in PAINTERS:
        raise ValueError(f"there is no painting {name!r}; choose one of {', '.join(NAMES)}")
    if min(height, width) < 16:
        raise ValueError(f"a painting has at least 16 pixels on a side, not {height} × {width}; ask for a larger one")
    canvas = Canvas(height, width, [seed, zlib.crc32(name.encode())])
    PAINTERS[name](canvas)
    return torch.from_numpy(canvas.finish()).permute(2, 0, 1)[None].contiguous()
