"""Leaded glass: pieces of one color each, lit from behind, between strips of lead."""

import numpy as np

from lib.paintings.brushes import distance, mix, ramp, step


def paint(canvas):
    """A church window: the sun over hills and a river, with lilies in front, in leaded glass."""
    rng = canvas.rng
    x, y = canvas.x, canvas.y
    u, v = canvas.u(x), canvas.v(y)
    unit = min(canvas.right, canvas.bottom)
    sun = canvas.place(0.5 + 0.1 * rng.standard_normal(), 0.3 + 0.02 * rng.standard_normal())
    waves = rng.uniform(0, 2 * np.pi, 12)
    # Every kind of glass has a hundred numbers; the palette of a kind gives its pieces their colors.
    away, turn = np.hypot(x - sun[0], y - sun[1]) / unit, np.arctan2(y - sun[1], x - sun[0]) / (2 * np.pi) + 0.5
    rings = np.array([0.09, 0.17, 0.26, 0.38, 0.53, 0.72])
    ring = (away[..., None] > rings).sum(-1)
    parts = np.array([1, 12, 12, 24, 24, 24, 24])[ring]
    sector = ((turn + waves[0] / 40) * parts + 0.5 * (ring % 2)).astype(int) % parts
    labels = 100 * ring + sector
    palettes = [
        "#fff6b8 #fff1a0",
        "#ffd23a #ffb020",
        "#ff8a1e #f2601e",
        "#e0304a #c02a70",
        "#7a2f9a #4a3ab0",
        "#2a4ac0 #2f7fd8",
        "#1f3a8a #2a60b8",
    ]

    kinds = len(palettes)
    for number, (base, height, palette) in enumerate(
        (
            (0.5, 0.05, "#2f7f8a #4fb0a0"),
            (0.58, 0.06, "#1f7a4a #5fb04a"),
            (0.7, 0.05, "#3f8a2a #a8c83a"),
        )
    ):
        crest = base + height * np.sin(5 * u + waves[1 + number]) + 0.4 * height * np.sin(11 * u + waves[4 + number])
        piece = np.floor(u * (5 + number) + 0.8 * (v - base) * (-1) ** number + waves[7 + number]).astype(int) % 50
        piece = 2 * piece + (v - crest > 0.1 + 0.02 * number + 0.02 * np.sin(9 * u))
        labels = np.where(v > crest, 100 * (kinds + number) + piece, labels)
        palettes.append(palette)
    flow = 0.52 + 0.17 * np.sin(6.5 * (v - 0.55) + waves[10]) * (v - 0.5)
    broad = 0.012 + 0.42 * np.clip(v - 0.56, 0, 1) ** 1.3
    stream = (np.abs(u - flow) < broad) & (v > 0.575)
    piece = np.floor(30 * np.log1p(2.4 * np.clip(v - 0.5, 0, 1)) * 0.6 + 1.2 * np.abs(u - flow)).astype(int) * 2 + (
        u > flow + 0.2 * broad * np.sin(26 * v)
    )
    labels = np.where(stream, 100 * (kinds + 3) + piece % 100, labels)
    palettes.append("#8fdcf0 #3f9fe0 #e0f6fa #2a6ac8")

    for number, (at, top, lean, palette) in enumerate(
        (
            (0.16, 0.5, 0.03, "#fff4f4 #f7a8c4 #e0568a"),
            (0.84, 0.46, -0.03, "#fff8e0 #ffd27a #f28a2a"),
            (0.3, 0.72, 0.02, "#f4e8ff #c08ae8 #8a4ac8"),
            (0.71, 0.7, 0.04, "#ffe0d8 #f4604a #c8202a"),
        )
    ):
        cx, cy = canvas.place(at + 0.02 * rng.standard_normal(), top)
        size = unit * (0.13 if number < 2 else 0.1)
        p, q = (x - cx) / size, (y - cy) / size
        stem = np.abs(p - lean * q**2) < 0.07
        kind = 100 * (kinds + 4 + 2 * number)
        labels = np.where(stem & (q > 0), kind + (q * 1.2).astype(int) % 20, labels)
        for side in (-1, 1):
            blade = np.abs(p - side * (0.15 + 0.45 * np.sqrt(np.clip(q - 1.2, 0, 9)))) < 0.24 * np.clip(
                q - 1.2, 0, 1
            ) * np.clip(3.2 - 0.5 * q, 0.4, 1)
            labels = np.where(blade & (q > 1.2), kind + 20 + side + 10 * ((q * 0.8).astype(int) % 7), labels)
        palettes.append("#1f6a2a #4fa03a #a8d04a")
        for petal, tilt in ((0, -0.95), (1, 0.95), (2, -0.45), (3, 0.45), (4, 0.0)):
            a, b = np.cos(tilt) * p + np.sin(tilt) * q, np.cos(tilt) * q - np.sin(tilt) * p
            inside = np.hypot(a / 0.3, (b + 0.62) / 0.66) < 1
            labels = np.where(inside, kind + 100 + petal, labels)
        palettes.append(palette)

    near = np.minimum(np.minimum(x, canvas.right - x), np.minimum(y, canvas.bottom - y)) / unit
    across = np.minimum(x, canvas.right - x) < np.minimum(y, canvas.bottom - y)
    piece = (
        np.floor(
            np.where(
                across, canvas.v(y) * round(11 * canvas.bottom / unit), canvas.u(x) * round(11 * canvas.right / unit)
            )
        ).astype(int)
        % 50
    )
    labels = np.where(near < 0.06, 100 * len(palettes) + piece * 2 + across, labels)
    palettes.append("#b81a2a #1f3fa0 #e0a020 #1f7a5a")
    paint_glass(canvas, labels, palettes, unit)


def paint_glass(canvas, labels, palettes, unit):
    """Color every label's piece from the palette of its kind, let light through, and lay lead along the seams."""
    rng = canvas.rng
    x, y = canvas.x, canvas.y
    tones = rng.uniform(size=(len(palettes), 100))
    streak, cloud, seeds = canvas.noise(26, 2), canvas.noise(6, 2), canvas.noise(120)
    shine = np.stack([ramp(palette, tones[kind]) for kind, palette in enumerate(palettes)]).reshape(-1, 3)
    slant = tones.ravel()[labels] * 3
    away = distance(labels) / canvas.side
    light = 0.12 * streak(x * (0.4 + 0.2 * np.sin(slant)), y * 1.6 + x * np.cos(slant)) + 0.14 * cloud(x, y)
    light = light + 0.3 * np.tanh(away / (0.03 * unit)) - 0.16 + 0.07 * np.clip(seeds(x, y) - 0.45, 0, 1)
    colors = shine[labels]
    colors = np.where(light[..., None] > 0, mix(colors, np.ones(3), light), colors * (1 + 1.8 * light[..., None]))
    canvas.image[:] = np.clip(colors, 0, 1)
    lead = 1 - step(away - 0.0052, 0.0013)
    round_light = np.clip(1 - away / 0.0052, 0, 1)
    canvas.fill(ramp("#0c0c10 #1c1c22 #55555f", 0.85 * round_light**1.5 + 0.12 * seeds(x, y)), lead)
