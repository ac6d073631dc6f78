"""A mosaic: square tiles that follow the outlines of what they show."""

import numpy as np
from scipy.spatial import cKDTree

from lib.paintings.brushes import mix, ramp, rgb, step


def paint(canvas):
    """Three fish in the sea, in a frame, as on the floor of a Roman bath."""
    rng = canvas.rng
    unit = min(canvas.right, canvas.bottom)
    low, mid = canvas.noise(3), canvas.noise(9)
    frame = 0.085 * unit
    way = 1 if rng.uniform() < 0.5 else -1
    fish = [(0.5, 0.37, 0.25, way), (0.3, 0.68, 0.145, -way), (0.72, 0.73, 0.135, -way)]
    fish = [
        (*canvas.place(u + 0.02 * rng.standard_normal(), v + 0.02 * rng.standard_normal()), size * unit, way)
        for u, v, size, way in fish
    ]
    tilts = 0.16 * rng.standard_normal(3)

    def inner(number, x, y):
        """A place in a fish's own terms: along it from tail (-1) to mouth (1), across it, and how far outside."""
        cx, cy, size, way = fish[number]
        cos, sin = np.cos(tilts[number]), np.sin(tilts[number])
        p, q = (x - cx) / size * way, (y - cy) / size
        p, q = cos * p + sin * q, cos * q - sin * p
        q = q - 0.08 * np.sin(2.2 * p)
        half = 0.5 * np.sqrt(np.clip(1 - p**2, 0, 1)) * (0.85 + 0.25 * p) * (np.abs(p) < 1)
        body = np.abs(q) - half + 2 * np.clip(np.abs(p) - 1, 0, 9)
        tail = np.maximum(
            np.abs(q) - 0.08 - 0.62 * np.clip(-0.82 - p, 0, 1), np.maximum(p + 0.8, -1.42 - p - 0.35 * np.abs(q))
        )
        back = np.maximum(np.abs(p - 0.05 + 0.4 * (q + 0.55)) - 0.38, np.maximum(q + 0.3, -0.72 - q + 0.2 * p))
        fins = np.minimum(tail, back)
        return p, q, body, fins, np.minimum(body, fins) * size

    def edge(x, y):
        return np.minimum(np.minimum(x, canvas.right - x), np.minimum(y, canvas.bottom - y))

    def angle(x, y):
        h = 0.004
        waves = 0.35 * np.sin(x * 14 + 3 * low(x, y)) * np.cos(y * 5)
        total = np.stack([np.cos(4 * waves), np.sin(4 * waves)])  # four quarter turns of a tile are one direction
        for number in range(3):
            far = inner(number, x, y)[-1]
            slope = np.arctan2(
                inner(number, x, y + h)[-1] - inner(number, x, y - h)[-1],
                inner(number, x + h, y)[-1] - inner(number, x - h, y)[-1],
            )
            share = np.exp(-((np.clip(far, 0, 1) / (0.09 * unit)) ** 2)) * 3
            total = total + share * np.stack([np.cos(4 * slope), np.sin(4 * slope)])
        turn = np.arctan2(total[1], total[0]) / 4
        return turn

    scales = "#8a1c1c #d8432a #f28a3a #ffd27a", "#6a4a10 #c8962a #f4cf5a #fff2b0", "#4a1a5a #8f3a8a #d06aa0 #f6b8c4"
    scales = [scales[number] for number in rng.permutation(3)]

    def color(x, y):
        v = canvas.v(y)
        swell = np.sin(y * 34 + 2.2 * np.sin(x * 9 + 2 * low(x, y)) + mid(x, y))
        total = ramp("#0f2f5a #15608a #2295a8 #6fc8bc #d8f0d8", 0.62 - 0.5 * v + 0.2 * swell + 0.12 * mid(x, y))
        halo = np.full(np.shape(x), 9.0)
        for number in range(3):
            p, q, body, fins, far = inner(number, x, y)
            halo = np.minimum(halo, far)
            rows = np.sin(p * 17 + 5 * np.abs(q)) * np.cos(q * 16)
            side = ramp(scales[number], 0.5 + 0.75 * q + 0.22 * rows)
            side = mix(side, rgb("#f6ead0"), step(q - 0.24, 0.05))
            side = mix(side, ramp(scales[(number + 1) % 3], 0.4 + q), p > 0.58)
            side = mix(side, rgb("#22202a"), np.abs(p - 0.56 + 0.25 * q**2) < 0.035)
            wing = ramp(scales[(number + 1) % 3], 0.5 + 0.45 * np.sin(q * 22 + p * 6))
            total = mix(total, wing, fins < 0)
            total = mix(total, side, body < 0)
            rim = (np.abs(far + 0.008 * unit) < 0.008 * unit) & ((body > -0.08) | (fins > -0.08))
            total = mix(total, ramp(scales[number], 0 * x), rim)
        total = mix(total, rgb("#e8f4e0"), 0.75 * ((halo > 0.004 * unit) & (halo < 0.024 * unit)))
        sand = v > 0.88 + 0.02 * np.sin(x * 20)
        total = mix(total, ramp("#b98a4a #e4c07a #f6e4b0", 0.5 + 0.5 * mid(x, y)), sand)
        return total

    size = 0.0245
    tiles = canvas.scatter(1.17 / size**2)
    places, turns = settle(
        tiles,
        angle,
        lambda x, y: np.minimum.reduce(
            [np.abs(inner(number, x, y)[-1]) for number in range(3)] + [np.abs(edge(x, y) - frame)]
        ),
        size,
    )
    inside = edge(*places.T) > frame
    canvas.image[:] = ramp("#3a3430 #57504a", 0.5 + 0.5 * canvas.noise(90)(canvas.x, canvas.y))
    lay(canvas, places, turns, color(*places.T), size, inside)

    # The frame: three rows of tiles, the middle one in pairs of red and black.
    side = frame / 3
    border, stones = [], []
    for row, codes in enumerate(("#efe2c6 #efe2c6", "#a8321e #2a2a38", "#2a4a6a #2a4a6a")):
        wide, high = (length - (2 * row + 1) * side for length in (canvas.right, canvas.bottom))
        for long, count in ((wide, round(wide / side)), (high, round(high / side))):
            steps = (np.arange(count) / count - 0.5) * long
            for sign in (-1, 1):
                spots = [(k, -high / 2) for k in steps] if long is wide else [(wide / 2, k) for k in steps]
                border += [(canvas.right / 2 + sign * a, canvas.bottom / 2 + sign * b) for a, b in spots]
                stones += [rgb(codes.split()[k // 2 % 2]) for k in range(count)]
    border, stones = np.array(border), np.array(stones)
    lay(canvas, border, 0.03 * rng.standard_normal(len(border)), stones, side, np.ones(len(border), bool))
    for number, (cx, cy, size, way) in enumerate(fish):
        turn = np.linspace(0, 2 * np.pi, 25)[:-1]
        p, q = 0.72, -0.06 + 0.08 * np.sin(2.2 * 0.72)
        cos, sin = np.cos(tilts[number]), np.sin(tilts[number])
        eye = np.array([(cos * p - sin * q) * way, sin * p + cos * q]) * size + (cx, cy)
        ring = np.stack([np.cos(turn), np.sin(turn)], 1) * size
        canvas.polygons(
            [eye + r * ring for r in (0.16, 0.135, 0.075)], [rgb(c) for c in ("#1c1816", "#fdf4dc", "#14141c")]
        )
        canvas.polygons([eye + 0.03 * ring + (-0.025 * size, -0.025 * size)], rgb("#ffffff"))
    canvas.dry()
    veins = canvas.noise(60, 2)(canvas.x, canvas.y)
    canvas.image *= (1 + 0.06 * veins)[..., None]


def lay(canvas, places, turns, stones, size, keep):
    """Square tiles of stone with sides `size`, not quite regular, each with its shadow and a lighter face."""
    rng, count = canvas.rng, len(places)
    stones = stones.clip(0, 1) * (1 + 0.13 * rng.standard_normal((count, 1))) + 0.025 * rng.standard_normal((count, 3))
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (1 + 0.1 * rng.standard_normal((count, 4, 2)))
    cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]
    corners = [cos * corners[..., 0] - sin * corners[..., 1], sin * corners[..., 0] + cos * corners[..., 1]]
    corners, stones = 0.44 * size * np.stack(corners, -1)[keep], stones[keep]
    middles = places[keep][:, None]
    face = middles + 0.86 * corners - 0.0008
    shine = middles + 0.7 * corners - 0.0008
    shine = np.stack([shine[:, 0], shine[:, 1], 0.6 * shine[:, 1] + 0.4 * shine[:, 3], shine[:, 3]], 1)
    canvas.polygons(middles + corners + 0.0018, rgb("#1c1816"), 0.6)
    canvas.polygons(middles + corners, stones * 0.72)
    canvas.polygons(face, stones)
    canvas.polygons(shine, stones * 1.12 + 0.05, 0.5)


def settle(places, angle, outline, size, rounds=6):
    """Let square tiles spread evenly: each moves to the middle of what lies nearest to it, and turns with the field.

    What lies nearest is measured as tiles are shaped: the larger of the distances along a tile's two sides. Places
    near an outline belong to no tile, so the tiles draw back from it and line up on both sides.
    Hausner 2001, "Simulating decorative mosaics".
    """
    cells = 180
    grid = ((np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), -1) + 0.5) / cells * 1.1 - 0.05).reshape(-1, 2)
    grid = grid[outline(*grid.T) > 0.2 * size]
    for _ in range(rounds):
        turns = angle(*places.T)
        _, near = cKDTree(places).query(grid, k=5)
        away = grid[:, None] - places[near]
        cos, sin = np.cos(turns)[near], np.sin(turns)[near]
        reach = np.maximum(
            np.abs(cos * away[..., 0] + sin * away[..., 1]), np.abs(cos * away[..., 1] - sin * away[..., 0])
        )
        owner = near[np.arange(len(grid)), reach.argmin(1)]
        counts = np.bincount(owner, minlength=len(places))
        sums = np.stack([np.bincount(owner, grid[:, k], len(places)) for k in range(2)], 1)
        places = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], places)
    return places, angle(*places.T)
