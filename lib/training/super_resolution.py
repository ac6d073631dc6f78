"""Train the shipped super-resolution networks: python -m lib.training.super_resolution --images DIR

By the pixels first, beginning at bicubic enlargement; from there on by the features of zfnet. A run goes on where it
stopped, and saves what it has every few hundred steps.

By features alone, the network learns to lay a fine grid over all that is smooth. A likely reason, not tested: where the
photograph may have had texture, the mean of its features behind a ReLU is better met by a grid than by nothing. So
three things are added: both pictures are rolled by up to 7 pixels alike, the pixels count a little, and what is made of
a moved photograph has to be what was made of it, moved. A grid stays where it is.
"""

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from torch.nn import functional as F
from tqdm import tqdm

from lib import networks
from lib.images import collage, from_array, save, square
from lib.super_resolution import FACTOR, beginning, enlarge, feature_loss, pixel_loss, reduce, super_resolve
from lib.training.fast_style import CHECKPOINT_STEPS, crops, gather, release

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


def train(kind, pictures, network, weights, out, steps, rate, batch=8, size=96, seed=0, progress=True):
    """Train by one of `STAGES`, or go on where the run in the folder `out` stopped; returns the weights.

    pictures: from `lib.training.fast_style.gather`.  weights: where to begin.  out: folder for checkpoint.pt and
    preview.png. What a step sees depends on the seed and its number alone.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
    optimizer = torch.optim.Adam(weights.values(), lr=rate)
    start, checkpoint = 0, out / "checkpoint.pt"
    settings = {"kind": kind, "steps": steps, "rate": rate, "batch": batch, "size": size}
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        if state["settings"] != settings:
            raise ValueError(f"{out.name} holds a run with {state['settings']}, not {settings}; choose another folder")
        for name, value in state["weights"].items():
            weights[name].data.copy_(value)
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
    bar, average = tqdm(total=steps, initial=start, disable=not progress, mininterval=10), None
    for step in range(start, steps):
        random = np.random.default_rng((seed, step))
        photographs = crops(pictures, batch, size, random)
        warm = min(1, (step + 1) / 50)
        optimizer.param_groups[0]["lr"] = rate * warm * (1 + math.cos(math.pi * step / steps)) / 2
        loss = loss_of(kind, network, weights, photographs, random).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 5.0)
        optimizer.step()
        average = loss.item() if average is None else 0.98 * average + 0.02 * loss.item()
        bar.update()
        bar.set_postfix(loss=f"{average:.4f}")
        if (step + 1) % CHECKPOINT_STEPS == 0 or step + 1 == steps:
            kept = {name: value.detach() for name, value in weights.items()}
            state = {"weights": kept, "optimizer": optimizer.state_dict(), "step": step + 1, "settings": settings}
            torch.save(state, out / "checkpoint.new")
            (out / "checkpoint.new").replace(checkpoint)  # a run stopped while writing keeps the old one
            preview(kept, pictures, out / "preview.png")
    bar.close()
    return {name: value.detach() for name, value in weights.items()}


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
