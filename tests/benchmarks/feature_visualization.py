"""Feature visualization, steps per second: our parts against Lucent's way of doing the same with the same network.

Lucent is not installed here (its dependencies do not fit ours), so the peer below is written in our own words after
what it does in a step: a spectrum scaled by 1/f and turned into an image by torch.fft, colors by a matrix product on
the last axis, a sigmoid; then pad, jitter by a crop, scale by interpolation, rotation by sampling, jitter again; then
the whole network, with a hook on every one of its modules that keeps its output; the objective reads one of them.
Adam takes the step. Two things are changed in the peer's favor: the network's weights are frozen, and the padding is 6
pixels, not 12, so that both networks see images of one size. (Lucent also enlarges images below 224 pixels. Not here.)

Ours stops the network behind the layer, hooks nothing else, joins batch norms to convolutions, and makes all moves
by one roll and one sampling. The moves of the two differ in what comes in from outside, so the check compares one
step's gradient by the spectrum without moves, in double precision; what is timed is whole steps with them.
"""

import math
import random
from copy import deepcopy

import torch
from torch.nn import functional as F

from lib import images, networks
from lib.fourier_image import color_matrix, correlated_colors, fourier_image, random_spectrum
from lib.objectives import objective_value
from lib.transformations import random_amounts, transform
from lib.truncation import Truncated, folded

LAYER, COUNT, SIZE, STEPS, RATE = "blocks.8", 4, 128, 8, 0.05


def run(measure):
    torch.set_num_threads(1)
    network = networks.load("efficientnet-lite0")
    matrix = color_matrix([images.sample(name) for name in ("cat", "coffee", "flower")])
    start = random_spectrum(COUNT, SIZE, 0.01, torch.Generator().manual_seed(0))
    channels = torch.arange(COUNT)

    def ours(network=network, matrix=matrix, start=start, move=True):
        cut, generator = Truncated(folded(network), LAYER), torch.Generator().manual_seed(1)

        def objective(spectrum):
            pictures = correlated_colors(fourier_image(spectrum, SIZE) / 4, matrix).sigmoid()
            if move:
                pictures = transform(pictures, *random_amounts(12, 10, 1.1, generator))
            return objective_value(cut(pictures), "channel", channels).mean()

        return climb(objective, start) if move else gradient(objective, start)

    def theirs(network=network, matrix=matrix, start=start, move=True):
        random.seed(1)
        found, handles = {}, []
        for name, module in network.named_modules():
            def keep(module, inputs, output, name=name):
                found[name] = output

            handles.append(module.register_forward_hook(keep))
        down, across = torch.fft.fftfreq(SIZE, dtype=start.dtype), torch.fft.rfftfreq(SIZE, dtype=start.dtype)
        scale = 1 / (down[:, None] ** 2 + across**2).sqrt().clamp(min=1 / SIZE)

        def objective(spectrum):
            waves = torch.view_as_complex(scale[:, :, None] * spectrum)
            picture = torch.fft.irfft2(waves, s=(SIZE, SIZE), norm="ortho") / 4
            pictures = (picture.permute(0, 2, 3, 1) @ matrix.T).permute(0, 3, 1, 2).sigmoid()
            network(moved(pictures) if move else pictures)
            maps = found[LAYER]
            return sum(maps[n, c].mean() for n, c in enumerate(channels.tolist())) / COUNT

        try:
            return climb(objective, start) if move else gradient(objective, start)
        finally:
            for handle in handles:
                handle.remove()

    exact = deepcopy(network).double(), matrix.double(), start.double()
    one, other = ours(*exact, move=False), theirs(*exact, move=False)
    assert torch.allclose(one, other, rtol=0, atol=1e-9 * other.abs().max().item()), "one step's gradients differ"
    measure(
        "feature-visualization", "Lucent's way", ours, theirs, lambda a, b: a.shape == b.shape,
        details=f", {STEPS} steps, {COUNT} images of {SIZE} pixels, up to {LAYER} of 16",
    )  # fmt: skip


def gradient(objective, start):
    spectrum = start.clone().requires_grad_()
    return torch.autograd.grad(objective(spectrum), spectrum)[0]


def climb(objective, start):
    spectrum = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([spectrum], lr=RATE)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (-objective(spectrum)).backward()
        optimizer.step()
    return spectrum.detach()


def moved(pictures):
    """Lucent's standard moves: pad, jitter, scale, rotate, jitter."""
    pictures = crop(F.pad(pictures, [6] * 4, value=0.5), 8)
    factor = 1 + (random.randrange(11) - 5) / 50
    height, width = pictures.shape[2:]
    pictures = F.interpolate(pictures, [round(height * factor), round(width * factor)], mode="bilinear")
    inside = [side - (SIZE + 4) for side in pictures.shape[2:]]
    pads = [max(-side, 0) for side in inside]
    pictures = F.pad(pictures, [pads[1] // 2, pads[1] - pads[1] // 2, pads[0] // 2, pads[0] - pads[0] // 2])
    top, left = ((side - (SIZE + 4)) // 2 for side in pictures.shape[2:])
    pictures = pictures[..., top : top + SIZE + 4, left : left + SIZE + 4]
    angle = math.radians(random.choice([*range(-10, 11), *[0] * 5]))
    turn = torch.tensor([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0]])
    places = F.affine_grid(turn.expand(len(pictures), 2, 3), pictures.shape, align_corners=False)
    return crop(F.grid_sample(pictures, places, align_corners=False), 4)


def crop(pictures, jitter):
    top, left = random.randint(0, jitter), random.randint(0, jitter)
    height, width = pictures.shape[2:]
    return pictures[..., top : top + height - jitter, left : left + width - jitter]
