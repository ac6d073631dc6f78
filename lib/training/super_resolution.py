"""Train the shipped super-resolution networks: python -m lib.training.super_resolution --images DIR

By the pixels first, beginning at bicubic enlargement; from there on by the features of zfnet. A run goes on where it
stopped, and saves what it has every few hundred steps.

By features alone, the network learns to lay a fine grid over all that is smooth. A likely reason, not tested: where the
photograph may have had texture, the mean of its features behind a ReLU is better met by a grid than by nothing. So
three things are added: both pictures are rolled by up to 7 pixels alike, the pixels count a little, and what is made of
a moved photograph has to be what was made of it, moved. A grid stays where it is.
"""

from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from torch.nn import functional as F

from lib import networks
from lib.images import collage, from_array, save, square
from lib.super_resolution import FACTOR, beginning, enlarge, feature_loss, pixel_loss, reduce, super_resolve
from lib.training import resumable
from lib.training.fast_style import crops, gather, release

CHANNELS, BLOCKS = 32, 4
LAYERS = ("relu1", "relu2")
# The stages of the shipped weights, in order: steps, learning rate.
STAGES = {"pixels": (6000, 2e-3), "features": (3000, 1e-3)}
PIXELS, STEADY = 3.0, 30.0  # what pixels and steadiness count beside the features


def loss_of(kind, network, weights, photographs, random):
    """What a stage makes small, (N,).  kind: a name of `STAGES`.  photographs: (N, 3, H, W), H and W multiples of 4."""
    made = super_resolve(reduce(photographs), weights)
    if kind == "pixels":
        return pixel_loss(made, photographs)
    roll = tuple(random.integers(0, 8, 2).tolist())
    moved = (pictures.roll(roll, dims=(2, 3)) for pictures in (made, photographs))
    loss = feature_loss(network, LAYERS, *moved) + PIXELS * pixel_loss(made, photographs)
    return loss + STEADY * unsteadiness(weights, photographs, made, random)


def unsteadiness(weights, photographs, made, random):
    """How far what is made of photographs, moved by up to 3 pixels, is from `made`, moved alike, (N,)."""
    by = tuple(random.integers(0, FACTOR, 2).tolist())
    moved = super_resolve(reduce(photographs.roll(by, dims=(2, 3))), weights)
    difference = moved.roll((-by[0], -by[1]), dims=(2, 3)) - made
    return difference[..., 8:-8, 8:-8].square().mean(dim=(1, 2, 3))


def train(kind, pictures, network, weights, out, steps, rate, batch=8, size=96, progress=True):
    """Train by one of `STAGES`, as `lib.training.resumable` does; returns the weights.

    pictures: from `lib.training.fast_style.gather`.  weights: where to begin.  batch, size: of the crops.
    """

    def loss(weights, step, random):
        return loss_of(kind, network, weights, crops(pictures, batch, size, random), random).mean()

    def look(weights, path):
        preview(weights, pictures, path)

    settings = {"kind": kind, "batch": batch, "size": size}
    return resumable.train(weights, loss, look, out, steps, rate, settings, progress=progress)


@torch.no_grad()
def preview(weights, pictures, path):
    """Pieces of two of the training pictures, as they are, enlarged bicubically, and by the network, as one file."""
    shown = torch.cat([square(from_array(pictures[n]), 256)[..., 80:176, 80:176] for n in (0, -1)])
    small = reduce(shown)
    rows = zip(shown, enlarge(small), super_resolve(small, weights).clamp(0, 1))
    pieces = torch.stack([piece for row in rows for piece in row])
    save(collage(F.interpolate(pieces, scale_factor=2), 3), path)


def main(
    images: Annotated[Path, typer.Option(help="Folder of photographs: JPEG, PNG and WebP, at any depth.")],
    out: Annotated[Path, typer.Option(help="Folder for checkpoints and weights.")] = Path("super-resolution-run"),
    threads: Annotated[int, typer.Option(help="CPU threads; 0 leaves it to PyTorch.")] = 0,
):
    """Train both networks and write larger-*.safetensors (float16). Run again to resume."""
    if threads:
        torch.set_num_threads(threads)
    console = Console()
    network = networks.load("zfnet").to(memory_format=torch.channels_last)
    weights = beginning(torch.Generator().manual_seed(0), CHANNELS, BLOCKS)
    try:
        pictures = gather(images)
        for kind, (steps, rate) in STAGES.items():
            weights = train(kind, pictures, network, weights, out / kind, steps, rate)
            checksum = release(weights, out / f"larger-{kind}.safetensors")
            console.print(f'    "{kind}": "{checksum}",', highlight=False, soft_wrap=True)
    except ValueError as error:
        Console(stderr=True).print(f"the networks were not trained: {error}")
        raise typer.Exit(1) from None


if __name__ == "__main__":
    typer.run(main)
