"""What zfnet can do, measured: python -m lib.training.evidence --cache zfnet-run/cache

Prints the tables of this folder's README.md and draws its pictures. The sample photographs of the course were
not trained on, nor were the cache's held-out pictures.
"""

import math
import time
from collections import OrderedDict
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import torch
import typer
from rich.console import Console
from torch import nn
from torch.nn import functional as F
from torchvision import models

from lib import images, networks, plotting, zfnet
from lib.activations import activations, hooked
from lib.training.pictures import load_cache

HERE = Path(__file__).parent
SMOOTH = 0.6
# Of 3, 30, 100 and 300, what suits each network: more blurs, less leaves noise finer than its filters can see.
TV = {"zfnet": 30, "efficientnet-lite0": 3}
# What may be said of a sample photograph.
RIGHT = {
    "cat": ("tabby", "tiger cat", "Egyptian cat"),
    "coffee": ("espresso", "cup", "coffee mug"),
    "motorcycle": ("moped", "motor scooter"),
    "rocket": ("missile", "projectile"),
}
TEXTURE_LAYERS = {
    "zfnet": ("relu1", "relu2", "relu3", "relu4"),
    "efficientnet-lite0": (
        "stem.relu",
        "blocks.1.expand.relu",
        "blocks.3.expand.relu",
        "blocks.5.expand.relu",
    ),
}
CONTENT_LAYER = {"zfnet": "relu4", "efficientnet-lite0": "blocks.5.expand.relu"}


def smoothness(filters):
    """How alike the neighboring weights of each filter are, along the direction in which they are most so.

    filters: (N, C, H, W).  returns: (N,), the largest over four directions (across, down, both diagonals) of
        Σ w(p) w(p + d) / √(Σ w(p)² Σ w(p + d)²), from −1 to 1.

    An edge or a grating repeats itself along its bars, a blob in every direction: 0.6 to 1. Noise repeats
    itself in none: 0.1 ± 0.1 for 7 × 7 × 3 weights. Half an edge's energy in noise halves its value.
    """
    height, width = filters.shape[-2:]
    pairs = [
        (filters[..., :, 1:], filters[..., :, :-1]),
        (filters[..., 1:, :], filters[..., :-1, :]),
        (filters[..., 1:, 1:], filters[..., :-1, :-1]),
        (filters[..., 1:, : width - 1], filters[..., : height - 1, 1:]),
    ]
    values = [F.cosine_similarity(a.flatten(1), b.flatten(1), dim=1) for a, b in pairs]
    return torch.stack(values).amax(0)


def filter_picture(filters, scale=12, columns=12):
    """RGB filters (N, 3, H, W) side by side, zero in middle gray, each on a scale of its own: (1, 3, H', W')."""
    tiles = F.interpolate(plotting.signed(filters), scale_factor=scale, mode="nearest")
    return images.collage(F.pad(tiles, (2, 2, 2, 2), value=1.0), columns)


@torch.no_grad()
def dead_channels(network, pictures, layers):
    """How many channels of each layer never exceed a thousandth of their layer's largest value.

    pictures: a list of image batches.  returns: a dict from layer name to (dead, all).
    """
    largest = {}
    for batch in pictures:
        for name, maps in activations(network, batch, layers).items():
            top = maps.amax((0, 2, 3))
            largest[name] = torch.maximum(largest.get(name, top), top)
    return {name: (int((top <= top.max() / 1000).sum()), len(top)) for name, top in largest.items()}


@torch.no_grad()
def agreement(network, cache, batch=256):
    """How often the teacher's first class is the network's first, and among its first five, held-out crops."""
    first, five = 0, 0
    for start in range(0, len(cache.held_out), batch):
        pictures, answers = cache.batch(cache.held_out[start : start + batch])
        expected = answers["scores"].argmax(1, keepdim=True)
        ranked = network(pictures).topk(5).indices
        first += (ranked[:, :1] == expected).sum().item()
        five += (ranked == expected).any(1).sum().item()
    return first / len(cache.held_out), five / len(cache.held_out)


def gram(maps):
    """G = F Fᵀ / HW of maps (1, C, H, W): (C, C)."""
    flat = maps.flatten(2)[0]
    return flat @ flat.T / flat.shape[1]


def beginning(name):
    """A network as far as `synthesize` needs it; its layers keep their names."""
    network = networks.load(name)
    if name == "zfnet":
        return network[: list(network._modules).index("relu4") + 1]
    parts = {"normalize": network.normalize, "stem": network.stem, "blocks": network.blocks[:6]}
    return nn.Sequential(OrderedDict(parts))


def features(network, x, layers):
    """Outputs of layers, as `lib.activations.activations` gives them, but with their gradients."""
    found = {}
    with ExitStack() as stack:
        for layer in layers:
            keep = partial(lambda layer, module, inputs, output: found.__setitem__(layer, output), layer)
            stack.enter_context(hooked(network, layer, keep))
        network(x)
    return found


def synthesize(name, style, seconds, content=None, weight=0.3, steps=300, seed=0):
    """A texture like `style`, or `content` in the style of `style`, within `seconds` of processor time.

    style, content: (1, 3, H, W) in [0, 1].  weight: of the content.  Adam for at most `steps`, its rate falling
    from 0.03 to 0 along half a cosine as the time or the steps run out. Losses of the layers are divided by
    ‖G‖², at two image scales; for content, one layer's maps, the loss divided by ‖F‖². All images are rolled
    alike, at random, in each step, so that no place favors one phase of the strides.
    returns: (image, steps done, seconds of processor time used).
    """
    network, wanted, deep = beginning(name), TEXTURE_LAYERS[name], CONTENT_LAYER[name]
    with torch.no_grad():
        targets = [
            {layer: gram(maps) for layer, maps in features(network, x, wanted).items()}
            for x in (style, F.avg_pool2d(style, 2))
        ]
    generator = torch.Generator().manual_seed(seed)
    noise = torch.rand(style.shape, generator=generator)
    image = (0.4 + 0.2 * noise if content is None else content.clone()).requires_grad_()
    optimizer = torch.optim.Adam([image], lr=0.03)
    began, done = time.process_time(), 0
    while (part := max(done / steps, (time.process_time() - began) / seconds)) < 1:
        optimizer.param_groups[0]["lr"] = 0.03 * (1 + math.cos(math.pi * part)) / 2
        shift = torch.randint(0, 64, (2,), generator=generator).tolist()
        rolled = image.roll(shift, (2, 3))
        loss = TV[name] * sum(image.diff(dim=axis).square().mean() for axis in (2, 3))
        for x, target in zip((rolled, F.avg_pool2d(rolled, 2)), targets):
            found = features(network, x, {*wanted, deep})
            for layer in wanted:
                loss = (
                    loss + (gram(found[layer]) - target[layer]).square().sum() / target[layer].square().sum()
                )
            if content is not None and x is rolled:
                with torch.no_grad():
                    kept = features(network, content.roll(shift, (2, 3)), [deep])[deep]
                loss = loss + weight * (found[deep] - kept).square().sum() / kept.square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            image.clamp_(0, 1)
        done += 1
    return image.detach(), done, time.process_time() - began


def seconds_per_step(network, size=224, repeats=5):
    """Processor seconds of one forward and backward pass to the pixels of one image; the best of `repeats`."""
    best = math.inf
    for _ in range(repeats):
        image = torch.rand(1, 3, size, size, requires_grad=True)
        began = time.process_time()
        network(image).max().backward()
        best = min(best, time.process_time() - began)
    return best


def timings():
    """Seconds per forward and backward pass at 224 pixels; torchvision's networks with random weights."""
    built = {name: networks.load(name) for name in ("zfnet", "efficientnet-lite0")}
    for name in ("squeezenet1_1", "vgg19"):
        built[name] = models.get_model(name, weights=None).eval().requires_grad_(False)
    return {name: seconds_per_step(network) for name, network in built.items()}


def sample_table(names=("zfnet", "efficientnet-lite0"), size=224):
    """The first class that each network gives each sample photograph, and whether that is right."""
    rows = []
    for picture in RIGHT:
        for name in names:
            (label, probability), *_ = networks.top_classes(
                networks.load(name), images.sample(picture, size)
            )[0]
            rows.append((picture, name, label, probability, label in RIGHT[picture]))
    return rows


def draw(folder):
    """Draw the pictures of the README into a folder."""
    folder = Path(folder)
    images.save(filter_picture(networks.load("zfnet").conv1.weight), folder / "filters.png")
    for name, blocks in zfnet.first_layers().items():
        images.save(filter_picture(blocks.conv1.weight), folder / f"filters-{name.split(',')[0]}.png")
    moments = [filter_picture(blocks.conv1.weight[:12], 6) for blocks in zfnet.evolution().values()]
    images.save(images.collage(torch.cat(moments), 1), folder / "evolution.png")


def compare(folder, seconds=12, size=192):
    """Textures and a style transfer by both networks, in equal time, as one picture; returns the steps done."""
    tiles, rows = [], []
    for name in ("gravel", "brick", "grass", "ihc"):
        style = images.sample(name, size)
        tiles.append(style)
        for network in TEXTURE_LAYERS:
            image, steps, used = synthesize(network, style, seconds)
            tiles.append(image)
            rows.append((f"texture {name}", network, steps, used))
    content, style = images.sample("cat", size), images.sample("ihc", size)
    tiles.append(content)
    for network in TEXTURE_LAYERS:
        image, steps, used = synthesize(network, style, seconds, content)
        tiles.append(image)
        rows.append(("style ihc on cat", network, steps, used))
    images.save(images.collage(torch.cat(tiles), 3), Path(folder) / "synthesis.jpg")
    return rows


def main(
    cache: Annotated[
        Path, typer.Option(help="The cache that training left; without it, no agreement.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = HERE,
    seconds: Annotated[float, typer.Option(help="Processor time of each synthesis.")] = 12,
):
    """Measure zfnet and draw the pictures of lib/training/README.md."""
    torch.set_num_threads(1)
    console, network = Console(), networks.load("zfnet")
    draw(out)
    for name, blocks in {"zfnet": network, **zfnet.first_layers()}.items():
        values = smoothness(blocks.conv1.weight)
        console.print(f"first layer of {name}: {(values >= SMOOTH).sum()} of {len(values)} filters smooth")
    if cache:
        first, five = agreement(network, load_cache(cache))
        console.print(f"agreement with the teacher on held-out crops: top-1 {first:.1%}, top-5 {five:.1%}")
    relus = [name for name, _ in network.named_children() if name.startswith("relu")]
    photographs = [images.sample(name, 224) for name in images.SAMPLES]
    for name, (dead, count) in dead_channels(network, photographs, relus).items():
        console.print(f"dead channels of {name}: {dead} of {count}")
    for size in (112, 224):
        for row in sample_table(size=size):
            right = "right" if row[4] else "wrong"
            console.print("{} at {size}: {} says {} ({:.0%}), {}".format(*row[:4], right, size=size))
    for name, value in timings().items():
        console.print(f"forward and backward at 224 pixels, one thread: {name} {1000 * value:.0f} ms")
    for what, name, steps, used in compare(out, seconds):
        console.print(f"{what}: {name}, {steps} steps in {used:.1f} s")


if __name__ == "__main__":
    typer.run(main)
