"""Characters of several alphabets in the twelve DejaVu faces that come with matplotlib, as if written by many hands.

Every character is drawn once by FreeType at 64 pixels. A sample then turns, slants, scales, shifts and thickens that
drawing, all samples of a call at once, and adds noise. As in Omniglot (Lake et al. 2015) classes are split by alphabet:
a network learns to compare on some and is asked about characters it has never seen.
"""

import math
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn import functional as F

from lib.datasets import Labeled


def _between(first, last, leave=""):
    return "".join(chr(code) for code in range(ord(first), ord(last) + 1) if chr(code) not in leave)


ALPHABETS = {
    "digits": _between("0", "9"),
    "latin": _between("A", "Z") + _between("a", "z") + "ÆÐØÞŁŊŒæßðøþłŋœ",
    "greek": _between("Α", "Ω", leave="\u03a2") + _between("α", "ω"),
    "cyrillic": _between("Ѐ", "џ"),
    "armenian": _between("Ա", "Ֆ") + _between("ա", "և"),
    "georgian": _between("ა", "ჰ"),
    "hebrew": _between("א", "ת"),
    "arabic": _between("ء", "غ") + _between("ف", "ي"),
}
TRAIN = ("digits", "latin", "greek", "cyrillic")
UNSEEN = ("armenian", "georgian")
STYLES = ("", "-Bold", "-Oblique", "-BoldOblique")
FACES = tuple(f"DejaVuSans{style}" for style in STYLES) + tuple(f"DejaVuSansMono{style}" for style in STYLES)
FACES += tuple(f"DejaVuSerif{style.replace('Oblique', 'Italic')}" for style in STYLES)
DRAWN, BLUR = 64, 1.5  # pixels


def labeled(alphabets, per_class, generator=None, size=28, noise=0.05, effort=1.0):
    """Samples of every character of some alphabets, as `Labeled` with images (classes · per_class, 1, size, size).

    alphabets: names of `ALPHABETS`; `TRAIN` and `UNSEEN` are the course's split. A character that looks like an
               earlier one (A, Α and А) counts once.
    per_class: samples of a character, one after the other; faces and changes are drawn from the generator.
    size:      pixels.
    noise:     standard deviation of the noise on every pixel.
    effort:    how much samples differ: 0 not at all but for the face, 1 as handwriting does.
    """
    names = characters(tuple(alphabets))
    labels = torch.arange(len(names)).repeat_interleave(per_class)
    count = len(labels)

    def amounts(low, high):
        middle, reach = (low + high) / 2, effort * (high - low) / 2
        return middle + reach * (2 * torch.rand(count, generator=generator) - 1)

    choices = torch.rand(count, generator=generator)
    masters = []
    for name, choice in zip([names[label] for label in labels.tolist()], choices.tolist(), strict=True):
        faces = faces_of(name)
        masters.append(drawing(name, faces[int(choice * len(faces))]))
    images = changed(
        torch.stack(masters), amounts(-15, 15), amounts(-0.25, 0.25), amounts(0.85, 1.15),
        torch.stack([amounts(-0.08, 0.08), amounts(-0.08, 0.08)], dim=1), amounts(-0.6, 0.6), size,
    )  # fmt: skip
    images = images + noise * torch.randn(images.shape, generator=generator)
    return Labeled(images.clamp(0, 1), labels, names)


def changed(drawings, angles, shears, scales, shifts, strokes, size=28):
    """Drawings (N, 64, 64), each turned, slanted, scaled, shifted and thickened, as images (N, 1, size, size).

    angles:  (N,) degrees, counterclockwise.
    shears:  (N,) how far the top goes to the right, as a share of the height.
    scales:  (N,) 1 as drawn.
    shifts:  (N, 2) right and down, as a share of the image's side.
    strokes: (N,) pixels of the drawing by which edges move outward; negative thins.
    """
    cosine, sine = (function(torch.deg2rad(angles)) for function in (torch.cos, torch.sin))
    # From places in the result back to places in the drawing; y runs down.
    turn = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)
    slant = torch.eye(2).repeat(len(angles), 1, 1)
    slant[:, 0, 1] = shears
    matrix = slant @ turn / scales.view(-1, 1, 1)
    offset = -(matrix @ (2 * shifts)[:, :, None])
    double = (len(angles), 1, 2 * size, 2 * size)
    places = F.affine_grid(torch.cat([matrix, offset], dim=2), double, align_corners=False)
    smooth = F.grid_sample(drawings[:, None], places, align_corners=False)
    # A blurred edge rises by 1 / (BLUR · sqrt(2π)) a pixel: a threshold beside the middle moves the edge.
    slope = 1 / (BLUR * math.sqrt(2 * math.pi))
    ink = ((smooth - 0.5 + slope * strokes.view(-1, 1, 1, 1)) * 4 + 0.5).clamp(0, 1)
    return F.avg_pool2d(ink, 2)


@cache
def characters(alphabets):
    """The characters of some alphabets, in order, without those that look like an earlier one."""
    unknown = [name for name in alphabets if name not in ALPHABETS]
    if unknown:
        raise ValueError(f"there is no alphabet {unknown[0]!r}; choose from {', '.join(ALPHABETS)}")
    kept, seen = [], []
    for character in "".join(ALPHABETS[name] for name in alphabets):
        outline = drawing(character, FACES[0])
        if not any(torch.dist(outline, other) < 0.1 * outline.norm() for other in seen):
            kept.append(character)
            seen.append(outline)
    return tuple(kept)


@cache
def faces_of(character):
    """The faces that have a character; every one has Latin, only some have Hebrew."""
    return tuple(face for face in FACES if ord(character) in _codes(face))


@cache
def drawing(character, face):
    """A character in the middle of (64, 64), white on black, blurred so that its edges can be moved."""
    image = Image.new("L", (DRAWN, DRAWN))
    place = (DRAWN / 2, 0.7 * DRAWN)  # one baseline for all, so that case and accents stay what they are
    ImageDraw.Draw(image).text(place, character, fill=255, font=_font(face), anchor="ms")
    reach = torch.arange(-4, 5) / BLUR
    kernel = torch.exp(-(reach**2) / 2)
    kernel = (kernel / kernel.sum()).view(1, 1, 1, -1)
    drawn = torch.from_numpy(np.array(image, dtype=np.float32))[None, None] / 255
    across = F.conv2d(drawn, kernel, padding=(0, 4))
    return F.conv2d(across, kernel.transpose(2, 3), padding=(4, 0))[0, 0]


def _file(face):
    return Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"


@cache
def _font(face):
    return ImageFont.truetype(str(_file(face)), size=round(0.75 * DRAWN))


@cache
def _codes(face):
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(str(_file(face))).get_charmap())
