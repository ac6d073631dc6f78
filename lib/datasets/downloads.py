"""MNIST, Omniglot and CIFAR-10, by torchvision, where there is a network; in the form of the data made here."""

from pathlib import Path

import torch

from lib.datasets import Labeled

NAMES = ("mnist", "omniglot", "cifar10")


def labeled(name, split="train", folder=None):
    """A data set as `Labeled`: mnist (N, 1, 28, 28), omniglot (N, 1, 105, 105) white on black, cifar10 (N, 3, 32, 32).

    split:  "train" or "test"; of Omniglot, the alphabets of the background and of the evaluation set.
    folder: where it is kept; default: beside the networks that torch.hub keeps.

    Raises ValueError for an unknown name and RuntimeError with the remedy where a download is impossible.
    """
    from torchvision import datasets

    if name not in NAMES:
        raise ValueError(f"there is no data set called {name!r}; choose one of {', '.join(NAMES)}")
    if split not in ("train", "test"):
        raise ValueError(f'split is "train" or "test", not {split!r}')
    folder, train = Path(folder or Path(torch.hub.get_dir()) / "datasets"), split == "train"
    try:
        if name == "mnist":
            data = datasets.MNIST(folder, train, download=True)
            images, labels, classes = data.data[:, None], data.targets, data.classes
        elif name == "cifar10":
            data = datasets.CIFAR10(folder, train, download=True)
            images = torch.from_numpy(data.data).permute(0, 3, 1, 2)
            labels, classes = torch.tensor(data.targets), data.classes
        else:
            from torchvision.transforms.functional import pil_to_tensor

            data = datasets.Omniglot(folder, train, download=True)
            images = torch.stack([255 - pil_to_tensor(picture.convert("L")) for picture, _ in data])
            labels, classes = torch.tensor([label for _, label in data]), data._characters
    except (OSError, RuntimeError) as error:
        raise RuntimeError(
            f"{name} could not be downloaded ({type(error).__name__}); connect to the network once, "
            "or use digits and glyphs, which need none"
        ) from error
    return Labeled(images.float() / 255, labels.long(), tuple(classes))
