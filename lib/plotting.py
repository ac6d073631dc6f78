"""Pictures of pictures: grids and heat maps over images.

Every function returns a `Picture`. As the last line of a notebook cell it shows itself, photographs as
JPEG and plots as PNG, so that notebooks stay small; `picture.save("name.png")` writes it to a file.
"""

from base64 import b64encode
from io import BytesIO
from math import ceil

import matplotlib
import torch
from matplotlib.figure import Figure


class Picture:
    """A finished figure with the words that stand for it where it cannot be seen.

    figure: a matplotlib Figure.  alt: what it shows, in one sentence.  photograph: JPEG if true, else PNG.
    quality: of the JPEG, from 1 to 95.
    """

    def __init__(self, figure, alt, photograph=True, quality=76):
        self.figure, self.alt, self.photograph, self.quality = figure, alt, photograph, quality

    def bytes(self):
        """The figure as the bytes of a JPEG or PNG file."""
        buffer = BytesIO()
        kind = {"format": "jpg", "pil_kwargs": {"quality": self.quality}} if self.photograph else {"format": "png"}
        self.figure.savefig(buffer, dpi=90, bbox_inches="tight", pad_inches=0.05, facecolor="white", **kind)
        return buffer.getvalue()

    def save(self, path):
        """Write the figure to a file; the ending says the format."""
        self.figure.savefig(path, dpi=90, bbox_inches="tight", pad_inches=0.05, facecolor="white")

    def _repr_mimebundle_(self, include=None, exclude=None):
        kind = "image/jpeg" if self.photograph else "image/png"
        data = {kind: b64encode(self.bytes()).decode(), "text/plain": f"[picture: {self.alt}]"}
        return data, {kind: {"alt": self.alt}}


def colors(maps, name="viridis"):
    """Colors for values in [0, 1]: maps (N, H, W) to images (N, 3, H, W), by a matplotlib color map.

    viridis, because its blue, green and yellow are seen on photographs, which are mostly brown and red.
    """
    table = torch.tensor(matplotlib.colormaps[name](range(256))[:, :3], dtype=torch.float32)
    index = (maps.detach().clamp(0, 1) * 255).round().long()
    return table.to(maps.device)[index].permute(0, 3, 1, 2)


def signed(values, outliers=0.005):
    """Values of either sign (N, ...) as images: 0 is middle gray, negative darker, positive brighter.

    outliers: the share of values, by magnitude, that may be cut off at black or white. Gradients have a few
        very large ones; scaled to them, all else would be gray.
    """
    magnitude = values.detach().abs().flatten(1).sort(dim=1).values
    largest = magnitude[:, ceil((1 - outliers) * (magnitude.shape[1] - 1))].clamp(min=1e-12)
    return (0.5 + 0.5 * values / largest.view(-1, *[1] * (values.dim() - 1))).clamp(0, 1)


def grid(images, titles=None, columns=None, size=2.6, alt=None, quality=76):
    """Images or maps in rows, each with a title.

    images:  (N, 3, H, W) or (N, H, W) tensor, or a list of (3, H, W) and (H, W) tensors of any size. Maps
             (H, W) are drawn from 0 (dark) to their largest value (bright); images as they are.
    titles:  one string each, or None.
    columns: pictures in a row; default: all up to five.
    size:    inches of one picture's width.
    alt:     what there is to see; default: the titles.
    quality: of the JPEG; pictures that are grainy all over can do with less.
    """
    images, titles = list(images), list(titles or [])
    columns = columns or min(len(images), 5)
    rows = ceil(len(images) / columns)
    height, width = images[0].shape[-2:]
    figure = Figure(figsize=(columns * size, rows * (size * height / width + (0.35 if titles else 0.05))))
    for number, image in enumerate(images):
        axes = figure.add_subplot(rows, columns, number + 1)
        _draw(axes, image)
        if number < len(titles):
            axes.set_title(titles[number], fontsize=10)
    figure.tight_layout(pad=0.3)
    return Picture(figure, alt or "; ".join(titles) or f"{len(images)} images in a grid", quality=quality)


def _draw(axes, image):
    values = image.detach().float().cpu()
    if values.dim() == 3:
        axes.imshow(values.clamp(0, 1).nan_to_num().permute(1, 2, 0).numpy())
    else:
        axes.imshow(values.numpy(), cmap="inferno", vmin=0)
    axes.set_axis_off()


def flow_colors(flow):
    """Flows (N, 2, H, W) as images (N, 3, H, W): hue is the direction, paleness is rest; each scaled to its longest."""
    length, angle = flow.norm(dim=1), torch.atan2(flow[:, 1], flow[:, 0])
    length = length / length.flatten(1).amax(dim=1).clamp(min=1e-12).view(-1, 1, 1)
    hue = colors(angle / (2 * torch.pi) % 1, "hsv")
    return 1 - length[:, None] * (1 - hue)
