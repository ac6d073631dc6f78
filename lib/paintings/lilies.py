"""A garden pond as the impressionists had it: level dabs of water and leaning ones of leaves."""

import numpy as np

from lib.paintings.brushes import mix, ramp, rgb, step


def paint(canvas):
    """A pond with water lilies under a bridge, in greens, violets and pinks."""
    rng = canvas.rng
    unit = min(canvas.right, canvas.bottom)
    low, mid, fine = canvas.noise(3), canvas.noise(8, 2), canvas.noise(24)
    shore = 0.36

    def leaning(x, y):
        return np.pi / 2 + 0.5 * low(x, y) + 0.7 * mid(x, y)

    def level(x, y):
        return 0.12 * mid(x, y)

    # The far bank: willows and bushes, lighter where the sky comes through.
    canvas.ground("#2f5a4a")
    for count, length, width in ((900, 0.08, 0.03), (3600, 0.05, 0.0125)):
        places = canvas.scatter(count)
        x, y = places.T
        tone = (
            0.5
            + 0.5 * low(x * 1.4, y * 0.7)
            + 0.25 * mid(x, y * 0.6)
            - 0.6 * canvas.v(y)
            + 0.12 * rng.standard_normal(len(x))
        )
        colors = ramp("#12302f #1f5145 #3c7a4e #6aa257 #a7c66b #dfe39a #f4eec8", tone)
        colors = mix(colors, ramp("#4b4a86 #7d78b4 #b6a6d0", tone), (fine(x, y) > 0.45) * 0.7)
        canvas.strokes(places, leaning, colors, length, width, y < (shore + 0.03) * canvas.bottom, bend=0.3)

    # Water mirrors what stands above it, pulled long; between the mirrored trees lies the sky.
    for count, length, width in ((1100, 0.1, 0.028), (3900, 0.06, 0.0145)):
        places = canvas.scatter(count)
        x, y = places.T
        v = canvas.v(y)
        sky = low(x * 1.4 + 0.1 * mid(x, y * 3), 0.6 - 0.25 * y) + 0.7 * mid(x * 0.8, y * 2.5)
        tone = 0.5 + 0.4 * sky + 0.16 * rng.standard_normal(len(x))
        dark = ramp("#0d2440 #173f66 #1f6672 #3f8f6a #8fb85e", tone)
        light = ramp("#5b5fb0 #9183cf #cf9fd0 #f5b9bd #ffd9b0 #fff0cc", tone + 0.2 * (v - 0.6))
        colors = mix(dark, light, step(sky - 0.02, 0.25))
        canvas.strokes(places, level, colors, length, width, v > shore, bend=0.12)

    bridge(canvas, unit)
    pads(canvas, shore, unit)
    canvas.relief(0.3)


def bridge(canvas, unit):
    """An arched footbridge from side to side, and its trembling reflection."""
    rng = canvas.rng
    lift = 0.17 + 0.02 * rng.standard_normal()

    def arch(u):
        return canvas.bottom * (0.30 - lift * (1 - (2 * u - 1) ** 2))

    def along(x, y):
        return np.arctan(canvas.bottom * lift * 4 * (2 * canvas.u(x) - 1) / canvas.right)

    def beam(u, y, field, palette, length, width, spread, **manner):
        places = np.stack([u * canvas.right, y + spread * unit * rng.uniform(-0.5, 0.5, len(u))], 1)
        colors = ramp(palette, 0.55 + 0.25 * rng.standard_normal(len(u)))
        canvas.strokes(places, field, colors, length, width, **manner)

    def rail(count, below, spread, palette):
        u = rng.permutation((np.arange(count) + 0.5) / count) * 1.06 - 0.03
        beam(u, arch(u) + below * unit, along, palette, 0.045, 0.009, spread, bristles=4)

    light, dark = "#1f4f62 #2f7f80 #5fae96 #a4d0a8 #e0e8bc", "#0b1c2a #13343f #265a55"
    posts = np.repeat((np.arange(13) + 0.5) / 13, 20)
    beam(posts, arch(posts) + 0.037 * unit, lambda x, y: np.pi / 2 + 0 * x, light, 0.024, 0.009, 0.05, bristles=3)
    beam(posts + 0.006 * unit, arch(posts) + 0.037 * unit, lambda x, y: np.pi / 2 + 0 * x, dark, 0.02, 0.005, 0.05)
    rail(260, 0.09, 0.012, dark)
    rail(420, 0.064, 0.022, light)
    rail(300, 0.0, 0.014, light)
    u = rng.permutation(np.linspace(-0.03, 1.03, 170))
    y = 0.74 * canvas.bottom - 0.55 * arch(u)
    beam(u, y, lambda x, y: 0 * x, "#15324a #23606e #4f8f86", 0.035, 0.006, 0.03, bristles=3, alpha=0.75)


def pads(canvas, shore, unit):
    """Islands of floating leaves, flat towards the distance, with flowers on some."""
    rng = canvas.rng
    islands = [
        (0.25, 0.47, 0.2),
        (0.74, 0.52, 0.26),
        (0.3, 0.68, 0.26),
        (0.8, 0.76, 0.24),
        (0.42, 0.9, 0.34),
        (0.05, 0.85, 0.15),
    ]
    leaves = []
    for u, v, reach in islands:
        u, v = u + 0.04 * rng.standard_normal(), v + 0.012 * rng.standard_normal()
        near = (v - shore) / (1 - shore)
        for _ in range(13):
            across, down = rng.standard_normal(2).clip(-1.6, 1.6)
            size = unit * (0.022 + 0.05 * near) * rng.uniform(0.7, 1.15)
            leaves.append((v + 0.025 * down * (0.5 + near), u + reach * 0.42 * across, size, rng.uniform(), near))
    for v, u, size, tone, near in sorted(leaves):
        x, y = canvas.place(u, v)
        flat = 0.3 + 0.12 * near
        spots = rng.uniform(-1, 1, (40, 2))
        inside = np.hypot(*spots.T)
        shade = 0.35 + 0.3 * tone - 0.3 * spots[:, 1] + 0.15 * rng.standard_normal(40)
        rim = ramp("#163f38 #2a6a4a #5f9a52 #9cc268 #d9e08c", shade)
        spots = spots * (size, size * flat) + (x, y)
        dark = np.array([(x, y + 0.2 * size)])
        canvas.strokes(
            dark, lambda x, y: 0 * x, np.array([rgb("#123440")]), 2.0 * size, 0.75 * size * flat, bristles=5, rough=0.02
        )
        canvas.strokes(spots, lambda x, y: 0 * x + 0.1, rim, 0.75 * size, 0.0085, inside < 0.95, bristles=4, bend=0.2)
        if rng.uniform() < 0.34:
            petals = np.linspace(-1.25, 1.25, 7) + 0.1 * rng.standard_normal(7)
            heart = np.array([x, y - 0.12 * size])
            tips = heart + 0.34 * size * np.stack([np.sin(petals), -0.8 * np.cos(petals)], -1)
            pink = ramp("#c9507e #ee8fae #fbc9d2 #fff4ee", rng.uniform(0.1, 1, 7))
            for tip, petal, color in zip(tips, petals, pink):
                canvas.strokes(
                    tip[None],
                    lambda x, y, a=petal: 0 * x + a - np.pi / 2,
                    color[None],
                    0.62 * size,
                    0.24 * size,
                    bristles=4,
                    rough=0.08,
                )
            canvas.strokes(
                heart[None], lambda x, y: 0 * x, np.array([rgb("#f7c83c")]), 0.25 * size, 0.16 * size, bristles=3
            )
