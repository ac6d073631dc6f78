"""The file that a student hands in: complete, run once as grading will run it, and without traces of the machine."""

import getpass
import re
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from autograder import bank, course, own
from autograder.notebooks import first_line, grade_id, is_test, make_ids_unique, read
from autograder.verdict import Status

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
EMPTY = "*Your answer.*"
HANDED_IN = "handed_in"


def pack(assignment, student, file=None, path=None):
    """Write ASSIGNMENT.STUDENT.ipynb, the file to hand in.

    student: the name that grades are kept under.
    file:    another file to write.
    path:    another notebook than the one in `assignments/`.
    returns: (the file, `graded.Graded`, notes); the notes are sentences about what the student should look at.
    Raises ValueError if the name cannot be one, notebooks.Unreadable if there is no notebook.
    """
    if not STUDENT.fullmatch(student):
        raise ValueError(
            f"{student!r} cannot be a student's name here; give the one your instructor lists you under, "
            "of letters, digits and _ . @ -"
        )
    path = Path(path or course.release(assignment))
    notebook = read(path)
    notes = restore(notebook, assignment)
    graded = own.judge(assignment, notebook, path)
    notes += _failures(notebook, graded)
    notes += [
        f"The written question {grade_id(cell)} has no answer yet."
        for cell in notebook.cells
        if (grade_id(cell) or "").startswith("written") and cell.source.strip() in ("", EMPTY)
    ]
    notes += _places(notebook)
    clean(notebook, assignment, student)
    file = Path(file or f"{assignment}.{student}.ipynb")
    nbformat.write(notebook, file)
    return file, graded, notes


def _failures(notebook, graded):
    """Which cells fail. What only lacks the work of an exercise not attempted is counted, not listed."""
    empty = any(verdict.status is Status.NOT_ATTEMPTED for verdict in graded.verdicts)
    notes, waiting = [], 0
    for index, error in sorted(graded.run.errors.items()):
        told = error.splitlines()[0]
        if not 0 <= index < len(notebook.cells) or told.startswith("NotImplementedError"):
            waiting += empty
        elif empty and told.startswith("NameError"):
            waiting += 1
        else:
            notes.append(f"Cell {index + 1} ({first_line(notebook.cells[index])}) fails: {told}")
    return notes + ([f"{waiting} cells wait for exercises that are not done yet."] if waiting else [])


def restore(notebook, assignment):
    """Put missing test cells back and edited ones right. Returns sentences that say which."""
    notes = []
    for exercise in bank.exercises(assignment):
        wanted = f"check({exercise.name})"
        found = [cell for cell in notebook.cells if grade_id(cell) == exercise.name]
        if not found:
            data = {"grade": True, "grade_id": exercise.name, "locked": True, "solution": False, "task": False}
            cell = new_code_cell(
                wanted, metadata={"nbgrader": {**data, "points": exercise.points, "schema_version": 3}}
            )
            places = [i for i, other in enumerate(notebook.cells) if grade_id(other) == f"{exercise.name}-solution"]
            notebook.cells.insert(places[-1] + 1 if places else len(notebook.cells), cell)
            notes.append(f"The test cell of {exercise.name} was missing; put back.")
        elif is_test(found[-1]) and found[-1].source.strip() != wanted:
            found[-1].source = wanted
            notes.append(f"The test cell of {exercise.name} had been edited; its original is used.")
    return notes


def clean(notebook, assignment, student):
    """Take away what a run on this machine left behind: outputs, counts, and metadata that nobody needs."""
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict({k: v for k, v in cell.metadata.items() if k in ("nbgrader", "tags")})
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    kept = {key: notebook.metadata[key] for key in ("course",) if key in notebook.metadata}
    notebook.metadata = nbformat.from_dict(
        {
            **kept,
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
            HANDED_IN: {"assignment": assignment, "student": student},
        }
    )
    make_ids_unique(notebook)


def _places(notebook):
    """Where the student's own code or text names this machine or its user: theirs to change, not ours."""
    home, user = str(Path.home()), getpass.getuser()
    named = re.compile(re.escape(home) + r"\b" + (rf"|\b{re.escape(user)}\b" if len(user) > 3 else ""))
    return [
        f"Cell {number} names a place or user of your machine ({match.group()}); grading has neither."
        for number, cell in enumerate(notebook.cells, 1)
        if (match := named.search(cell.source))
    ]
