"""A cubist still life: planes that each show the things from a place of their own."""

import numpy as np

from lib.paintings.brushes import mix, outline, ramp, rgb


def paint(canvas):
    """A still life with a guitar, a bottle and fruit on a table, seen from several sides at once."""
    rng = canvas.rng
    unit = min(canvas.right, canvas.bottom)
    grain, cloud = canvas.noise(30), canvas.noise(4, 2)
    pieces = facets(rng, 44)
    where = np.zeros(canvas.shape, int)
    for number, piece in enumerate(pieces):
        top, left = canvas.pixels(*piece.min(0))
        low, last = canvas.pixels(*piece.max(0))
        box = slice(top, low + 1), slice(left, last + 1)
        ahead = np.roll(piece, -1, 0) - piece
        sides = [
            along[0] * (canvas.y[box] - start[1]) - along[1] * (canvas.x[box] - start[0])
            for start, along in zip(piece, ahead)
        ]
        where[box][np.all(np.stack(sides) >= 0, 0)] = number  # its corners go around in the same sense
    shift = 0.021 * rng.standard_normal((len(pieces), 2))
    turn = 0.13 * rng.standard_normal(len(pieces))
    stretch = 1 + 0.1 * rng.standard_normal(len(pieces))
    light = rng.uniform(0, 2 * np.pi, len(pieces))
    tones = 0.1 * rng.standard_normal(len(pieces))
    middles = np.array([piece.mean(0) for piece in pieces])

    # Every facet looks at the still life from a place of its own.
    dx, dy = canvas.x - middles[where, 0], canvas.y - middles[where, 1]
    cos, sin = (function(turn)[where] * stretch[where] for function in (np.cos, np.sin))
    x = middles[where, 0] + cos * dx - sin * dy + shift[where, 0]
    y = middles[where, 1] + sin * dx + cos * dy + shift[where, 1]
    walls = np.array([rgb(code) for code in "#33465e #6f8796 #a8875a #7a4630 #56623f #c2b28a".split()])
    walls = walls[rng.randint(len(walls), size=len(pieces))][where]
    labels, colors = still_life(canvas, x, y, unit, grain, cloud, walls)
    across = (np.cos(light)[where] * dx + np.sin(light)[where] * dy) * np.sqrt(len(pieces))
    shade = tones[where] + 0.3 * np.tanh(1.8 * across)
    colors = colors + 0.25 * (colors - colors.mean(-1, keepdims=True))
    canvas.image[:] = np.clip(colors * (1 + 0.8 * shade[..., None]) + 0.25 * shade[..., None] * (0.9, 0.8, 0.6), 0, 1)

    def along(x, y):
        return light[where[canvas.pixels(x, y)]] + np.pi / 2

    for count, length, width in ((2000, 0.035, 0.018), (7500, 0.028, 0.0095)):
        places = canvas.scatter(count)
        dabs = canvas.at(*places.T) + 0.035 * rng.standard_normal((len(places), 3))
        canvas.strokes(places, along, dabs, length, width, bristles=4, alpha=0.85)
    canvas.dry()
    for image, thick, strength in ((where, 0.0028, 0.75), (labels, 0.0042, 0.85)):
        canvas.fill(
            rgb("#1a1410"), strength * outline(image, thick * canvas.side) * (0.75 + 0.25 * grain(canvas.x, canvas.y))
        )
    canvas.relief(0.3)


def facets(rng, count):
    """The unit square cut into `count` convex polygons by straight lines, always through the largest one."""
    pieces = [np.array([(-0.05, -0.05), (1.05, -0.05), (1.05, 1.05), (-0.05, 1.05)])]
    slants = np.deg2rad([12, 35, 62, 98, 125, 160])
    while len(pieces) < count:
        sizes = [area(piece) for piece in pieces]
        piece = pieces.pop(int(np.argmax(sizes)))
        spread = rng.dirichlet(np.full(len(piece), 4.0))
        angle = slants[rng.randint(len(slants))] + 0.1 * rng.standard_normal()
        side = (piece - spread @ piece) @ (-np.sin(angle), np.cos(angle))
        halves = [[], []]
        for k in range(len(piece)):
            after = (k + 1) % len(piece)
            halves[int(side[k] > 0)].append(piece[k])
            if (side[k] > 0) != (side[after] > 0):
                cut = piece[k] + (piece[after] - piece[k]) * side[k] / (side[k] - side[after])
                halves[0].append(cut)
                halves[1].append(cut)
        pieces += [np.array(half) for half in halves]
    return pieces


def area(polygon):
    """The area of a polygon, corners (N, 2) in order."""
    x, y = polygon.T
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def still_life(canvas, x, y, unit, grain, cloud, walls):
    """What stands at places (x, y): the number of the thing, and its color (H, W, 3)."""
    middle = np.array(canvas.place(0.5, 0.5))
    p, q = (x - middle[0]) / unit / 1.3, (y - middle[1]) / unit / 1.3 + 0.07
    labels = np.zeros(x.shape, int)
    colors = mix(ramp("#2c3440 #4a5a68 #8a9196 #b8a684", 0.45 + 0.3 * cloud(x, y) - 0.4 * p), walls, 0.75)
    drape = (p > 0.22 + 0.05 * np.sin(q * 6)) & (q < 0.2)
    parts = [(drape, ramp("#4a1a1c #7a2a24 #a8452c", 0.5 + 0.5 * np.sin(p * 60 + 4 * q)))]
    table = q > 0.17 - 0.1 * p
    wood = ramp(
        "#6b3f1e #96602c #c08a44 #dcae66",
        0.5 + 0.3 * np.sin(q * 55 + 2 * p + 2 * cloud(x, y)) + 0.2 * grain(x * 0.3, y),
    )
    parts.append((table, wood))
    cloth = (q > 0.26 + 0.4 * np.abs(p + 0.12)) & (q < 0.46)
    parts.append((cloth, ramp("#8f959a #c9c6ba #f2ead6", 0.6 + 0.4 * np.sin(p * 28 + q * 20))))

    # The guitar leans across: along it from the lower left to the upper right.
    a, b = 0.62 * (p + 0.13) - 0.78 * (q - 0.1), 0.78 * (p + 0.13) + 0.62 * (q - 0.1)
    waist = np.where(a < 0.0, np.hypot(a + 0.09, b) - 0.165, np.hypot(a - 0.09, b) - 0.12)
    body = np.minimum(waist, np.maximum(np.abs(a) - 0.1, np.abs(b) - 0.105))
    neck = np.minimum(
        np.maximum(np.abs(a - 0.31) - 0.19, np.abs(b) - 0.026), np.maximum(np.abs(a - 0.53) - 0.05, np.abs(b) - 0.042)
    )
    parts.append((body < 0, ramp("#7a3d14 #b3641f #e09a3a #f3c878", 0.6 - 1.8 * b + 0.12 * np.sin(b * 180))))
    parts.append((neck < 0, np.broadcast_to(rgb("#2a1a14"), (*x.shape, 3))))
    parts.append((np.hypot(a - 0.03, b) < 0.048, np.broadcast_to(rgb("#17100e"), (*x.shape, 3))))
    strings = (np.abs(np.sin(b * 190)) < 0.3) & (np.abs(b) < 0.02) & (a > -0.16) & (a < 0.5)

    bottle = np.maximum(
        np.abs(p - 0.22) - np.where(q < -0.12, 0.03, np.where(q < -0.02, 0.03 + 0.5 * (q + 0.12), 0.08)),
        np.abs(q + 0.02) - 0.28,
    )
    parts.append((bottle < 0, ramp("#0f2a20 #1f5038 #4f8a5a #a9c88a", 0.75 - 5 * np.abs(p - 0.2))))
    label = (np.abs(p - 0.22) < 0.075) & (np.abs(q - 0.1) < 0.065)
    parts.append((label, np.broadcast_to(rgb("#ead9b0"), (*x.shape, 3))))
    for cx, cy, size, palette in (
        (0.06, 0.31, 0.07, "#5a0f14 #a8201e #e0562a #f6a860"),
        (0.19, 0.34, 0.062, "#6a5a10 #b89a1c #e8cf4a #fbf0a0"),
        (0.33, 0.29, 0.066, "#7a3a0a #d0701a #f2a13a #ffe0a0"),
        (-0.3, 0.36, 0.075, "#2f4a1a #5f7f2a #a3b84a #e4e48a"),
    ):
        away = np.hypot(p - cx, q - cy) / size
        parts.append((away < 1, ramp(palette, 0.75 - 0.9 * ((p - cx) + (q - cy)) / size - 0.2 * away)))
    for number, (mask, fill) in enumerate(parts, 1):
        labels = np.where(mask, number, labels)
        colors = np.where(mask[..., None], fill, colors)
    return labels, mix(colors, rgb("#f3e2b0"), 0.6 * strings)
