"""What this machine has, what is missing, and how to get it."""

import importlib.metadata
import platform
import sys
from pathlib import Path

from autograder import course, sandbox
from autograder.terminal import console

NEEDED = "torch torchvision jupyterlab nbgrader nbval scikit-image scikit-learn safetensors typer rich".split()


def report():
    """Print the findings. Returns whether students can work here."""
    import torch

    fine = True
    console.print(f"Python {platform.python_version()} on {platform.system()} {platform.machine()}")
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        console.print("[yellow]  tested with Python 3.11 to 3.13[/]")
    for name in NEEDED:
        try:
            console.print(f"  {name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            fine = False
            console.print(f"[red]  {name} is missing: pip install -r requirements.txt[/]")
    if torch.cuda.is_available():
        console.print(f"GPU: {torch.cuda.get_device_name()}")
    else:
        console.print("GPU: none; not needed, every notebook runs on the CPU")
    name, words = sandbox.tier()
    console.print(f"Isolation when grading: [{'green' if name == 'full' else 'red bold'}]{name}[/]. {words}")
    _weights()
    for place in ("solutions", "assignments"):
        if not (course.root() / place).is_dir():
            console.print(f"[yellow]{place}/ is not in this copy of the course[/]")
    return fine


def _weights():
    import torch

    from lib import networks

    console.print("Networks:")
    cached = Path(torch.hub.get_dir()) / "checkpoints"
    for name in networks.BUILDERS:
        if name not in networks.TORCHVISION:
            try:
                networks.load(name)
                console.print(f"  {name}: here")
            except Exception as error:
                console.print(f"[red]  {name}: {error}[/]")
            continue
        found = list(cached.glob(f"{name.replace('_', '*')}*")) if cached.is_dir() else []
        how = "here" if found else "downloaded at first use, where there is a network"
        console.print(f"  {name}: {how}")
