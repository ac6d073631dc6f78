"""A night sky in thick oil paint: strokes that follow a stream, in the color each has at its middle."""

import numpy as np

from lib.paintings.brushes import mix, ramp, rgb


def paint(canvas):
    """A swirling night sky over hills with a village and a cypress, in blues and yellows."""
    rng = canvas.rng
    right, bottom = canvas.right, canvas.bottom
    unit = min(right, bottom)
    low, mid = canvas.noise(3), canvas.noise(9, 2)
    horizon = canvas.noise(2)

    whirls = [(0.36, 0.34, 0.17, 1.0), (0.62, 0.42, 0.11, -1.0), (0.12, 0.15, 0.13, 0.7)]
    whirls = [
        (*canvas.place(u + 0.05 * rng.standard_normal(), v + 0.03 * rng.standard_normal()), size * unit, sign)
        for u, v, size, sign in whirls
    ]
    spots = [(0.84, 0.16, 0.085), (0.56, 0.12, 0.035), (0.27, 0.1, 0.03), (0.93, 0.45, 0.028), (0.73, 0.3, 0.025)]
    spots += [(0.43, 0.56, 0.022), (0.08, 0.42, 0.03), (0.45, 0.07, 0.018)]
    stars = [
        (*canvas.place(u + 0.025 * rng.standard_normal(), v + 0.02 * rng.standard_normal()), size * unit)
        for u, v, size in spots
    ]

    def hill(x, base, height):
        return bottom * (base + height * horizon(x * 1.3 + base, base * 3))

    def stream(x, y):
        total = 0.5 * y + 0.03 * low(x, y)
        for cx, cy, size, sign in whirls:
            total += sign * 0.16 * unit * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / size**2)
        return total

    def flow(x, y):
        h = 1e-3
        angle = np.arctan2(stream(x - h, y) - stream(x + h, y), stream(x, y + h) - stream(x, y - h))
        direction = np.stack([np.cos(angle), np.sin(angle)])
        for cx, cy, size in stars:
            away = np.hypot(x - cx, y - cy)
            share = np.exp(-((away / (2.4 * size)) ** 2))
            around = np.stack([-(y - cy), x - cx]) / (away + 1e-6)
            direction = direction * (1 - share) + around * share * 2
        return np.arctan2(direction[1], direction[0])

    blues = "#0b1440 #14246b #1f3f9a #2f6cc0 #5fa3d6 #a9d2dc #e3e6b8"

    def sky(x, y):
        bands = 0.5 + 0.5 * np.sin(stream(x, y) * 62)
        tone = 0.12 + 0.5 * bands**1.5 + 0.13 * mid(x, y) + 0.22 * np.clip(canvas.v(y), 0, 1) ** 2
        for cx, cy, size, _ in whirls:
            tone = tone + 0.22 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (0.7 * size) ** 2)
        colors = ramp(blues, tone)
        for cx, cy, size in stars:
            away = np.hypot(x - cx, y - cy) / size
            rings = 0.75 + 0.25 * np.cos(away * 5)
            colors = mix(
                colors,
                ramp("#fff6c0 #ffd83d #f2a71b #cfd88a #86b8c8", away / 2.6),
                np.exp(-((away / 2.1) ** 2)) * rings,
            )
        return colors

    canvas.ground("#14246b")
    for count, length, width, bend in ((1500, 0.12, 0.03, 0.15), (4200, 0.075, 0.0125, 0.1)):
        places = canvas.scatter(count)
        colors = sky(places[:, 0], places[:, 1]) + 0.045 * rng.standard_normal((len(places), 3))
        canvas.strokes(
            places, flow, colors, length, width, places[:, 1] < hill(places[:, 0], 0.7, 0.07) + 0.03, bend=bend
        )

    for x, y, size, _ in whirls:
        # In the eye of a whirl the field has no direction: short dabs around it close the hole.
        core = np.stack([x, y]) + 0.09 * size * rng.standard_normal((16, 2))
        dabs = sky(*core.T) + 0.05 * rng.standard_normal((16, 3))
        canvas.strokes(core, lambda px, py, x=x, y=y: np.arctan2(px - x, y - py), dabs, 0.03, 0.011)
    for x, y, size in stars:
        core = np.stack([x, y]) + 0.35 * size * rng.standard_normal((14, 2))
        canvas.strokes(core, flow, ramp("#fffbe0 #ffe873", rng.uniform(size=14)), 0.9 * size, 0.011)

    for base, height, palette in (
        (0.67, 0.13, "#0d1a52 #21409a #4a76b8 #7d9cc4"),
        (0.76, 0.08, "#10204f #27507f #4d8a86 #9fb77a"),
        (0.86, 0.05, "#0c1a30 #1d4a3e #6f9a4a #d0b648"),
    ):
        places = canvas.scatter(2200)
        x, y = places.T
        top = hill(x, base, height)
        tone = 0.5 + 0.5 * np.sin((y - top) * 70 + 3 * mid(x, y)) * 0.8 + 0.2 * rng.standard_normal(len(x))

        def slope(x, y, base=base, height=height):
            return np.arctan2(hill(x + 0.01, base, height) - hill(x - 0.01, base, height), 0.02) * 0.9 + 0.15 * mid(
                x, y
            )

        order = np.argsort(y)
        canvas.strokes(
            places[order], slope, ramp(palette, tone)[order], 0.07, 0.014, ((y > top) & (y < top + 0.3))[order]
        )

    houses(canvas, lambda x: hill(x, 0.86, 0.05) + 0.012 * unit, unit)
    cypress(canvas, unit)
    canvas.relief(0.35)


def houses(canvas, ground, unit):
    """A village with lit windows and a steeple, standing on the ground's line, small ones behind."""
    rng = canvas.rng
    spots = np.sort(0.36 + 0.6 * (np.arange(12) + rng.uniform(0.1, 0.9, 12)) / 12)
    for number, u in enumerate(spots):
        size = unit * rng.uniform(0.022, 0.036)
        x, tall = u * canvas.right, rng.uniform(0.8, 1.2)
        y = ground(np.float32(x)) + unit * rng.uniform(0, 0.05)
        wall = ramp("#31507f #51708f #8a8f86 #22335f", rng.uniform())
        roof = ramp("#1a2350 #7a3b2e #3f2b52 #a8562e", rng.uniform())
        box = np.array([(-1, 0), (1, 0), (1, -tall), (-1, -tall)]) * size + (x, y)
        gable = np.array([(-1.25, -tall), (1.25, -tall), (0.6, -tall - 0.9), (-0.6, -tall - 0.9)]) * size + (x, y)
        if number == 6:  # the church
            gable = np.array([(-0.5, -tall), (0.5, -tall), (0.05, -5.5), (-0.05, -5.5)]) * size + (x, y)
        canvas.polygons([box + 0.1 * size, gable], [wall, roof])
        lit = np.array([(-0.35, -0.3), (0.05, -0.3), (0.05, -0.75), (-0.35, -0.75)]) * size
        canvas.polygons([lit + (x, y), lit + (x + 0.6 * size, y)], [rgb("#ffd34a"), rgb("#ffb52e")])
        canvas.lines([box[[0, 3, 2, 1]], gable[[0, 3, 2, 1, 0]]], rgb("#0b1230"), 0.003)
    places = canvas.scatter(12000)
    x, y = places.T
    near = (np.abs(y - ground(x) + 0.01 * unit) < 0.06 * unit) & (canvas.u(x) > 0.33)
    colors = canvas.at(x, y) + 0.05 * rng.standard_normal((len(x), 3))
    canvas.strokes(places, lambda x, y: 0 * x + 0.1, colors, 0.018, 0.007, near, bristles=3, bend=0.5)


def cypress(canvas, unit):
    """A dark tree like a flame at the left."""
    rng = canvas.rng
    foot = 0.17 + 0.02 * rng.standard_normal()
    places = canvas.scatter(9000)
    x, y = places.T
    for shift, top, girth in ((0.0, 0.2, 0.075), (0.075, 0.5, 0.045)):
        middle = (foot + shift) * canvas.right
        v = (canvas.v(y) - top) / (1.02 - top)

        def lean(v, middle=middle):
            return middle + unit * 0.018 * np.sin(v * 9 + foot * 40)

        half = unit * girth * np.clip(v, 0, 1) ** 0.7 * (1.1 - 0.45 * np.clip(v, 0, 1)) * (1 + 0.12 * np.sin(v * 40))
        side = (x - lean(v)) / (half + 1e-6)
        where = (np.abs(side) < 1) & (v > 0) & (v < 1)

        def upward(x, y, top=top, lean=lean):
            v = (canvas.v(y) - top) / (1.02 - top)
            tilt = (lean(v + 0.01) - lean(v - 0.01)) / (0.02 * canvas.bottom)
            return np.pi / 2 - tilt + 0.5 * np.sin(v * 26 + x * 60)

        tone = 0.35 - 0.25 * side + 0.25 * np.sin(v * 40 + 5 * side) + 0.15 * rng.standard_normal(len(x))
        colors = ramp("#060d16 #0d2620 #1c4a2f #3f6a35 #8a8a3a", tone)
        canvas.strokes(places, upward, colors, 0.055, 0.011, where, bend=0.1)
