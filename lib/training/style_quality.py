"""How good style transfer is, measured: python -m lib.training.style_quality

Three photographs in four styles with two networks, at 256 pixels: writes style_quality.csv and the pictures, into this
folder. Two minutes on one processor.
"""

import csv
from pathlib import Path
from time import process_time

import torch
from tqdm import tqdm

from lib import images, networks, paintings
from lib.style_transfer import objective, stylize

HERE = Path(__file__).parent
SIZE, ALPHA, STEPS = 256, 0.05, (60, 60)
PHOTOGRAPHS, PAINTINGS = ("china", "cat", "astronaut"), ("night", "wheat", "ink", "mosaic")
LAYERS = {
    "zfnet": (["relu3"], ["normalize", "relu1", "relu2", "relu3", "relu4"]),
    "efficientnet-lite0": (
        ["blocks.5.depthwise.relu"],
        [
            "normalize", "stem.relu", "blocks.1.depthwise.relu", "blocks.3.depthwise.relu", "blocks.5.depthwise.relu",
        ],
    ),
}  # fmt: skip


def fine_energy(image):
    """The share of an image's variance (N, 3, H, W) in waves of less than 2.5 pixels, in any direction: a number."""
    energy = torch.fft.fft2(image - image.mean(dim=(2, 3), keepdim=True)).abs().square()
    down, across = (torch.fft.fftfreq(side, device=image.device).abs() for side in image.shape[2:])
    fine = torch.maximum(down[:, None], across) > 0.4
    return (energy[..., fine].sum() / energy.sum()).item()


def measured(network, photograph, painting, layers, steps=STEPS):
    """A picture, and what is to be said of it: a dict of numbers, losses without total variation.

    style: what is left of the photograph's style loss.  content: the content loss as a share of the painting's.
    fine:  `fine_energy` as a multiple of the painting's; a checkerboard would show there.
    """
    started = process_time()
    made = stylize(network, photograph, painting, layers, ALPHA, steps)
    seconds = process_time() - started
    with torch.no_grad():
        style = objective(network, photograph, painting, layers, 0.0, variation=0)
        content = objective(network, photograph, painting, layers, 1.0, beta=0.0, variation=0)
        return made, {
            "style": (style(made) / style(photograph)).item(),
            "content": (content(made) / content(painting)).item(),
            "fine": fine_energy(made) / fine_energy(painting),
            "seconds": seconds,
        }


def main():
    """Make all pictures, and write the table and the sheet."""
    torch.set_num_threads(1)
    rows, pictures = [], []
    for name, layers in LAYERS.items():
        network = networks.load(name)
        for photograph in PHOTOGRAPHS:
            for painting in tqdm(PAINTINGS, f"{photograph} by {name}"):
                pair = images.sample(photograph, SIZE), paintings.painting(painting, SIZE, SIZE)
                made, numbers = measured(network, *pair, layers)
                rounded = {key: f"{value:.3f}" for key, value in numbers.items()}
                rows.append({"network": name, "photograph": photograph, "painting": painting} | rounded)
                pictures.append(images.resize(made, 160))
    with open(HERE / "style_quality.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    # A row for each photograph: zfnet's four on the left, efficientnet-lite0's on the right.
    sheet = torch.cat(pictures).unflatten(0, (2, 3, 4)).transpose(0, 1).flatten(0, 2)
    images.save(images.collage(sheet, 8), HERE / "style_quality.jpg")


if __name__ == "__main__":
    main()
