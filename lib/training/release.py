"""Put trained weights in place: python -m lib.training.release --run A --seven B --eleven C

A, B and C are folders that `lib.training.zfnet` wrote: the long run, and the two short ones that differ in the
first layer only. Prints the checksums for `lib.zfnet.CHECKSUMS`.
"""

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from safetensors.torch import load_file, save_file

from lib.shipped_weights import FOLDER
from lib.training.zfnet import EVOLUTION

FILES = "zfnet.safetensors", "zfnet-evolution.safetensors", "zfnet-first-layers.safetensors"


def release(run, seven, eleven, out=FOLDER):
    """Write the three files of lib/weights from three runs; returns a dict from file name to its checksum."""
    run, out = Path(run), Path(out)
    out.mkdir(exist_ok=True)
    evolution = {}
    for path in run.glob("evolution-*.safetensors"):
        moment = path.stem.removeprefix("evolution-")
        evolution |= {f"{moment}.{name}": value for name, value in load_file(path).items()}
    pair = {}
    for prefix, folder in (("7x2", seven), ("11x4", eleven)):
        for name, value in load_file(Path(folder) / "zfnet.safetensors").items():
            if name.split(".")[0] in EVOLUTION:
                pair[f"{prefix}.{name}"] = value
    for name, tensors in zip(FILES, (load_file(run / "zfnet.safetensors"), evolution, pair)):
        save_file(tensors, out / name)
        (out / name).chmod(0o644)  # safetensors makes files that only their owner can read
    return {name: sha256((out / name).read_bytes()).hexdigest() for name in FILES}


def main(
    run: Annotated[Path, typer.Option(help="The long run's folder.")],
    seven: Annotated[Path, typer.Option(help="The short run with the first layer of 7 x 7, stride 2.")],
    eleven: Annotated[Path, typer.Option(help="The short run with the first layer of 11 x 11, stride 4.")],
):
    """Write lib/weights and print the checksums."""
    for name, checksum in release(run, seven, eleven).items():
        Console().print(f'    "{name}": "{checksum}",', highlight=False, soft_wrap=True)


if __name__ == "__main__":
    typer.run(main)
