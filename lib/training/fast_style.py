"""Train the shipped fast style networks: python -m lib.training.fast_style --images DIR

First one network for all styles (conditional instance norm): each picture of a batch is asked for in another style, so
that the convolutions learn what the styles share. Two stages find the styles and then the photographs; in a third, the
paintings learn to hold still, in a fourth to do without fine lines. For some styles, the network of the second stage
with one style's scales and shifts goes through the third and the fourth alone. A run goes on where it stopped, and
saves what it has every few hundred steps.

The loss is that of `lib.style_features`, and three things more: picture and photograph are rolled by up to 7 pixels
alike, so that no grid of the loss network's strides is imitated; a little total variation; and noise on the
photographs, though not on those that the content is compared with, so that noise does not become strokes.
"""

import math
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from PIL import Image
from rich.console import Console
from safetensors.torch import save_file
from torch.nn import functional as F

from lib import networks
from lib.fast_style_transfer import perceptual_loss, transformation_network
from lib.images import collage, from_array, save, square
from lib.paintings import painting
from lib.style_features import content_targets, stacked, style_features, style_targets
from lib.texture import total_variation
from lib.training import resumable
from lib.training.pictures import liveliness, opened, sources
from lib.transformation_layers import CHECKSUMS, STYLES, initial_weights, normalized_by

CHANNELS, BLOCKS = (16, 32, 64), 4
# The stages of the shipped weights: folder, steps, learning rate, weights of the content, of steadiness and of lines.
STAGES = (
    ("first", 2000, 3e-3, 1.0, 0.0, 0.0),
    ("second", 2600, 2.5e-3, 5.0, 0.0, 0.0),
    ("third", 300, 2e-3, 4.0, 60.0, 0.0),
    ("fourth", 200, 1.5e-3, 4.0, 20.0, 200.0),
)


def gather(folder, shorter=400):
    """The livelier pictures under a folder, as a list of bytes (H, W, 3), the shorter side at most `shorter`."""
    found = []
    for _, source in sources(folder):
        picture = opened(source, shorter)
        if picture is not None and picture.getextrema()[3][0] == 255 and liveliness(picture) > 0.15:
            found.append(np.asarray(picture.convert("RGB")))
    if not found:
        raise ValueError(f"{Path(folder).name!r} holds no opaque, lively picture; give a folder of photographs")
    return found


def crops(pictures, count, size, random):
    """Crops (count, 3, size, size) of random pictures, at random places and scales, mirrored or not.

    pictures: from `gather`.  random: a NumPy generator. A crop is redrawn up to four times while it is nearly flat.
    """
    made = []
    for _ in range(count):
        for _ in range(5):
            picture = Image.fromarray(pictures[random.integers(len(pictures))])
            side = min(size * math.exp(random.uniform(-0.2, 0.8)), *picture.size)
            left, top = (random.uniform(0, length - side) for length in picture.size)
            box = (left, top, left + side, top + side)
            cut = np.asarray(picture.resize((size, size), Image.BICUBIC, box), np.float32) / 255
            if cut.std(axis=(0, 1)).max() > 0.08:
                break
        made.append(cut[:, ::-1] if random.random() < 0.5 else cut)
    return torch.from_numpy(np.stack(made)).permute(0, 3, 1, 2)


def native_norm(features, scale, shift):
    """`lib.fast_style_transfer.instance_norm` by PyTorch's own, which is faster on a CPU, and stays in bfloat16."""
    normalized = F.instance_norm(features, eps=1e-5)
    return normalized * scale[..., None, None].to(features) + shift[..., None, None].to(features)


def chosen(weights, styles):
    """A conditional network's weights for a batch: scales and shifts (S, C) become (N, C), by the styles (N,)."""
    tables = (".scale", ".shift")
    return {name: value[styles] if name.endswith(tables) else value for name, value in weights.items()}


def stylize(weights, images, styles):
    """Images (N, 3, H, W) in the styles (N,)."""
    own = chosen(weights, styles)
    return transformation_network(images, own, normalized_by(native_norm, own))


def conditional(weights, styles):
    """A table of `styles` rows in place of each scale and shift, nearly equal, so that the styles soon part."""
    generator, tables = torch.Generator().manual_seed(0), (".scale", ".shift")
    return {
        name: value + 0.1 * torch.randn(styles, len(value), generator=generator) if name.endswith(tables) else value
        for name, value in weights.items()
    }


def loss_of(network, painted, photographs, targets, content, smooth, roll):
    """Content, style and smoothness of each picture, (N,).

    targets: the Gram matrices (N, C, C) and weights (N,) of each picture's style.  roll: pixels down and right, by
    which picture and photograph are moved alike.
    """
    painted, photographs = (x.roll(roll, dims=(2, 3)) for x in (painted, photographs))
    features = {name: maps.float() for name, maps in style_features(network, painted).items()}
    aims, shares = content_targets(network, photographs, content)
    aims, shares = ({name: value.float() for name, value in part.items()} for part in (aims, shares))
    with torch.autocast(painted.device.type, enabled=False):  # Gram matrices need more than the 8 bits of bfloat16
        loss = perceptual_loss(features, aims, targets[0], shares, targets[1])
    return loss + smooth * total_variation(painted.float())


def unsteadiness(weights, photographs, painted, styles, random, noise):
    """The mean squared difference between paintings and those of the same photographs, moved by up to 3 pixels.

    A network that halves twice has a grid of 4 pixels of its own; only where its paint does not stick to that grid do
    both agree. The photographs have other noise as well.
    """
    by = tuple(random.integers(0, 4, 2).tolist())
    speckle = torch.from_numpy(random.normal(0, noise, photographs.shape).astype(np.float32))
    moved = stylize(weights, (photographs.roll(by, dims=(2, 3)) + speckle).clamp(0, 1), styles)
    difference = moved.float().roll((-by[0], -by[1]), dims=(2, 3)) - painted.float()
    return difference[..., 16:-16, 16:-16].square().mean()


def lines(painted):
    """The strength of fine lines, four pixels apart, upright or level, that go on for 16 pixels: (N, 3, H, W) -> (N,).

    Neither rolling nor steadiness took them away (lib/training/README.md), so they are measured, and counted.
    """
    angles = torch.arange(16) * (math.pi / 2)
    waves = torch.stack([angles.cos(), angles.sin()]).view(2, 1, 1, 16).expand(-1, -1, 16, -1) / 128
    gray = painted.float().mean(dim=1, keepdim=True)
    found = (F.conv2d(gray, wave.to(gray), stride=4) for wave in (waves, waves.transpose(2, 3)))
    return sum(maps.square().sum(dim=1).mean(dim=(1, 2)) for maps in found)


def train(pictures, network, targets, weights, out, steps, batch=3, rate=3e-3, content=1.0, steady=0.0, lined=0.0,
          smooth=5.0, noise=0.04, progress=True):
    """Train a conditional network, as `lib.training.resumable` does; returns its weights.

    targets: from `stacked`, S styles.  weights: where to begin, scales and shifts (S, C).
    """  # fmt: skip
    count = len(targets[1]["colors"])

    def loss(weights, step, random):
        size = 176 if step % 8 == 7 else 112
        number = max(2, batch // 2) if size > 128 else batch
        photographs = crops(pictures, number, size, random).to(memory_format=torch.channels_last)
        styles = torch.from_numpy((np.arange(number) + random.integers(count)) % count)
        speckle = torch.from_numpy(random.normal(0, noise, photographs.shape).astype(np.float32))
        with torch.autocast("cpu", torch.bfloat16):
            painted = stylize(weights, (photographs + speckle).clamp(0, 1), styles)
            own = [{name: value[styles] for name, value in part.items()} for part in targets]
            roll = tuple(random.integers(0, 8, 2).tolist())
            total = loss_of(network, painted, photographs, own, content, smooth, roll).mean()
            if steady:
                total = total + steady * unsteadiness(weights, photographs, painted, styles, random, noise)
        return total + lined * lines(painted).mean() if lined else total

    def look(weights, path):
        preview(weights, pictures, count, path)

    settings = {"batch": batch, "content": content, "steady": steady, "lined": lined, "smooth": smooth, "noise": noise}
    return resumable.train(weights, loss, look, out, steps, rate, settings, warm_up=20, progress=progress)


@torch.no_grad()
def preview(weights, pictures, count, path):
    """Two of the training pictures in every style, as one image file."""
    shown = [square(from_array(pictures[n]), 256) for n in (0, -1)]
    rows = [torch.cat([x, *(stylize(weights, x, torch.tensor([s])) for s in range(count))]) for x in shown]
    save(collage(torch.cat(rows), count + 1), path)


def release(weights, path):
    """Write weights as float16 safetensors; returns the file's checksum."""
    save_file({name: value.half().contiguous() for name, value in weights.items()}, path)
    Path(path).chmod(0o644)  # safetensors makes files that only their owner can read
    return sha256(Path(path).read_bytes()).hexdigest()


def main(
    images: Annotated[Path, typer.Option(help="Folder of photographs: JPEG, PNG and WebP, at any depth.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and weights.")] = Path("fast-style-run"),
    alone: Annotated[int, typer.Option(help="Steps of each style that goes on alone.")] = 100,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 leaves it to PyTorch.")] = 0,
):
    """Train all networks and write style-*.safetensors (float16). Run again to resume."""
    if threads:
        torch.set_num_threads(threads)
    console = Console()
    network = networks.load("zfnet").to(memory_format=torch.channels_last)
    targets = [style_targets(network, painting(name, 256, 256)) for name in STYLES]
    weights = conditional(initial_weights(torch.Generator().manual_seed(0), CHANNELS, BLOCKS), len(STYLES))
    try:
        pictures = gather(images)
        for folder, steps, *how in STAGES[:2]:
            weights = train(pictures, network, stacked(targets), weights, out / folder, steps, 3, *how)
        released, starts = {}, {"all": (weights, stacked(targets), 3)}
        for name in (name for name in STYLES if name in CHECKSUMS):
            row = STYLES.index(name)
            starts[name] = chosen(weights, torch.tensor([row])), stacked([targets[row]]), 2
        for name, (trained, target, batch) in starts.items():
            for folder, steps, rate, *how in STAGES[2:]:
                if name != "all" and folder == "third":
                    steps, rate = alone, 1.5e-3
                trained = train(pictures, network, target, trained, out / name / folder, steps, batch, rate, *how)
            released[name] = trained if name == "all" else chosen(trained, 0)
    except ValueError as error:
        Console(stderr=True).print(f"the networks were not trained: {error}")
        raise typer.Exit(1) from None
    for name, trained in released.items():
        checksum = release(trained, out / f"style-{name}.safetensors")
        console.print(f'    "{name}": "{checksum}",', highlight=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
