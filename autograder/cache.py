"""Results of grading, kept by content: nothing is graded twice, and a killed run picks up where it was.

The key is a digest of everything that a result depends on: the cells, the files beside them, the exercises and
`lib`, the versions of the libraries, the limits and the instructor's secret.
"""

import hashlib
import json
import os
import platform
from dataclasses import asdict, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path

from autograder import grading, sandbox
from autograder.answers import NotAnAnswer, decode, encode
from autograder.course import PACKAGE
from autograder.notebooks import grade_id
from autograder.verdict import Status, Verdict

FOLDER = Path(".cache", "graded")  # in the folder of the class

# Not to be trusted the next time: the machine may only have been busy.
PASSING = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)


def graded(notebook, assignment, secret, place, again=False, cards=False, **options):
    """As `grading.grade`, by way of a folder of results.

    place: the folder.  again: whether to repeat a submission that ran out of time or memory.
    cards: as in `grading.grade`; a result that was kept has them if they were asked for when it was made.
    """
    path, found = _find(notebook, assignment, secret, place, again, options)
    if found is None:
        found = grading.grade(notebook, assignment, secret, cards=cards, **options)
        _write(path, found)
    return found


def is_kept(notebook, assignment, secret, place, again=False, **options):
    """Whether `graded` would find its result there."""
    return _find(notebook, assignment, secret, place, again, options)[1] is not None


def _find(notebook, assignment, secret, place, again, options):
    """Where a result is kept, and the result, or None if there is none that counts."""
    path = Path(place) / f"{key(notebook, assignment, secret, **options)}.graded"
    found = _read(path)
    if found and again and any(verdict.status in PASSING for verdict in found.verdicts):
        found = None
    return path, found


def key(notebook, assignment, secret, **options):
    """The digest under which a result is kept."""
    cells = [
        (cell.cell_type, cell.source if cell.cell_type == "code" else "", cell.metadata.get("tags", []), grade_id(cell))
        for cell in notebook.cells
    ]
    limits = asdict(options.get("limits") or sandbox.Limits())
    digest = hashlib.sha256(json.dumps([cells, assignment, limits, _code(), sandbox.tier()[0]]).encode())
    digest.update(secret or b"")
    folder = options.get("folder")
    for path in sorted(Path(folder).iterdir()) if folder else ():
        if path.is_file() and path.suffix != ".ipynb":
            digest.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:40]


@cache
def _code():
    """A digest of this package and `lib`, and the versions that results may depend on."""
    digest = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "lib").rglob("*.py")]):
        digest.update(path.read_bytes())
    return [digest.hexdigest(), platform.python_version(), version("torch"), version("torchvision"), version("numpy")]


def _write(path, found):
    values = [{field.name: getattr(verdict, field.name) for field in fields(Verdict)} for verdict in found.verdicts]
    for value in values:
        value["status"] = value["status"].name
    run = {
        "outputs": {str(index): [tuple(item) for item in items] for index, items in found.run.outputs.items()},
        "errors": {str(index): error for index, error in found.run.errors.items()},
        "ended": found.run.ended and (found.run.ended[0].name, *found.run.ended[1:]),
        "seconds": found.run.seconds,
        "tier": found.run.tier,
    }
    try:
        data = encode({"verdicts": values, "run": run, "cards": found.cards})
    except NotAnAnswer:
        return  # too large to keep; it is graded again if need be
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    scratch.write_bytes(data)
    scratch.replace(path)  # whole or not at all, whenever the run is killed


def _read(path):
    try:
        data = decode(path.read_bytes())
    except (FileNotFoundError, NotAnAnswer):
        return None
    verdicts = [Verdict(**{**value, "status": Status[value["status"]]}) for value in data["verdicts"]]
    run = data["run"]
    ended = run["ended"] and (Status[run["ended"][0]], *run["ended"][1:])
    outputs = {int(index): items for index, items in run["outputs"].items()}
    errors = {int(index): error for index, error in run["errors"].items()}
    kept = sandbox.Run(outputs, errors, {}, ended, run["seconds"], run["tier"])
    return grading.Graded(tuple(verdicts), kept, tuple(data["cards"]))
