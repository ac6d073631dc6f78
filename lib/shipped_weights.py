"""The weights that come with the course: files in lib/weights, each with the checksum that it must have."""

from hashlib import sha256
from pathlib import Path

from safetensors.torch import load

FOLDER = Path(__file__).parent / "weights"


def read(file, checksum):
    """The tensors of a file in lib/weights, a dict from name to tensor, as they are stored: float16, on the CPU.

    checksum: its SHA-256, in hexadecimal.

    Raises RuntimeError if the file is missing or not whole.
    """
    try:
        data = (FOLDER / file).read_bytes()
    except OSError:
        raise RuntimeError(f"lib/weights/{file} is missing; get it from the course's repository") from None
    if sha256(data).hexdigest() != checksum:
        raise RuntimeError(f"lib/weights/{file} is damaged or changed; get it from the course's repository anew")
    return load(data)


def read_by_name(name, checksums, file):
    """The same in float32, for networks that have names.

    checksums: a dict from name to checksum.  file: the file's name, with {} for the network's.

    Raises ValueError for a name that is not among them.
    """
    if name not in checksums:
        raise ValueError(f"there are no weights for {name!r}; choose one of {', '.join(checksums)}")
    return {key: value.float() for key, value in read(file.format(name), checksums[name]).items()}
