"""Results of grading, kept by content: nothing is graded twice, and a killed run picks up where it was.

The key is a digest of everything that a result depends on: the cells, the files beside them, the exercises and
`lib`, the versions of the libraries, the limits and the instructor's secret. To read a result that has cards takes no
torch, for which the program that writes the gradebook would wait.
"""

import hashlib
import json
import os
import platform
from base64 import b64decode, b64encode
from dataclasses import asdict, fields
from functools import cache
from importlib.metadata import version
from pathlib import Path

from autograder import sandbox
from autograder.course import PACKAGE
from autograder.graded import Graded
from autograder.needed import needed
from autograder.notebooks import grade_id
from autograder.verdict import Status, Verdict

FOLDER = Path(".cache", "graded")  # in the folder of the class

# Not to be trusted the next time: the machine may only have been busy.
PASSING = (Status.TIMED_OUT, Status.OUT_OF_MEMORY)


def graded(notebook, assignment, secret, place, again=False, cards=False, **options):
    """As `grading.grade`, by way of a folder of results.

    place: the folder.  again: whether to repeat a submission that ran out of time or memory.
    cards: as in `grading.grade`; a result that is kept with cards has no answers any more.
    """
    path, found = _find(notebook, assignment, secret, place, again, options)
    if found is None or (cards and not found.cards):
        from autograder import grading

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
    run = needed(notebook)
    cells = [
        (cell.cell_type, cell.source if cell.cell_type == "code" else "", index in run, grade_id(cell))
        for index, cell in enumerate(notebook.cells)
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
    values, answers = [], None
    for verdict in found.verdicts:
        value = {field.name: getattr(verdict, field.name) for field in fields(Verdict)}
        values.append({**value, "status": verdict.status.name, "yours": None, "expected": None})
    if not found.cards:  # which show the answers
        from autograder.answers import NotAnAnswer, encode

        try:
            pairs = encode([(verdict.yours, verdict.expected) for verdict in found.verdicts])
        except NotAnAnswer:
            return  # too large to keep; it is graded again if need be
        answers = b64encode(pairs).decode()
    run = {
        "outputs": found.run.outputs,
        "errors": found.run.errors,
        "ended": found.run.ended and (found.run.ended[0].name, *found.run.ended[1:]),
        "seconds": found.run.seconds,
        "tier": found.run.tier,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_suffix(f".{os.getpid()}")
    data = {"verdicts": values, "run": run, "cards": found.cards, "answers": answers}
    scratch.write_text(json.dumps(data), encoding="utf-8")
    scratch.replace(path)  # whole or not at all, whenever the run is killed


def _read(path):
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    values, run = data["verdicts"], data["run"]
    if data["answers"]:
        from autograder.answers import decode

        for value, (yours, expected) in zip(values, decode(b64decode(data["answers"]))):
            value.update(yours=yours, expected=expected)
    verdicts = [Verdict(**{**value, "status": Status[value["status"]]}) for value in values]
    ended = run["ended"] and (Status[run["ended"][0]], *run["ended"][1:])
    outputs = {int(index): [tuple(item) for item in items] for index, items in run["outputs"].items()}
    errors = {int(index): error for index, error in run["errors"].items()}
    kept = sandbox.Run(outputs, errors, {}, ended, run["seconds"], run["tier"])
    return Graded(tuple(verdicts), kept, tuple(map(tuple, data["cards"])))
