"""A warm field in oil: long strokes that turn around the sun, run along the furrows and stand up as stalks."""

import numpy as np

from lib.paintings.brushes import mix, ramp, rgb


def paint(canvas):
    """A field of ripe wheat with poppies under a low sun, in golds, oranges and violets."""
    rng = canvas.rng
    unit = min(canvas.right, canvas.bottom)
    low, mid, ridge = canvas.noise(3), canvas.noise(10, 2), canvas.noise(3, 2)
    sun = np.array(canvas.place(rng.uniform(0.58, 0.72), rng.uniform(0.22, 0.3)))
    vanish = np.array(canvas.place(rng.uniform(0.3, 0.45), 0.36))
    horizon = 0.47

    def hill(x, base, height):
        return canvas.bottom * (base - height * (0.5 + 0.5 * ridge(x * 1.1, base * 3)))

    def around(x, y):
        return np.arctan2(y - sun[1], x - sun[0]) + np.pi / 2 + 0.25 * low(x, y)

    def sky(x, y):
        away = np.hypot(x - sun[0], y - sun[1]) / unit
        tone = away * 1.25 + 0.09 * np.sin(away * 42 + 3 * low(x, y)) + 0.07 * mid(x, y)
        return ramp("#fffbe2 #ffe680 #ffc53f #f99a3a #ee7a4c #d7647a #a65c96 #6b5aa6 #4a66b0", tone)

    canvas.ground("#c98a3a")
    for count, length, width in ((1000, 0.1, 0.03), (3000, 0.055, 0.0135)):
        places = canvas.scatter(count)
        x, y = places.T
        colors = sky(x, y) + 0.04 * rng.standard_normal((len(x), 3))
        canvas.strokes(places, around, colors, length, width, y < 0.52 * canvas.bottom, bend=0.15)
    disc = sun + 0.05 * unit * rng.standard_normal((60, 2)).clip(-1.2, 1.2)
    canvas.strokes(disc, around, ramp("#fffef0 #fff3a8 #ffe14f", rng.uniform(size=60)), 0.05, 0.014)

    for base, height, palette in (
        (0.45, 0.16, "#4a3f8c #6a5aa6 #8f74b8 #c795c0"),
        (0.485, 0.09, "#2f4a6e #4b7a80 #7f9668 #d9b25a"),
    ):
        places = canvas.scatter(7000)
        x, y = places.T
        top = hill(x, base, height)
        tone = 0.5 + 0.3 * mid(x, y) - 2 * (y - top) + 0.2 * rng.standard_normal(len(x))

        def slope(x, y, base=base, height=height):
            return np.arctan2(hill(x + 0.02, base, height) - hill(x - 0.02, base, height), 0.04) + 0.3 * mid(x, y)

        order = np.argsort(y)
        where = (y > top + 0.004) & (y < 0.53 * canvas.bottom)
        canvas.strokes(places[order], slope, ramp(palette, tone)[order], 0.045, 0.011, where[order])

    tree(canvas, canvas.place(rng.uniform(0.16, 0.26), 0.5), 0.2 * unit)

    def row(x, y):
        return np.arctan2(y - vanish[1], x - vanish[0])

    def waving(x, y):
        return -np.pi / 2 + 0.35 * low(x * 1.7, y) + 0.25 * (x - sun[0]) + 0.25 * mid(x, y)

    places = canvas.scatter(6500)
    x, y = places.T
    depth = (canvas.v(y) - horizon) / (1 - horizon)  # 0 far away, 1 in front
    bands = np.sin(row(x, y) * 26 + 0.6 * low(x, y))
    tone = 0.5 + 0.22 * bands + 0.12 * mid(x, y) + 0.13 * rng.standard_normal(len(x))
    colors = ramp("#7a3b1e #b8651f #d98f25 #f0b838 #fbd95e #fff0a0", tone)
    colors = mix(colors, ramp("#a35a6a #e8a24a #f8d27c", tone), 0.6 * np.clip(1 - 2 * depth, 0, 1))
    size = 0.35 + 0.75 * np.clip(depth, 0, 1)
    order = np.argsort(y)
    in_front = (depth > 0)[order]
    canvas.strokes(places[order], row, colors[order], (0.06 * size)[order], (0.018 * size)[order], in_front)

    places = canvas.scatter(3600)
    x, y = places.T
    depth = (canvas.v(y) - horizon) / (1 - horizon)
    tone = 0.6 + 0.2 * np.sin(row(x, y) * 26) + 0.25 * rng.standard_normal(len(x))
    colors = ramp("#5a3a1e #9c5a1c #e09a26 #f9cb48 #fff2a8", tone)
    green = rng.uniform(size=len(x)) < 0.1
    colors[green] = ramp("#3f5a34 #7d8f3c #b3b04a", rng.uniform(size=len(x)))[green]
    order = np.argsort(y)
    size = np.clip(depth, 0, 1.1) + 0.12
    canvas.strokes(
        places[order],
        waving,
        colors[order],
        (0.1 * size)[order],
        (0.0115 * size + 0.002)[order],
        (depth > 0.12)[order],
        bristles=4,
    )
    poppies(canvas, horizon, unit)
    canvas.relief(0.35)


def tree(canvas, foot, size):
    """A round tree standing against the light: dabs on a few branches, dark below and gold above."""
    rng = canvas.rng
    x, y = foot
    trunk = np.array([(x + size * 0.03 * np.sin(k), y + 0.06 * size - 0.11 * size * k) for k in range(8)])
    limbs = [trunk] + [
        np.array([trunk[4 + k % 3] + size * time * np.array((0.36 * (k - 2) / 2, -0.42)) for time in (0, 0.5, 1)])
        for k in range(5)
    ]
    canvas.lines(limbs, rgb("#33204a"), [0.055 * size] + 5 * [0.03 * size])
    clumps = [(0, -0.95, 0.3), (-0.33, -0.72, 0.26), (0.33, -0.76, 0.26), (-0.16, -1.15, 0.2), (0.2, -1.1, 0.22)]
    for count, tone in ((46, 0.12), (40, 0.42), (22, 0.8)):
        for across, up, girth in clumps:
            spots = np.array((across, up - 0.25 * (tone - 0.3) * girth)) + girth * 0.45 * rng.standard_normal(
                (count, 2)
            ).clip(-1.9, 1.9)
            leaves = ramp("#241a4a #22504f #3f7a3f #9aa83a #f2d255", tone + 0.12 * rng.standard_normal(count))
            canvas.strokes(
                foot + size * spots,
                lambda x, y: 0.8 + 9 * (x - foot[0]) / size,
                leaves,
                0.024,
                0.0115,
                bristles=4,
                bend=0.6,
            )


def poppies(canvas, horizon, unit):
    """Red flowers in drifts, smaller towards the horizon."""
    rng = canvas.rng
    places = canvas.scatter(2600)
    drift = canvas.noise(4)
    x, y = places.T
    depth = (canvas.v(y) - horizon) / (1 - horizon)
    where = (depth > 0.06) & (drift(x, y * 2) > 0.42 - 0.12 * depth) & (rng.uniform(size=len(x)) < 0.55)
    order = np.argsort(y)
    size = unit * (0.008 + 0.026 * np.clip(depth, 0, 1.1))
    red = ramp("#8e1220 #c81d25 #ec3b26 #ff6a3a", rng.uniform(size=len(x)))
    for shift, tone in (((0, 0), 0.0), ((-0.25, -0.3), 0.1)):
        spots = places + np.array(shift) * size[:, None]
        canvas.strokes(
            spots[order],
            lambda x, y: 0.4 * np.sin(x * 90),
            red[order] + tone,
            (size * (1 - 3 * tone))[order],
            (size * (0.8 - 3 * tone))[order],
            where[order],
            bristles=4,
            bend=0.4,
        )
    dark = places + np.array((0.05, 0.05)) * size[:, None]
    canvas.strokes(
        dark[order],
        lambda x, y: 0 * x,
        np.tile(rgb("#3a0d18"), (len(x), 1)),
        (size * 0.3)[order],
        (size * 0.3)[order],
        where[order],
        bristles=2,
    )
