"""What several tests of the autograder make: verdicts on functions, and small notebooks as students hand them in."""

import inspect

from nbformat.v4 import new_code_cell, new_notebook

from autograder import bank, grading, notebooks, own, sandbox
from autograder.calling import ask
from autograder.judge import judge

GRAD_CAM = "03-grad-cam"
ALL = [pair for assignment in bank.ASSIGNMENTS for pair in [(assignment, e) for e in bank.exercises(assignment)]]
EXERCISES = [exercise for _, exercise in ALL]
SECRET = b"of the tests"


def verdict_on(exercise, function, secret=None):
    """The judge's word on a function, asked in this process."""
    questions, records = exercise.questions(secret), []
    for question in questions:
        records.append(ask(function, exercise.arguments, question.case.observe, question.inputs()))
        if records[-1].failure:
            break
    return judge(exercise, questions, records)


def cells(*sources):
    """A notebook of code cells."""
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def grade(*sources, assignment=GRAD_CAM, **options):
    """The verdicts, by name, on a notebook of these cells. Test cells that are missing come at its end."""
    notebook, _ = notebooks.repair(cells(*sources), own.skeleton(assignment))
    options.setdefault("limits", sandbox.Limits(cell_seconds=20))
    graded = grading.grade(notebook, assignment, **options)
    return {verdict.exercise: verdict for verdict in graded.verdicts}


def source_of(name):
    """A right solution cell: the source of the reference."""
    return inspect.getsource(bank.exercise(name).reference)
