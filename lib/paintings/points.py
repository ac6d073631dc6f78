"""Pointillism: dots of nearly pure colors that only together give the color of a place."""

import numpy as np

from lib.paintings.brushes import mix, ramp, rgb, step

# Around the color circle, and together gray: dots that each miss their color, but in no direction on the whole.
PURE = np.array([rgb(code) for code in "#ff3030 #ff9a20 #f4e020 #30c050 #2060f0 #a030e0".split()])


def paint(canvas):
    """A river with sailing boats on a summer afternoon, seen from a shady bank."""
    rng = canvas.rng
    unit = min(canvas.right, canvas.bottom)
    low, mid, fine, far = canvas.noise(3), canvas.noise(9, 2), canvas.noise(22), canvas.noise(5, 2)
    boats = [(0.6, 0.5, 0.2), (0.84, 0.43, 0.09), (0.42, 0.425, 0.065)]
    boats = [(u + 0.04 * rng.standard_normal(), v + 0.008 * rng.standard_normal(), size) for u, v, size in boats]
    trunk = 0.17 + 0.02 * rng.standard_normal()
    leaves = [(0.1, 0.1, 0.2), (0.3, 0.07, 0.17), (0.02, 0.28, 0.15), (0.25, 0.25, 0.13), (0.47, 0.02, 0.1)]
    leaves = [(u + 0.02 * rng.standard_normal(), v + 0.02 * rng.standard_normal(), size) for u, v, size in leaves]

    def sails(x, y, u, v, size):
        """Parts of a boat at (x, y): the two sails and the hull."""
        cx, cy = canvas.place(u, v)
        across, up = (x - cx) / (size * unit), (cy - y) / (size * unit)
        main = (across > 0.02) & (up > 0.1) & (across < 0.62 * np.clip(1.25 - up, 0, 9) ** 0.8)
        fore = (across < -0.03) & (up > 0.14) & (-across < 0.42 * (1.05 - up))
        hull = (up > -0.12) & (up < 0.1) & (np.abs(across) < 0.62 + 0.9 * up)
        return main, fore, hull

    def color(x, y):
        u, v = canvas.u(x), canvas.v(y)
        clouds = step(mid(x, y * 2) + 0.5 * low(x, y * 2) - 0.15, 0.5)
        total = mix(ramp("#3f78cc #6aa4e0 #a0cbe8 #e6e4d0 #ffd7a0", v / 0.42), rgb("#ffeadb"), 0.7 * clouds)

        bank = 0.42 - 0.055 * (0.5 + far(x * 1.2, 0.3)) - 0.03 * step(fine(x, 0.5), 0.3)
        shade = 0.5 + 0.4 * fine(x, y * 1.3) - 6 * (v - 0.4)
        woods = ramp("#2d4a86 #4a7f8f #6fae78 #c2d47a #f5e08c", shade)
        total = mix(total, woods, (v > bank) & (v < 0.43))

        ripple = mid(x * 0.5, y * 3) + 0.4 * np.sin(y * 150 + 3 * low(x, y))
        water = ramp("#2b5fae #3f86c8 #6fb3da #a9d6dc #f6e9c4", 0.62 - 0.5 * (v - 0.43) / 0.45 + 0.2 * ripple)
        water = mix(water, rgb("#5f9a80"), 0.6 * step(0.5 - v + 0.03 * ripple, 0.03))
        total = mix(total, water, v > 0.43)
        for place in boats:
            parts = sails(x, y, *place)
            foot = 2 * place[1] * canvas.bottom - y  # what is mirrored in the water
            mirrored = sails(x + 0.02 * unit * ripple, foot + 0.1 * place[2] * unit, *place)
            for part, image, code in zip(parts, mirrored, ("#f07a28", "#fff4d8", "#6a2440")):
                total = mix(total, mix(rgb(code), total, 0.45), image & (v > place[1]))
                total = mix(total, rgb(code), part)

        edge = 0.93 - 0.33 * np.clip(1 - u, 0, 2) ** 1.6 - 0.02 * fine(x, 0.1)
        light = step(mid(x, y * 1.7) + 0.4 * fine(x, y) + 1.1 * (u - 0.45), 0.35)
        grass = mix(
            ramp("#16324f #1f5a4f #3f8a4a", 0.5 + fine(x, y)), ramp("#8fbf3f #cfdc50 #fff08a", 0.5 + mid(x, y)), light
        )
        total = mix(total, grass, v > edge)

        bole = np.abs(u - trunk - 0.04 * np.sin(v * 5)) * canvas.right / unit
        side = step(u - trunk - 0.04 * np.sin(v * 5), 0.02)
        wood = mix(rgb("#2c2350"), rgb("#c06a3a"), side)
        total = mix(total, wood, (bole < 0.034 + 0.06 * np.clip(v - 0.62, 0, 1)) & (v < 0.8))
        crown = np.full(np.shape(x), -1.0)
        for at_u, at_v, size in leaves:
            cx, cy = canvas.place(at_u, at_v)
            crown = np.maximum(crown, 1 - np.hypot(x - cx, (y - cy) * 1.15) / (size * unit))
        crown = crown + 0.22 * fine(x, y) + 0.15 * mid(x, y)
        sunny = 0.35 + 0.45 * fine(x + 0.01, y + 0.02) + 0.5 * crown + 0.3 * mid(x, y)
        return mix(total, ramp("#0f2a4a #155048 #2f8046 #7db53f #dfe35a", sunny), crown > 0.08)

    canvas.ground("#e9dcc0")
    for count, size, pure in ((3000, 0.018, 0.14), (3600, 0.0122, 0.28), (4200, 0.0096, 0.4)):
        places = canvas.scatter(count)
        offset = PURE[rng.randint(len(PURE), size=len(places))] - PURE.mean(0)
        colors = color(*places.T) + pure * offset + 0.03 * rng.standard_normal((len(places), 3))
        canvas.dots(places, size * rng.uniform(0.75, 1.15, len(places)), colors)
    canvas.relief(0.2)
