"""Your answer beside the expected one, as a picture for a card.

Made of pixels and not by matplotlib, which takes a hundred times as long, and a class needs thousands.
"""

from base64 import b64encode
from io import BytesIO

import matplotlib
import numpy as np
from PIL import Image

WIDTH, TALLEST, GAP = 210, 280, 8  # of each picture, and the white between two, in pixels
ALT = "your answer, the expected answer, and their difference"
TABLES = {name: (matplotlib.colormaps[name](range(256))[:, :3] * 255).round() for name in ("inferno", "RdBu_r")}


def html(yours, expected):
    """The picture with its titles, as HTML that needs nothing beside it. yours, expected: as in `columns`."""
    pictures, reach = columns(yours, expected)
    data, side = BytesIO(), 3 * WIDTH + 2 * GAP
    _sheet(pictures).save(data, "PNG")
    titles = "".join(
        f'<span style="flex:1;text-align:center">{title}</span>'
        for title in ("yours", "expected", f"difference (±{reach:.2g})")
    )
    return (
        f'<div style="max-width:{side}px;margin-top:6px"><div style="display:flex;font-size:12.5px">{titles}</div>'
        f'<img alt="{ALT}" style="width:100%" src="data:image/png;base64,{b64encode(data.getvalue()).decode()}"></div>'
    )


def columns(yours, expected, limit=3):
    """The first few of a batch in colors, and how far the difference reaches.

    yours, expected: tensors of equal shape: maps (N, H, W) or (H, W), images (N, 3, H, W).
    returns: a list of three lists of byte arrays (H, W, 3): yours and expected on the scale of the expected one, so
        that a factor between them is seen; and the difference, blue where yours is too low, red where it is too high.
        Its reach, a float, is the largest finite one among those shown, and the scale of its colors.
    """
    if yours.dim() == 2:
        yours, expected = yours[None], expected[None]
    yours, expected = (x.detach().double().cpu() for x in (yours, expected))
    low, high = expected.min().item(), expected.max().item()
    yours, expected = yours[:limit], expected[:limit]
    difference = yours - expected
    if difference.dim() == 4:
        # The color that differs most; a mean over colors could cancel out.
        most = difference.abs().nan_to_num(0, 0, 0).argmax(dim=1, keepdim=True)
        difference = difference.gather(1, most)[:, 0]
    reach = difference.abs().nan_to_num(0, 0, 0).max().item() or 1.0
    scaled = [(x - low) / (high - low if high > low else 1.0) for x in (yours, expected)]
    colored = [x.permute(0, 2, 3, 1) if x.dim() == 4 else x for x in scaled]
    return [
        *([_bytes(x) if x.dim() == 3 else _colors(x, "inferno") for x in column] for column in colored),
        [_colors(0.5 + x / reach / 2, "RdBu_r") for x in difference],
    ], reach


def _bytes(values):
    return (values.nan_to_num(0).clamp(0, 1) * 255).round().numpy().astype(np.uint8)


def _colors(values, name):
    """(H, W) by a color map, from 0 to 1; what is no number is white, since it lies nowhere on the scale."""
    known = TABLES[name][_bytes(values)]
    return np.where(values.isnan().numpy()[..., None], 255, known).astype(np.uint8)


def _sheet(pictures):
    """All pictures on white, a column beside the other."""
    height, width = pictures[0][0].shape[:2]
    times = min(WIDTH / width, TALLEST / height)
    times, how = (int(times), Image.Resampling.NEAREST) if times >= 1 else (times, Image.Resampling.BOX)
    size = tuple(max(1, round(side * times)) for side in (width, height))
    rows = len(pictures[0])
    sheet = Image.new("RGB", (3 * WIDTH + 2 * GAP, rows * (size[1] + GAP) - GAP), "white")
    for column, shown in enumerate(pictures):
        for row, picture in enumerate(shown):
            place = (column * (WIDTH + GAP) + (WIDTH - size[0]) // 2, row * (size[1] + GAP))
            sheet.paste(Image.fromarray(picture).resize(size, how), place)
    return sheet
