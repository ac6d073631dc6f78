"""Small classes for tests: notebooks as students hand them in, commands as instructors type them, grades as stored."""

import copy

import nbformat
from making import GRAD_CAM, source_of
from nbgrader.api import Gradebook
from typer.testing import CliRunner

from autograder import bank, course
from autograder.cli import app
from autograder.notebooks import grade_id, is_test, read

NAMES = [exercise.name for exercise in bank.exercises(GRAD_CAM)]
ALL_POINTS = sum(exercise.points for exercise in bank.exercises(GRAD_CAM))


def typed(*words, say=None):
    """What a command prints and its exit status, in this process.  say: what is typed at its questions."""
    return CliRunner().invoke(app, [str(word) for word in words], input=say)


def handed_in(**changed):
    """The release with every exercise solved, or as `changed` says; cells that only show something are left out."""
    notebook = copy.deepcopy(read(course.release(GRAD_CAM)))
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) or "from lib.activations" in cell.source]
    for cell in notebook.cells:
        name = (grade_id(cell) or "").removesuffix("-solution")
        if name in NAMES and not is_test(cell):
            cell.source = changed.get(name, source_of(name))
        elif name.startswith("written") and not changed:
            cell.source = "What I think."
        cell.pop("attachments", None)
    return notebook


def hand_in(folder, student, notebook):
    path = folder / "submitted" / student / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def points(folder):
    """(student, cell) -> points, from the gradebook of a class."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {
            (submission.student.id, grade.name): grade.score
            for submission in book.assignment_submissions(GRAD_CAM)
            for grade in submission.notebooks[0].grades
        }
