"""Rings of color in squares, gone over with a brush."""

import numpy as np

from lib.paintings.brushes import distance, rgb

COLORS = (
    "#c8201f #e8572a #f59a23 #f9cf3a #fdf0b8 #2f7a45 #7fb04a #15606e "
    "#2ba3a8 #1c3f95 #4a78d0 #5a2a82 #b04a96 #f2a0b4 #3a1a26 #efe4d0"
)


def paint(canvas):
    """Squares with rings of color in each, no two alike, as if in gouache."""
    rng = canvas.rng
    columns = 4 if canvas.right >= canvas.bottom * 0.8 else 3
    rows = 4 if canvas.bottom >= canvas.right * 0.8 else 3
    palette = np.array([rgb(code) for code in COLORS.split()])
    wobble, wash, drift = canvas.noise(7, 2), canvas.noise(12, 3), canvas.noise(5)
    picks = np.stack([rng.permutation(len(palette)) for _ in range(16)])[:, :7]
    radii = np.sort(rng.uniform(0.12, 1.02, (16, 6)), 1) * 0.5 + np.linspace(0.1, 0.98, 6) * 0.5
    nudge = 0.07 * rng.standard_normal((16, 2))

    def cell(x, y):
        u = np.clip(canvas.u(x) * columns + 0.06 * wobble(x, y), 0, columns - 1e-3)
        v = np.clip(canvas.v(y) * rows + 0.06 * wobble(y, x), 0, rows - 1e-3)
        number = u.astype(int) + 4 * v.astype(int)
        p = (u % 1 - 0.5 + nudge[number, 0]) * canvas.right / columns
        q = (v % 1 - 0.5 + nudge[number, 1]) * canvas.bottom / rows
        reach = min(canvas.right / columns, canvas.bottom / rows) / 2
        return number, p / reach, q / reach

    number, p, q = cell(canvas.x, canvas.y)
    away = np.hypot(p, q) * (1 + 0.13 * wobble(canvas.x * 1.3, canvas.y * 1.3))
    ring = (away[..., None] > radii[number]).sum(-1)
    colors = palette[picks[number, ring]]
    canvas.image[:] = np.clip(colors + 0.1 * wash(canvas.x, canvas.y)[..., None], 0, 1)
    edges = distance(number * 10 + ring) / canvas.side

    def around(x, y):
        _, p, q = cell(x, y)
        return np.arctan2(q, p) + np.pi / 2 + 0.5 * drift(x, y) * (np.hypot(p, q) > 1)

    for count, length, width in ((1500, 0.05, 0.02), (6000, 0.032, 0.0105)):
        places = canvas.scatter(count)
        dabs = canvas.at(*places.T) + 0.05 * rng.standard_normal((len(places), 3))
        canvas.strokes(places, around, dabs, length, width, bristles=4, bend=0.15, alpha=0.85)
    canvas.dry()
    # Thin color gathers at the brim of every ring, and the paper's grain shows through.
    canvas.image *= (1 - 0.28 * np.exp(-((edges / 0.0035) ** 2)))[..., None]
    canvas.relief(0.25)
