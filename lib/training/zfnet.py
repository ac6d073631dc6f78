"""Train zfnet to imitate efficientnet-lite0: python -m lib.training.zfnet --images DIR

Distillation: the student's maps at 1/8, 1/16 and 1/32 of the image's size, through 1 × 1 convolutions that are
thrown away afterwards, follow the teacher's; so do its softened class scores (Hinton, Vinyals and Dean 2015;
Romero et al. 2015, "FitNets"). No label is needed, so any picture will do.

What makes the first layer clean: batch norm follows it, so the size of its weights does not matter to what the
network computes, only to how fast they turn. They start at a twentieth of the usual size, and a strong
decoupled weight decay, on them only, keeps wearing down whatever the gradient does not renew: the noise of the
start is gone after minutes. In the end batch norm is folded into the convolutions.
"""

import math
import re
from collections import OrderedDict
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import typer
from rich.console import Console
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F
from tqdm import tqdm

from lib import networks
from lib.training.pictures import build_cache, distillation_losses
from lib.zfnet import build

# The teacher's answer -> the student's layer that follows it, its channels, and the teacher's.
ADAPTED = {
    "eighth": ("relu3", 128, 40),
    "sixteenth": ("relu5", 256, 112),
    "thirty-second": ("relu5", 256, 320),
}
EVOLUTION = ("conv1", "conv2", "conv3")  # what the checkpoints hold
CHECKPOINT_STEPS = 250


class Student(nn.Module):
    """zfnet with batch norm after each convolution, and adaptors to the teacher's maps.

    forward: images (N, 3, 112, 112) in [0, 1] to a dict of adapted maps and class scores (N, 1000).
    """

    def __init__(self, first=(7, 2)):
        super().__init__()
        network = build(first)
        for name in list(network._modules):
            if name.startswith("conv"):
                convolution = network._modules[name]
                convolution.bias = None  # batch norm has one of its own
                norm = nn.BatchNorm2d(convolution.out_channels)
                network._modules[name] = nn.Sequential(OrderedDict(conv=convolution, norm=norm))
                if name != "conv1":
                    nn.init.kaiming_normal_(convolution.weight)
        with torch.no_grad():
            network.conv1.conv.weight /= 20
        self.network = network
        self.adaptors = nn.ModuleDict({name: nn.Conv2d(c, d, 1) for name, (_, c, d) in ADAPTED.items()})

    def forward(self, images):
        maps, x = {}, images
        for name, layer in self.network.named_children():
            x = layer(x)
            for answer, (source, _, _) in ADAPTED.items():
                if name == source:
                    y = x if answer != "thirty-second" else F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
                    maps[answer] = self.adaptors[answer](y)
        return maps, x


def folded(student):
    """The student's network as a plain `lib.zfnet`, each batch norm folded into its convolution.

    In eval mode, batch norm is y = (x − μ) γ/√(σ² + ε) + β: a factor and a shift for each channel.
    """
    network = student.network
    plain = build((network.conv1.conv.kernel_size[0], network.conv1.conv.stride[0]))
    with torch.no_grad():
        for name, layer in network.named_children():
            if name.startswith("conv"):
                factor = layer.norm.weight / (layer.norm.running_var + layer.norm.eps).sqrt()
                plain.get_submodule(name).weight.copy_(layer.conv.weight * factor.view(-1, 1, 1, 1))
                plain.get_submodule(name).bias.copy_(layer.norm.bias - layer.norm.running_mean * factor)
        plain.classifier.load_state_dict(network.classifier.state_dict())
    return plain.eval()


def optimizer_for(student, first_decay, decay=0.05, rate=3e-3):
    """AdamW with `first_decay` on the first convolution's weights, `decay` on other weights, none elsewhere."""
    first = student.network.conv1.conv.weight
    weights = [p for p in student.parameters() if p.dim() > 1 and p is not first]
    rest = [p for p in student.parameters() if p.dim() == 1]
    groups = [([first], first_decay), (weights, decay), (rest, 0.0)]
    return torch.optim.AdamW([{"params": p, "weight_decay": d} for p, d in groups], lr=rate)


def one_cycle(progress, highest=3e-3, warm=0.2):
    """The learning rate at a moment `progress` in [0, 1] of training: up for a fifth, then down to nothing.

    Both ways along half a cosine, from a 25th of the highest and to a 10,000th of it (Smith and Topin 2018).
    """
    if progress < warm:
        start, end, part = highest / 25, highest, progress / warm
    else:
        start, end, part = highest, highest / 1e4, (progress - warm) / (1 - warm)
    return end + (start - end) * (1 + math.cos(math.pi * part)) / 2


def batches(training, batch, steps, seed, start=0):
    """Indices of the crops of each step: every crop once, in a new order, then again; always of equal size.

    The order depends on the seed and the round alone, so a resumed run goes on as if it had never stopped.
    """
    each = len(training) // batch
    if each == 0:
        raise ValueError(f"{len(training)} crops do not fill one batch of {batch}; give more pictures")
    for step in range(start, steps):
        order = np.random.default_rng((seed, step // each)).permutation(training)
        yield step, order[step % each * batch : (step % each + 1) * batch]


def milestones(steps, count=8):
    """After which steps to keep the first blocks: `count` of them, geometric from 1/1000 of training to its end."""
    return sorted({max(1, round(steps * 1000 ** (k / (count - 1) - 1))) for k in range(count)})


def save_blocks(network, path, blocks):
    """Write a plain network's named layers as float16 safetensors."""
    tensors = {n: v.half().contiguous() for n, v in network.state_dict().items() if n.split(".")[0] in blocks}
    save_file(tensors, path)


@torch.no_grad()
def held_out_scores(student, cache, device, limit=1024):
    """Losses on crops of held-out pictures, and how often the teacher's first choice is the student's too."""
    student.eval()
    sums, seen = {}, 0
    chosen = cache.held_out[:: max(1, len(cache.held_out) // limit)]
    for start in range(0, len(chosen), 128):
        images, answers = cache.batch(chosen[start : start + 128], device)
        maps, scores = student(images)
        losses = distillation_losses(maps, scores, answers)
        first = answers["scores"].argmax(1, keepdim=True)
        losses["top-1"] = (scores.argmax(1, keepdim=True) == first).float().mean()
        losses["top-5"] = (scores.topk(5).indices == first).any(1).float().mean()
        for name, value in losses.items():
            sums[name] = sums.get(name, 0) + value.item() * len(images)
        seen += len(images)
    student.train()
    return {name: value / seen for name, value in sums.items()}


def train(cache, out, samples, batch=48, seed=0, first=(7, 2), first_decay=0.15, device="cpu", progress=True):
    """Train a student, or go on where the run in the folder `out` stopped; returns it in eval mode.

    cache: a `pictures.Cache`.  out: folder for checkpoint.pt and evolution-<samples>.safetensors.
    samples: crops to see in all.  first: (kernel, stride) of the first convolution.
    Raises ValueError if the run in `out` was started with other settings.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    student = Student(first).to(device, memory_format=torch.channels_last).train()
    optimizer = optimizer_for(student, first_decay)
    steps, start, checkpoint = samples // batch, 0, out / "checkpoint.pt"
    settings = {"samples": samples, "batch": batch, "seed": seed, "first": list(first), "decay": first_decay}
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=True)
        if state["settings"] != settings:
            raise ValueError(
                f"{out.name} holds a run with {state['settings']}, not {settings}; choose another folder"
            )
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        start = state["step"]
    console, keep = Console(), milestones(steps)
    bar = tqdm(total=steps, initial=start, disable=not progress)
    for step, indices in batches(cache.training, batch, steps, seed, start):
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(step / steps)
        images, answers = cache.batch(indices, device)
        with torch.autocast(torch.device(device).type, torch.bfloat16):
            maps, scores = student(images)
        losses = distillation_losses(maps, scores, answers)
        optimizer.zero_grad()
        sum(losses.values()).backward()
        optimizer.step()
        done = step + 1
        bar.update()
        if done in keep:
            save_blocks(folded(student), out / f"evolution-{done * batch}.safetensors", EVOLUTION)
        if done % CHECKPOINT_STEPS == 0 or done == steps:
            state = {"student": student.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(state | {"step": done, "settings": settings}, out / "checkpoint.new")
            (out / "checkpoint.new").replace(checkpoint)  # a run stopped while writing keeps the old one
            if progress:
                scores = held_out_scores(student, cache, device)
                line = "  ".join(f"{name} {value:.3f}" for name, value in scores.items())
                console.print(f"{done * batch:>8} samples, held out: {line}")
    bar.close()
    return student.eval()


def main(
    images: Annotated[Path, typer.Option(help="Folder of pictures: JPEG, PNG, WebP and .rcc, at any depth.")],
    out: Annotated[Path, typer.Option(help="Folder for cache, checkpoints and weights.")] = Path("zfnet-run"),
    samples: Annotated[int, typer.Option(help="Crops to see in all.")] = 600_000,
    crops: Annotated[int, typer.Option(help="Different crops to cut and ask the teacher about.")] = 48_000,
    batch: int = 48,
    seed: int = 0,
    first: Annotated[str, typer.Option(help="First layer as KERNELxSTRIDE.")] = "7x2",
    first_decay: Annotated[
        float, typer.Option(help="Weight decay of the first layer; the shorter the training, the stronger.")
    ] = 0.15,
    threads: Annotated[int, typer.Option(help="CPU threads; 0 leaves it to PyTorch.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda; default: a GPU where there is one.")] = "",
):
    """Train zfnet and write zfnet.safetensors (float16, batch norm folded). Run again to resume."""
    if threads:
        torch.set_num_threads(threads)
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    if not re.fullmatch(r"\d+x[24]", first):
        raise typer.BadParameter(f"{first!r} is not KERNELxSTRIDE with a stride of 2 or 4, such as 7x2")
    teacher = networks.load("efficientnet-lite0", device).to(memory_format=torch.channels_last)
    kernel, stride = (int(number) for number in first.split("x"))
    run = out / f"first-{first}"
    try:
        cache = build_cache(images, out / "cache", teacher, crops, seed, device)
        student = train(cache, run, samples, batch, seed, (kernel, stride), first_decay, device)
    except ValueError as error:
        Console(stderr=True).print(f"zfnet was not trained: {error}")
        raise typer.Exit(1) from None
    plain = folded(student.cpu())
    save_blocks(plain, run / "zfnet.safetensors", dict(plain.named_children()))
    Console().print(f"wrote {run.name}/zfnet.safetensors")


if __name__ == "__main__":
    typer.run(main)
