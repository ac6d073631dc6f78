"""Four times as many pixels on each side, and two opinions of what that should look like.

    y = U(x) + f_W(x)          U: bicubic enlargement;  f_W: what a network adds to it

trained on pairs of a photograph t and its reduction x, either by the pixels or by the features of a frozen network φ:

    pixel loss    Σ_l (y − t)² / (3 H W)                 feature loss   ‖φ(y) − φ(t)‖² / (C H' W')         (eq. 1 and 2)

What was lost in x cannot be known. Of all pictures that x could come from, the pixel loss asks for the mean, which is
blurred; the feature loss asks for one that has the right kind of detail, though not in the right place. PSNR measures
the former and prefers it.

Johnson, Alahi, Fei-Fei 2016, "Perceptual Losses for Real-Time Style Transfer and Super-Resolution",
sections 3.2 and 4.2.
Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural
Network", eq. 4, for the last layer. Wang et al. 2004, "Image Quality Assessment", eq. 13, for SSIM.
"""

import torch
from torch.nn import functional as F

from lib.feature_maps import feature_maps
from lib.shipped_weights import read_by_name
from lib.transformation_layers import convolve

FACTOR = 4
CHECKSUMS = {  # SHA-256 of the files in lib/weights
    "pixels": "6783861255bb0ba31294698de50ac2494895c1b0774500e9eaf3af4361d7e48f",
    "features": "d2def3da38b57aff8a63a25867c1157a3f6c00737be6a570261d2be5152eacd2",
}


def reduce(images):
    """Images (N, 3, H, W) at a quarter of their size, (N, 3, H/4, W/4): bicubic, over all the pixels that are merged.

    Raises ValueError unless H and W are multiples of 4.
    """
    height, width = images.shape[2:]
    if height % FACTOR or width % FACTOR:
        raise ValueError(f"images of {height} × {width} cannot be reduced by {FACTOR}; cut them to multiples of it")
    size = (height // FACTOR, width // FACTOR)
    return F.interpolate(images, size=size, mode="bicubic", align_corners=False, antialias=True).clamp(0, 1)


def enlarge(images):
    """Images (N, 3, h, w) at four times their size by bicubic interpolation, (N, 3, 4h, 4w), in [0, 1]."""
    return F.interpolate(images, scale_factor=FACTOR, mode="bicubic", align_corners=False).clamp(0, 1)


def beginning(generator, channels=32, blocks=3):
    """Weights of a network that adds nothing yet: a dict from name to tensor.

    generator: a torch.Generator.  The kernels of the last layer are zero, so training starts at bicubic enlargement.
    """
    shapes = {"enter": (channels, 3, 5)}
    for number in range(blocks):
        shapes |= {f"residual{number}.{half}": (channels, channels, 3) for half in ("first", "second")}
    weights = {}
    for name, (outputs, inputs, size) in shapes.items():
        spread = (2 / (inputs * size**2)) ** 0.5 * (0.3 if name.endswith("second") else 1)
        weights[f"{name}.weight"] = spread * torch.randn(outputs, inputs, size, size, generator=generator)
        weights[f"{name}.bias"] = torch.zeros(outputs)
    weights["leave.weight"] = torch.zeros(3 * FACTOR**2, channels, 3, 3)
    return weights


def load(name):
    """The shipped weights of a super-resolution network, float32, on the CPU.

    name:    "pixels" or "features", the loss that it was trained with.
    returns: a dict from name to tensor, as from `beginning`.

    Raises ValueError for another name, and RuntimeError if the file is missing or not whole.
    lib/training/README.md tells how they were trained.
    """
    return read_by_name(name, CHECKSUMS, "larger-{}.safetensors")


def super_resolve(images, weights):
    """Images (N, 3, h, w) in [0, 1] to images (N, 3, 4h, 4w): bicubic enlargement plus what the network adds.

    All layers work at the small size; in the end, the 16 numbers of each position and color become a square of
    4 × 4 pixels. There is no normalization: how bright and how rich in contrast a picture is, must stay as it was.
    """

    def step(name, x):
        return convolve(x, weights[f"{name}.weight"], 1) + weights[f"{name}.bias"][:, None, None]

    x = step("enter", images - 0.5).relu()
    for block in sorted({name.split(".")[0] for name in weights if name.startswith("residual")}):
        x = x + step(f"{block}.second", step(f"{block}.first", x).relu())
    return enlarge(images) + F.pixel_shuffle(convolve(x, weights["leave.weight"], 1), FACTOR)


def pixel_loss(made, target):
    """The mean squared difference of the pixels, (N,).  made, target: (N, 3, H, W). Johnson et al., section 3.2."""
    return (made - target).square().mean(dim=(1, 2, 3))


def feature_loss(network, layers, made, target):
    """The mean squared difference of the features relative to their mean square, averaged over the layers, (N,).

    network: from images (N, 3, H, W) in [0, 1].  layers: a list of names.  Johnson et al. 2016, eq. 2.
    """
    with torch.no_grad():
        aims = feature_maps(network, target, layers)
    found = feature_maps(network, made, layers)
    losses = [
        (found[name] - aim).square().mean(dim=(1, 2, 3)) / aim.square().mean(dim=(1, 2, 3)).clamp(min=1e-12)
        for name, aim in aims.items()
    ]
    return sum(losses) / len(losses)


def psnr(made, target):
    """Peak signal to noise in decibels, (N,): −10 log₁₀ of the mean squared difference, images in [0, 1]."""
    return -10 * pixel_loss(made, target).log10()


def ssim(made, target):
    """Structural similarity, (N,), 1 for equal images.

    made, target: (N, C, H, W) in [0, 1], sides of 11 or more. Windows are Gaussian, 11 × 11, deviation 1.5; variances
    are weighted means of squares, the constants (0.01)² and (0.03)², and the result is the mean over all colors and
    all windows that lie within the image. Wang et al. 2004, eq. 13.
    """
    positions = torch.arange(-5, 6, device=made.device, dtype=made.dtype)
    window = (-positions.square() / (2 * 1.5**2)).exp()
    window = (window / window.sum()).view(1, 1, 1, -1)

    def average(x):
        x = x.flatten(0, 1)[:, None]
        return F.conv2d(F.conv2d(x, window), window.transpose(2, 3)).view(*made.shape[:2], *_less(made))

    mean, other = average(made), average(target)
    variance, other_variance = average(made**2) - mean**2, average(target**2) - other**2
    covariance = average(made * target) - mean * other
    similar = (2 * mean * other + 0.01**2) * (2 * covariance + 0.03**2)
    similar = similar / ((mean**2 + other**2 + 0.01**2) * (variance + other_variance + 0.03**2))
    return similar.mean(dim=(1, 2, 3))


def _less(images):
    return images.shape[2] - 10, images.shape[3] - 10
