"""The same grading on Gradescope: the zip that its Configure Autograder takes, and what runs there.

Gradescope unpacks the zip into /autograder/source, runs `setup.sh` once, and for each submission `run_autograder`,
which reads /autograder/submission and writes /autograder/results/results.json. The student's code runs in our sandbox
and has ended, with all that it started, when the results are written: so they are not the student's to write. A
container may not allow the full tier of isolation; the results say which one it was.
"""

import ctypes
import hashlib
import hmac
import json
import os
import sys
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import psutil

from autograder import bank, classroom, course, grading, render
from autograder.graded import where_it_ended
from autograder.notebooks import Unreadable, read, repair
from autograder.verdict import Status, Verdict

SECRET = "gradescope-secret"
PARTS = ("lib", "autograder", "nbgrader_config.py", "pyproject.toml", "requirements.txt", "LICENSE")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
PR_SET_CHILD_SUBREAPER = 36

SETUP = """#!/usr/bin/env bash
# Once, when Gradescope builds the image. torch and torchvision come from one source, without CUDA; TORCH_SOURCE names
# another one in pip's words, and an empty one is pip's own.
set -euo pipefail
cd "$(dirname "$0")"
apt-get update && apt-get install -y python3 python3-venv
python3 -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
  echo "Python 3.11 to 3.13 is needed; choose a base image with it, such as Ubuntu 24.04"; exit 1; }
python3 -m venv .venv
source=${TORCH_SOURCE---index-url https://download.pytorch.org/whl/cpu}
.venv/bin/pip install $source 'torch>=2.11,<3' 'torchvision>=0.26,<1'
.venv/bin/pip install -r requirements.txt
"""

RUN = """#!/usr/bin/env bash
# For each submission. AUTOGRADER_ROOT is for trying this elsewhere.
root="${AUTOGRADER_ROOT:-/autograder}"
python="$root/source/.venv/bin/python"
[ -x "$python" ] || python=python3
mkdir -p "$root/results"
cd "$root/source" && "$python" -W ignore -m autograder.gradescope ASSIGNMENT "$root" && exit 0
echo '{"score": 0, "output": "The autograder itself failed, which is no fault of yours. Tell your instructor."}' \\
  > "$root/results/results.json"
"""


def pack(file, assignment, folder):
    """Write the zip and return the number of files in it.

    folder: the class folder, from whose secret that of the zip is made. Who reads the one does not know the other.
    """
    secret = hmac.new(classroom.secret(folder), b"gradescope", hashlib.sha256).hexdigest()
    scripts = {"setup.sh": SETUP, "run_autograder": RUN.replace("ASSIGNMENT", assignment)}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in scripts.items():
            entry = zipfile.ZipInfo(name, time.localtime()[:6])
            entry.external_attr = 0o755 << 16
            archive.writestr(entry, text)
        archive.writestr(SECRET, secret)
        paths = [path for part in (*PARTS, f"assignments/{assignment}") for path in _files(course.root() / part)]
        for path in paths:
            archive.write(path, path.relative_to(course.root()))
        return len(archive.namelist())


def _files(place):
    if place.is_file():
        return [place]
    return [path for path in sorted(place.rglob("*")) if path.is_file() and not LEFT_OUT & set(path.parts)]


def run(assignment, root):
    """Grade what is in ROOT/submission and write ROOT/results/results.json, whatever was handed in."""
    _adopt_orphans()
    found = json.dumps(results(assignment, root))
    _end_all()
    place = root / "results" / "results.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    scratch = place.with_suffix(".writing")
    scratch.write_text(found, encoding="utf-8")
    scratch.replace(place)


def results(assignment, root):
    """What results.json says: one test an exercise, its points from the judge alone."""
    started = time.monotonic()
    verdicts, notes, tier = grade(assignment, root)
    return {
        "score": sum(verdict.points for verdict in verdicts),
        "execution_time": round(time.monotonic() - started),
        "output": "\n".join(notes),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": [_test(verdict) for verdict in verdicts],
        "extra_data": {"isolation": tier},
    }


def _adopt_orphans():
    """From now on, whatever a submission starts and leaves behind becomes a child of this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _end_all():
    """End every process below this one; twice, for those that were just starting another."""
    for _ in range(2):
        for process in psutil.Process().children(recursive=True):
            with suppress(psutil.Error):
                process.kill()
        time.sleep(0.05)


def grade(assignment, root):
    """The verdicts, notes for the student, and the tier of isolation."""
    release = read(course.release(assignment))
    try:
        path = find(root / "submission", assignment)
        notebook, notes = repair(read(path), release)
    except Unreadable as error:
        told = f"{error}."
        return [_unread(exercise) for exercise in bank.exercises(assignment)], [told[:1].upper() + told[1:]], "not run"
    graded = grading.grade(
        notebook,
        assignment,
        (root / "source" / SECRET).read_bytes(),
        folder=path.parent,
        hidden=[root / place for place in ("source/" + SECRET, "results", "submission", "submission_metadata.json")],
    )
    if graded.run.ended:
        notes.append(where_it_ended(notebook, graded.run) + ".")
    if graded.run.tier != "full":
        notes.append("Graded without full isolation.")
    return graded.verdicts, [note[:1].upper() + note[1:] for note in notes], graded.run.tier


def find(folder, assignment):
    """The notebook that was handed in: the one of the assignment's name, or the only one. Raises Unreadable."""
    there = sorted(path for path in folder.rglob("*.ipynb") if path.is_file() and not LEFT_OUT & set(path.parts))
    named = [path for path in there if path.name == f"{assignment}.ipynb"]
    for found in (named, there):
        if len(found) == 1:
            return found[0]
    here = ", ".join(sorted(str(path.relative_to(folder)) for path in there or folder.iterdir())[:20]) or "nothing"
    problem = "several notebooks were handed in" if there else "no notebook was handed in"
    raise Unreadable(f"{problem} ({here}); hand in one, called {assignment}.ipynb")


def _unread(exercise):
    told = "there was no notebook to grade; see the note above."
    return Verdict(exercise.name, Status.NOT_ATTEMPTED, told, out_of=exercise.points)


def _test(verdict):
    return {
        "name": verdict.exercise,
        "score": verdict.points,
        "max_score": verdict.out_of,
        "status": "passed" if verdict.passed else "failed",
        "output": render.html(verdict),
        "output_format": "html",
        "visibility": "visible",
    }


if __name__ == "__main__":
    # The cells' own prints are not among the results; what lands here is for the instructor alone.
    run(course.assignment(sys.argv[1]), Path(sys.argv[2]).resolve())
    sys.stdout.flush()
    os._exit(0)  # whatever a submission left behind, the results stand
