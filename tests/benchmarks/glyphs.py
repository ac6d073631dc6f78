"""Glyphs of one alphabet, all samples changed at once, against Pillow, one character at a time."""

import numpy as np
import torch
from PIL import Image, ImageDraw

from lib.datasets import glyphs

PER_CLASS = 40


def run(measure):
    names = glyphs.characters(("georgian",))
    count = len(names) * PER_CLASS

    def ours():
        return glyphs.labeled(("georgian",), PER_CLASS, torch.Generator().manual_seed(0)).images

    def peer():
        """The same work by the usual means: draw at 64 pixels, turn and slant, shrink, add noise."""
        random, made = np.random.default_rng(0), []
        for name in names:
            faces = glyphs.faces_of(name)
            for _ in range(PER_CLASS):
                image = Image.new("L", (64, 64))
                font = glyphs._font(faces[random.integers(len(faces))])
                ImageDraw.Draw(image).text((32, 45), name, fill=255, font=font, anchor="ms")
                angle, shear, scale = random.uniform((-0.26, -0.25, 0.85), (0.26, 0.25, 1.15))
                across, down = random.uniform(-5, 5, 2)
                a, b = np.cos(angle) / scale, (shear - np.sin(angle)) / scale
                d, e = np.sin(angle) / scale, np.cos(angle) / scale
                places = (a, b, 32 - 32 * (a + b) + across, d, e, 32 - 32 * (d + e) + down)
                image = image.transform((64, 64), Image.AFFINE, places, Image.BILINEAR).resize((28, 28), Image.BOX)
                pixels = np.asarray(image, np.float32) / 255 + random.normal(0, 0.05, (28, 28)).astype(np.float32)
                made.append(pixels.clip(0, 1))
        return torch.from_numpy(np.stack(made))[:, None]

    def alike(a, b):
        """Other random numbers, so equal in kind: shape, range, and the mean amount of ink within a fifth."""
        same = a.shape == b.shape == (count, 1, 28, 28) and a.dtype == b.dtype
        return same and 0 <= min(a.min(), b.min()) and max(a.max(), b.max()) <= 1 and 0.8 < a.mean() / b.mean() < 1.25

    ours()  # draws every character once, as the first call of a program does
    measure("glyphs", "Pillow", ours, peer, alike, repeats=3, details=f" for {count} glyphs")
