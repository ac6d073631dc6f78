"""What goes into a sandbox and what comes out."""

import io
import pickle
from dataclasses import dataclass, field
from functools import cache

from autograder.verdict import Record, Status


@dataclass(frozen=True)
class Limits:
    """How much a submission may use. Seconds are of wall-clock time; memory is resident, in bytes.

    processes counts those that a submission starts. file_size is of one file, scratch of all files together (where
    the submission is walled in). output is in characters or bytes per cell; what is beyond is dropped.
    """

    cell_seconds: float = 60
    submission_seconds: float = 600
    memory: int = 3 * 2**30
    processes: int = 64
    file_size: int = 64 * 2**20
    scratch: int = 256 * 2**20
    output: int = 400_000


@dataclass(frozen=True)
class Question:
    """One call that the student's function has to answer: pickled inputs, and how to look at it."""

    exercise: str
    arguments: tuple[str, ...]
    observe: object
    inputs: tuple


@dataclass(frozen=True)
class Cell:
    """A code cell of the notebook, or a place where questions are asked instead of running code."""

    index: int
    source: str = ""
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True)
class Request:
    """One submission.

    cells:     in the notebook's order.
    folder:    a folder whose files lie beside the notebook, or None. They are copied, never changed.
    forbidden: modules that must not be imported, with all below them.
    hidden:    files and folders that must not be opened.
    walled:    whether to build walls by the operating system; see `walls`.
    """

    cells: tuple[Cell, ...]
    folder: str | None = None
    forbidden: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    walled: bool = False


@dataclass
class Run:
    """What came back.

    outputs: cell index -> list of (kind, content): "stream" and "text" with text, "image/png", "image/jpeg" with
        base64, "error" with a traceback. Untrusted: escape before showing.
    errors:  cell index -> one line that says how the cell failed, for cells that did.
    records: cell index -> list of Records, one per question, fewer if the process ended early.
    ended:   None if the submission ran to its end; otherwise why and where it stopped, as (status, cell, sentence).
    tier:    how strictly it was isolated: "full" or "reduced".
    """

    outputs: dict[int, list] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    records: dict[int, list[Record]] = field(default_factory=dict)
    ended: tuple[Status, int, str] | None = None
    seconds: float = 0.0
    tier: str = "reduced"


class _Pickler(pickle.Pickler):
    """Networks that were loaded by name travel as their name."""

    def persistent_id(self, value):
        name = getattr(value, "_autograder_name", None) if hasattr(value, "named_modules") else None
        return ("network", name) if name else None


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, identity):
        return named_network(identity[1])


@cache
def named_network(name):
    """`lib.networks.load(name)`, once per process, for use as an input that travels by its name."""
    from lib import networks

    network = networks.load(name)
    network._autograder_name = name
    return network


def pack(request):
    """A Request to bytes. Only ever from trusted code to the student's process."""
    buffer = io.BytesIO()
    _Pickler(buffer).dump(request)
    return buffer.getvalue()


def unpack(data):
    """Bytes back to a Request, in the student's process."""
    return _Unpickler(io.BytesIO(data)).load()
