"""A transposed convolution by stamps, as `lib` writes it, against the transposed matrix of the whole convolution.

32 maps of 8 channels of 16 × 16 become 8 channels of 20 × 20. The matrix is built beforehand, and its time is not
counted. PyTorch's own function does the same in C++: its time is printed beside.
"""

from time import perf_counter

import torch
from torch.nn import functional as F

from lib.transposed_convolution import convolution_matrix, transposed_convolution

IMAGES, CHANNELS, SIDE, KERNEL = 32, 8, 16, 5
LARGER = SIDE + KERNEL - 1


def run(measure):
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(IMAGES, CHANNELS, SIDE, SIDE, generator=generator)
    weight = torch.randn(CHANNELS, CHANNELS, KERNEL, KERNEL, generator=generator)
    rows = [torch.cat([convolution_matrix(stamp, LARGER, LARGER) for stamp in stamps], dim=1) for stamps in weight]
    matrix = torch.cat(rows)

    def ours():
        return transposed_convolution(maps, weight, 1)

    def peer():
        return (maps.flatten(1) @ matrix).view(IMAGES, CHANNELS, LARGER, LARGER)

    def seconds(function):
        started = perf_counter()
        function()
        return perf_counter() - started

    pytorch = min(seconds(lambda: F.conv_transpose2d(maps, weight)) for _ in range(6))
    measure(
        "autoencoders", "the dense matrix", ours, peer, lambda a, b: torch.allclose(a, b, atol=1e-3),
        repeats=20, details=f", 8 channels, 16 × 16 to 20 × 20; PyTorch's own {pytorch:.4f} s",
    )  # fmt: skip
