"""An ink wash: tones that are ink, more or less diluted, with a few strokes of a pointed brush."""

import numpy as np

from lib.paintings.brushes import ramp, rgb, step


def paint(canvas):
    """Mist between mountains, a boat, and a branch of plum blossom: washes of ink with a little color."""
    rng = canvas.rng
    x, y = canvas.x, canvas.y
    u, v = canvas.u(x), canvas.v(y)
    unit = min(canvas.right, canvas.bottom)
    low, mid, grain, ridge = canvas.noise(3, 2), canvas.noise(11, 3), canvas.noise(110), canvas.noise(3, 4)
    wash, bleed = mid(x, y), grain(x, y)
    paper = ramp("#e9d9b6 #f4ead2 #fbf5e6", 0.6 + 0.35 * low(x, y) + 0.08 * bleed)
    canvas.image[:] = paper

    sun = canvas.place(0.3 + 0.05 * rng.standard_normal(), 0.2 + 0.02 * rng.standard_normal())
    away = np.hypot(x - sun[0], y - sun[1]) / unit + 0.004 * wash
    canvas.fill(ramp("#e8502a #c8281e", away * 8), step(0.085 - away, 0.004) * (0.85 + 0.12 * wash))
    canvas.fill(rgb("#e89a5a"), 0.3 * np.exp(-((away / 0.19) ** 2)))

    layers = (
        (0.36, 0.16, "#9fb4c4 #8fa6ba", 0.55),
        (0.45, 0.2, "#7f9ab0 #5f7f9c", 0.65),
        (0.55, 0.26, "#54708f #3a5878", 0.75),
        (0.67, 0.22, "#3f4f5f #24323f", 0.85),
        (0.78, 0.13, "#3a4438 #1a2220", 0.95),
    )
    places = canvas.scatter(9000)
    px, py = places.T
    for number, (base, height, palette, strength) in enumerate(layers):
        slant = height * (
            0.55 * ridge(x[:1] * 1.4, 0.07 + 0.2 * number) + 0.35 * np.cos((u[:1] - 0.15 - 0.62 * (number % 2)) * 4.5)
        )
        depth = v - (base - slant * (0.5 if number == 4 else 0.62)) + 0.004 * wash
        body = step(depth, 0.0016)
        fade = np.exp(-np.clip(depth, 0, 1) / (0.1 + 0.05 * number + 0.03 * low(x * 2, y)))
        folds = 0.5 + 0.5 * np.sin((x * 1.2 + ridge(x * 2, y) * 0.12 + depth * 0.6 * np.sin(u * 9 + number)) * 60)
        folds = folds * step(0.14 - depth, 0.1) * 0.35 * (number > 1)
        rim = 0.35 * np.exp(-np.clip(depth, 0, 1) / 0.006)
        share = body * np.clip(fade * (0.75 + 0.25 * wash) + rim * body + folds * fade, 0, 1) * strength
        canvas.fill(ramp(palette, 1 - 4 * depth + 0.4 * wash), share * (1 - 0.12 * np.abs(bleed)))
        if number in (2, 3):
            wrinkles(canvas, places, depth[canvas.pixels(px, py)], ridge, ramp(palette, 0.9), number)
    tint = step(mid(x * 0.8, y * 0.6) - 0.1, 0.5) * np.exp(-(((v - 0.62) / 0.16) ** 2))
    canvas.fill(rgb("#b98a4a"), 0.22 * tint)
    canvas.fill(rgb("#5f8f7a"), 0.25 * step(wash, 0.6) * np.exp(-(((v - 0.9) / 0.1) ** 2)))
    for _ in range(26):  # a few level strokes of a nearly dry brush: water
        at = np.array(canvas.place(rng.uniform(0, 1), 0.86 + 0.13 * rng.uniform()))
        color = ramp("#2f4a5f #7f9aa4", rng.uniform())[None]
        canvas.strokes(
            at[None], lambda x, y: 0 * x, color, unit * rng.uniform(0.1, 0.35), 0.006, bristles=4, alpha=0.35
        )
    trees(canvas, unit)
    boat(canvas, unit)
    blossom(canvas, unit)
    canvas.dry()
    canvas.image *= 1 - 0.05 * np.abs(bleed)[..., None]


def wrinkles(canvas, places, depth, ridge, color, number):
    """What gives a mountain its body: split strokes of a dry brush down its sides, dense under the ridge."""
    rng = canvas.rng
    x, y = places.T
    lean = 1 if number % 2 else -1

    def down(x, y):
        return np.pi / 2 + lean * (0.6 + 1.3 * ridge(x * 0.8, y * 0.4 + 0.2 * number))

    dense = rng.uniform(size=len(x)) < 0.95 * np.exp(-np.clip(depth, 0, 1) / (0.012 * number))
    where = (depth > 0.008) & dense & (ridge(x * 2.2, 0.3 + 0.1 * number) > -0.25)
    colors = color * rng.uniform(0.35, 0.95, (len(x), 1))
    canvas.strokes(places, down, colors, 0.026, 0.0062, where, bristles=4, alpha=0.42, bend=0.12)


def trees(canvas, unit):
    """Small pines on the ridges: a trunk and a few flat clouds of needles in dark ink."""
    rng = canvas.rng
    for u, v in ((0.08, 0.63), (0.14, 0.66), (0.19, 0.69), (0.5, 0.72), (0.55, 0.74), (0.88, 0.66), (0.94, 0.64)):
        x, y = canvas.place(u + 0.015 * rng.standard_normal(), v)
        tall = unit * rng.uniform(0.09, 0.13)
        sway = 0.012 * rng.standard_normal()
        time = np.linspace(0, 1, 8)
        stem = np.stack([x + sway * np.sin(3 * time), y + 0.03 * unit - tall * time], 1)
        canvas.lines([stem], rgb("#1a1c1c"), 0.0035 * unit / 1, 0.9)
        for part in (0.5, 0.68, 0.84, 1.0):
            at = np.array([x + sway * np.sin(3 * part), y + 0.03 * unit - tall * part])
            spots = at + rng.standard_normal((16, 2)).clip(-1.6, 1.6) * (0.24 * tall * (1.35 - part), 0.022 * tall)
            color = ramp("#10181a #1f3a35 #3f5f4f", rng.uniform(size=16))
            canvas.strokes(spots, lambda x, y: 0 * x, color, 0.016, 0.0075, bristles=3, bend=0.35, alpha=0.8)


def boat(canvas, unit):
    """A fishing boat with a straw roof and its shadow on the water."""
    x, y = canvas.place(0.62 + 0.05 * canvas.rng.standard_normal(), 0.88)
    size = 0.085 * unit
    time = np.linspace(-1, 1, 15)
    hull = np.stack([time, 0.25 * (1 - time**2) - 0.12 * time**2], 1)
    deck = np.stack([time[::-1], 0.06 * (1 - time**2) - 0.12 * time**2], 1)
    roof = np.stack([0.45 * time, -0.42 * np.sqrt(1 - 0.95 * time**2)], 1)
    roof = np.concatenate([roof, [(0.4, 0.06), (-0.4, 0.06)]])
    shadow = np.stack([1.1 * np.cos(3.2 * time), 0.42 + 0.09 * np.sin(3.2 * time)], 1)
    canvas.polygons([shadow * size + (x, y)], rgb("#24323f"), 0.35)
    canvas.polygons(
        [part * size + (x, y) for part in (roof, np.concatenate([hull, deck]))], [rgb("#a87a3f"), rgb("#1c1a18")]
    )
    ribs = [np.array([(k, 0.05), (0.9 * k, -0.3)]) * size + (x, y) for k in np.linspace(-0.35, 0.35, 6)]
    canvas.lines(ribs, rgb("#5a3a1c"), 0.002)
    canvas.lines([np.array([(-0.8, 0.1), (-1.15, -0.75)]) * size + (x, y)], rgb("#1c1a18"), 0.0025)


def blossom(canvas, unit):
    """A gnarled branch from the upper right corner, thinning out, with pink flowers and buds."""
    rng = canvas.rng
    twigs, buds = [], []

    def grow(at, home, length, thick):
        points, angle = [at], home
        for _ in range(9):
            angle += 0.17 * rng.standard_normal() + 0.3 * (home - angle)
            points.append(points[-1] + length / 9 * np.array([np.cos(angle), np.sin(angle)]))
        twigs.append((np.array(points), thick))
        if thick > 0.004:
            for k in (3, 5, 7, 9):
                sign = 1 if rng.uniform() < 0.5 else -1
                grow(points[k], home + sign * rng.uniform(0.4, 1.0), length * rng.uniform(0.4, 0.62), thick * 0.52)
        else:
            buds.extend(points[k] for k in (4, 6, 8, 9))

    start = np.array(canvas.place(1.02, 0.1))
    grow(start, np.pi * rng.uniform(0.86, 0.95), 0.58 * unit, 0.022)
    for points, thick in twigs:
        thin = thick * unit * np.linspace(1.1, 0.55, len(points) - 1)
        pieces = [points[k : k + 2] for k in range(len(points) - 1)]
        canvas.lines(pieces, ramp("#14110f #2f2a26", np.linspace(0, 1, len(pieces))), thin, 0.95)
        if thick > 0.01:  # light bark where the brush ran dry
            canvas.lines(
                [points[k : k + 2] - (0, 0.3 * thick * unit) for k in range(0, 8, 2)], rgb("#8a7a6a"), 0.003, 0.6
            )
    for bud in buds:
        kind, turn, size = rng.uniform(size=3)
        spot, size = bud + 0.01 * unit * rng.standard_normal(2), unit * (0.013 + 0.01 * size)
        petals = turn * 7 + np.arange(5) * 2 * np.pi / 5
        colors = ramp("#b01e3c #e0506a #f4a0ac #fbdcd8", 0.25 + 0.6 * rng.uniform(size=5) * kind + 0.2 * kind)
        if kind < 0.3:
            canvas.dots(spot[None], np.array([0.55 * size]), colors[:1] * 0.9)
            continue
        places = spot + 0.75 * size * np.stack([np.cos(petals), np.sin(petals)], 1)
        canvas.dots(places, np.full(5, 0.62 * size), colors)
        canvas.lines([np.array([spot, spot + 0.6 * (place - spot)]) for place in places], rgb("#8a1a30"), 0.0016, 0.8)
        canvas.dots(spot[None], np.array([0.22 * size]), rgb("#f2c83c")[None])
