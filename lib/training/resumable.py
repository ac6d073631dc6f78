"""The loop in which fast style and super-resolution are trained: Adam, and checkpoints from which a run goes on."""

import math
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

CHECKPOINT_STEPS = 100


def train(weights, loss_of, preview, out, steps, rate, settings, warm_up=50, seed=0, progress=True):
    """Train, or go on where the run in the folder `out` stopped; returns the trained weights.

    weights:  a dict from name to tensor, where to begin; stays as it is.
    loss_of:  from weights, the step's number and a NumPy generator to a number. The generator depends on `seed` and the
              number alone, so a run that was stopped sees what it would have seen.
    preview:  called with the weights and a path wherever a checkpoint is written.
    rate:     the learning rate; it grows over `warm_up` steps, and falls along half a cosine.
    settings: a dict of all else that the run depends on.

    Writes checkpoint.pt and preview.png. Raises ValueError if `out` holds a run with other settings.
    """
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    weights = {name: value.clone().requires_grad_() for name, value in weights.items()}
    optimizer = torch.optim.Adam(weights.values(), lr=rate)
    settings = {"steps": steps, "rate": rate, **settings}
    start, checkpoint = 0, out / "checkpoint.pt"
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
        warm = min(1, (step + 1) / warm_up)
        optimizer.param_groups[0]["lr"] = rate * warm * (1 + math.cos(math.pi * step / steps)) / 2
        loss = loss_of(weights, step, np.random.default_rng((seed, step)))
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
            preview(kept, out / "preview.png")
    bar.close()
    return {name: value.detach() for name, value in weights.items()}
