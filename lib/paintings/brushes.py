"""What all the painters share: a canvas, smooth noise, palettes, brush strokes along a field, polygons.

Places are (x, y) in units of the picture's longer side, x to the right and y down, so that nothing here knows the
size in pixels: a larger picture is the same picture with more pixels. Every random number is drawn before anything is
left out for lying outside, so that pictures of nearly the same proportions have the same strokes.
"""

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.transforms import Affine2D
from scipy import ndimage

SMALLEST = 256  # pixels of the longer side while painting: thin bristles are drawn, then averaged
NODES = 401  # places along a side where noise is known; between them it is interpolated


class Canvas:
    """An (H, W, 3) picture in the making, larger than asked for, and what is needed to paint on it.

    x, y:  (H, W) places of the pixels. The picture is `right` wide and `bottom` high; the longer of these is 1.
    u, v:  methods that give a place as a part of the width and the height, for composing at any proportions.
    rng:   RandomState, as numpy promises that its numbers stay the same in all versions to come.
    """

    def __init__(self, height, width, seed):
        longer = max(height, width)
        self.factor = max(2, -(-SMALLEST // longer))
        self.side = self.factor * longer
        self.shape = self.factor * height, self.factor * width
        self.bottom, self.right = height / longer, width / longer
        self.y, self.x = ((np.mgrid[: self.shape[0], : self.shape[1]] + 0.5) / self.side).astype(np.float32)
        self.rng = np.random.RandomState(seed)
        self.image = np.ones((*self.shape, 3), np.float32)
        self.waiting = []

    def u(self, x):
        return x / self.right

    def v(self, y):
        return y / self.bottom

    def place(self, u, v):
        """The (x, y) at parts u of the width and v of the height."""
        return u * self.right, v * self.bottom

    def scatter(self, count, margin=0.04):
        """About `count` places (N, 2) spread evenly over the unit square in random order, not in rows."""
        cells = int(np.sqrt(count))
        places = np.stack(np.meshgrid(np.arange(cells), np.arange(cells)), -1).reshape(-1, 2)
        places = (places + self.rng.uniform(size=places.shape)) / cells
        return self.rng.permutation(places * (1 + 2 * margin) - margin)

    def noise(self, cells, octaves=1):
        """A smooth random function of places (x, y), mostly within [-0.8, 0.8], with `cells` bumps along a side.

        Each further octave has twice the bumps at half the height. Outside the unit square it goes on mirrored.
        """
        table = 0
        for octave in range(octaves):
            count = cells * 2**octave
            lattice = self.rng.uniform(-1, 1, (count + 3, count + 3)) / 2**octave
            away = np.linspace(0, count, NODES)[:, None] + 1 - np.arange(count + 3)
            bump = np.clip(2 - np.abs(away), 0, 2) ** 3 - 4 * np.clip(1 - np.abs(away), 0, 1) ** 3  # cubic B-spline
            table = table + bump @ lattice @ bump.T
        table = (0.4 * (table - table.mean()) / table.std()).astype(np.float32)

        def value(x, y):
            x, y = np.broadcast_arrays(np.asarray(x, np.float32), np.asarray(y, np.float32))
            at = np.stack([y.ravel(), x.ravel()]) * (NODES - 1)
            return ndimage.map_coordinates(table, at, order=1, mode="mirror").reshape(x.shape)

        return value

    def strokes(self, places, angle, color, length, width, where=None, bristles=4, rough=0.05, alpha=0.9, bend=0.0):
        """Brush strokes (N) through the places (N, 2), in that order, each a bundle of bristles.

        angle:  function of (x, y): the direction of the field in radians, followed by every stroke.
        color:  (N, 3) in [0, 1].
        length, width: of a stroke, numbers or (N,).
        where:  (N,) bool, the strokes to make.
        rough:  how much bristles differ in color; bend: radians by which a stroke's direction misses the field's.
        """
        count, steps = len(places), 7
        bend = bend * self.rng.standard_normal(count)
        swell = self.rng.uniform(0.7, 1.3, count)
        ends = self.rng.uniform(0, 0.3, (count, bristles, 2))
        shade = self.rng.standard_normal((count, bristles, 1)) + 0.4 * self.rng.standard_normal((count, bristles, 3))
        keep = (places > -0.06).all(1) & (places < (self.right + 0.06, self.bottom + 0.06)).all(1)
        keep &= True if where is None else where
        if not keep.any():
            return
        length, width = (np.broadcast_to(np.asarray(value, float), count)[keep] for value in (length, width))
        places, bend, ends, shade = places[keep], bend[keep], ends[keep], shade[keep]
        length, width = length * swell[keep], width * (0.5 + swell[keep] / 2)

        step = (length / (steps - 1))[:, None]
        halves = []
        for sign in (-1, 1):
            at, half = places.copy(), []
            for _ in range(steps // 2):
                turn = angle(at[:, 0], at[:, 1]) + bend
                at = at + sign * step * np.stack([np.cos(turn), np.sin(turn)], -1)
                half.append(at)
            halves.append(half)
        path = np.stack(halves[0][::-1] + [places] + halves[1], 1)  # (n, steps, 2)
        along = np.gradient(path, axis=1)
        along /= np.linalg.norm(along, axis=-1, keepdims=True) + 1e-9
        normal = np.stack([-along[..., 1], along[..., 0]], -1)

        # A bristle touches the canvas a little later and leaves it a little earlier than the stroke, more so outside.
        offset = (np.arange(bristles) + 0.5) / bristles * 2 - 1
        ends = ends + 0.18 * offset[:, None] ** 2
        time = np.linspace(0, 1, steps)
        time = (ends[..., :1] + (1 - ends.sum(-1, keepdims=True)) * time) * (steps - 1)
        first = np.clip(time.astype(int), 0, steps - 2)
        rest = (time - first)[..., None]
        rows = np.arange(len(path))[:, None, None]
        spread = (offset * (1 - 1 / bristles))[:, None, None] * width[:, None, None, None] / 2
        lines = path[rows, first] * (1 - rest) + path[rows, first + 1] * rest + normal[rows, first] * spread
        colors = color[keep][:, None] + rough * shade
        thick = np.repeat(width * (1.5 if bristles > 1 else 1) / bristles, bristles)
        self.lines(lines.reshape(-1, steps, 2), colors.reshape(-1, 3), thick, alpha)

    def lines(self, lines, colors, widths, alpha=1.0):
        """Smooth lines: a sequence of (points, 2), with a color (3,) and a width, or one of each for every line."""
        self._wait("lines", lines, colors, alpha, np.broadcast_to(widths, len(lines)) * self.side)

    def polygons(self, polygons, colors, alpha=1.0):
        """Filled polygons: a sequence of (points, 2), with a color (3,), or one for every polygon."""
        self._wait("polygons", polygons, colors, alpha, np.zeros(len(polygons)))

    def dots(self, places, radii, colors):
        """Dots of a brush's tip at places (N, 2) with radii (N,), not quite round."""
        turns = np.linspace(0, 2 * np.pi, 11)[:-1] + self.rng.uniform(0, 1, (len(places), 1))
        wobble = 1 + 0.12 * self.rng.standard_normal((len(places), 10))
        ring = np.stack([np.cos(turns), np.sin(turns)], -1) * (wobble * np.asarray(radii)[:, None])[..., None]
        keep = (places > -0.03).all(1) & (places < (self.right + 0.03, self.bottom + 0.03)).all(1)
        self.polygons((places[:, None] + ring)[keep], colors[keep])

    def _wait(self, kind, shapes, colors, alpha, widths):
        colors = np.clip(np.broadcast_to(colors, (len(shapes), 3)), 0, 1)
        colors = np.column_stack([colors, np.full(len(shapes), alpha)])
        if not self.waiting or self.waiting[-1][0] != kind:
            self.waiting.append((kind, [], [], []))
        for waiting, new in zip(self.waiting[-1][1:], (shapes, colors, widths)):
            waiting.append(new)

    def dry(self):
        """The image, after all lines and polygons that wait have been drawn: at once, as that is much quicker."""
        if self.waiting:
            height, width = self.shape
            figure = Figure((width / 72, height / 72), dpi=72, facecolor="none")  # a point is then a pixel
            agg = FigureCanvasAgg(figure)
            to_pixels = Affine2D().scale(self.side, -self.side).translate(0, height)
            for order, (kind, shapes, colors, widths) in enumerate(self.waiting):
                shapes = [shape for batch in shapes for shape in batch]
                colors, widths = np.concatenate(colors), np.concatenate(widths)
                if kind == "lines":
                    drawing = LineCollection(shapes, colors=colors, capstyle="round", joinstyle="round")
                else:
                    drawing = PolyCollection(shapes, facecolors=colors, edgecolors="none")
                # Whatever a notebook has set as its style of plots, a painting stays the same.
                drawing.set(linewidths=widths, antialiaseds=True, snap=False, sketch_params=None, path_effects=[])
                drawing.set(zorder=order, transform=to_pixels)
                figure.add_artist(drawing)
            agg.draw()
            self.waiting = []
            drawn = np.asarray(agg.buffer_rgba()).astype(np.float32) / 255
            self.image += drawn[..., 3:] * (drawn[..., :3] - self.image)
        return self.image

    def pixels(self, x, y):
        """The rows and columns of the pixels at places (x, y), or nearest to them."""
        return tuple(
            np.clip((value * self.side).astype(int), 0, length - 1) for value, length in zip((y, x), self.shape)
        )

    def at(self, x, y):
        """The colors (N, 3) of what is painted at places (x, y)."""
        return self.dry()[self.pixels(x, y)]

    def ground(self, code):
        """Prime the canvas in one color, "#rrggbb"."""
        self.image[:] = rgb(code)

    def fill(self, color, mask):
        """Lay a color, (3,) or (H, W, 3), over the picture where the mask (H, W) in [0, 1] says."""
        self.dry()
        self.image += np.asarray(mask, np.float32)[..., None] * (color - self.image)

    def relief(self, strength, reach=0.004):
        """Thick paint under light from the upper left: edges towards it are brightened, edges away darkened."""
        shift = max(1, round(reach * self.side / 2))
        gray = np.pad(self.dry().mean(-1), shift, mode="edge")
        slope = gray[2 * shift :, 2 * shift :] - gray[: -2 * shift, : -2 * shift]
        self.image += strength * np.tanh(2 * slope)[..., None]

    def finish(self):
        """The picture at the size asked for: (height, width, 3), every pixel the mean of those painted."""
        height, width = (length // self.factor for length in self.shape)
        blocks = self.dry().clip(0, 1).reshape(height, self.factor, width, self.factor, 3)
        return blocks.mean((1, 3))


def rgb(code):
    """The color "#rrggbb" as three numbers in [0, 1]."""
    return np.array([int(code[k : k + 2], 16) for k in (1, 3, 5)]) / 255


def ramp(codes, values):
    """Colors (..., 3) along a palette, a string of "#rrggbb" from value 0 to value 1."""
    codes = np.array([rgb(code) for code in codes.split()])
    values = np.clip(values, 0, 1) * (len(codes) - 1)
    return np.stack([np.interp(values, np.arange(len(codes)), codes[:, k]) for k in range(3)], -1)


def step(values, soft):
    """0 below zero and 1 above, with a smooth edge from -soft to soft."""
    values = np.clip(values / (2 * soft) + 0.5, 0, 1)
    return values * values * (3 - 2 * values)


def mix(first, second, share):
    """First with a share (...) of second, colors (..., 3)."""
    return first + np.asarray(share)[..., None] * (second - first)


def outline(labels, reach):
    """1 near where labels change, and 0 at more than `reach` pixels from there."""
    return 1 - step(distance(labels) - reach, 1.0)


def distance(labels):
    """Pixels from the nearest change of the labels (H, W)."""
    edge = np.zeros(labels.shape, bool)
    edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    edge[1:] |= labels[1:] != labels[:-1]
    return ndimage.distance_transform_edt(~edge).astype(np.float32)
