"""`python -m lib.datasets` draws the pictures of the cards in README.md."""

from pathlib import Path

import torch

from lib import plotting
from lib.datasets import digits, flow, glyphs, planted_parts, stereo, videos

FOLDER = Path(__file__).parent / "pictures"


def sheet(images, columns):
    """Gray or RGB images (N, C, H, W) in rows, as one image (1, 3, rows · H, columns · W)."""
    from lib.images import collage

    return collage(images.expand(-1, 3, -1, -1), columns)


def pictures():
    """(name, Picture) of every data set."""
    seeded = torch.Generator().manual_seed
    eights = digits.labeled("test", size=32)
    yield "digits", plotting.grid(sheet(eights.images[:60], 15), size=8, alt="60 handwritten digits")
    rows, titles = [], []
    for name in glyphs.ALPHABETS:
        some = glyphs.labeled([name], 1, seeded(1))
        rows.append(sheet(some.images[:: max(1, len(some.images) // 10)][:10], 10)[0])
        titles.append(f"{name}, {len(some.names)} characters")
    yield "glyphs", plotting.grid(rows, titles, columns=2, size=4.5)
    left, right, disparity = stereo.pair(scale=2)
    maps = plotting.colors((disparity / disparity.nan_to_num().max()).nan_to_num()[None])
    yield "stereo", plotting.grid([left[0], right[0], maps[0]], ["left", "right", "disparity of the left"], size=4)
    first, second, motion = flow.pairs(4, 96, generator=seeded(11))
    shown = [picture for pair in zip(first, second, plotting.flow_colors(motion), strict=True) for picture in pair]
    yield "flow", plotting.grid(shown, ["first", "second", "flow of the first"] * 4, columns=6, size=1.7)
    frames = videos.video(generator=seeded(3)).frames
    yield "videos", plotting.grid(frames[::3], [f"frame {number}" for number in range(0, 16, 3)], columns=6, size=1.7)
    creatures = planted_parts.planted(10, 72, seeded(1))
    names = [creatures.names[label] for label in creatures.labels.tolist()]
    yield "planted_parts", plotting.grid(creatures.images, names, columns=5, size=1.7)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, picture in pictures():
        (FOLDER / f"{name}.jpg").write_bytes(picture.bytes())
