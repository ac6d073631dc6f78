"""From a repaired notebook to verdicts: ask in the sandbox, judge here.

This is the one road of the command line, of nbgrader and of pytest; they differ in where the notebook comes
from and in where the verdicts go.
"""

import threading
from dataclasses import replace

from autograder import bank, course, render, sandbox
from autograder.graded import Graded, where_it_ended
from autograder.judge import judge, name_the_cause
from autograder.needed import needed
from autograder.notebooks import grade_id, is_test, names_used
from autograder.verdict import Status, Verdict

# Submissions run side by side; asking and judging take a fraction of that, and share networks that are hooked into.
_JUDGING = threading.Lock()


def grade(notebook, assignment, secret=None, folder=None, limits=None, hidden=(), cards=False):
    """Judge all exercises of an assignment in a repaired notebook.

    notebook:   as from `notebooks.repair`.
    assignment: its full name.
    secret:     bytes from which hidden cases are drawn; None asks the visible cases only.
    folder:     a folder whose files the notebook needs beside it, or None.
    limits:     `sandbox.Limits`, or None for the usual ones.
    hidden:     more files and folders that the submission must not see, such as those of its class.
    cards:      whether to make the cards as well: drawing takes longer than judging.
    """
    with _JUDGING:
        asked, request = _request(notebook, assignment, secret, folder, limits, hidden)
    run = sandbox.run(request)
    with _JUDGING:
        verdicts = [_verdict(notebook, index, *asked[index], run) for index in asked]
        exercises = [exercise for exercise, _ in asked.values()]
        verdicts = name_the_cause(verdicts, exercises, names_used(notebook))
        made = [(render.html(verdict, points=True), render.text(verdict)) for verdict in verdicts] if cards else ()
    return Graded(tuple(verdicts), run, tuple(made))


def _request(notebook, assignment, secret, folder, limits, hidden):
    """What is asked where (cell index -> exercise and questions), and what the sandbox is to run."""
    asked, cells, run = {}, [], needed(notebook)
    exercises = {exercise.name: exercise for exercise in bank.exercises(assignment)}
    for index, cell in enumerate(notebook.cells):
        if is_test(cell):
            exercise = exercises[grade_id(cell)]
            asked[index] = exercise, exercise.questions(secret)
            cells.append(sandbox.Cell(index, questions=tuple(_question(exercise, q) for q in asked[index][1])))
        elif index in run:
            cells.append(sandbox.Cell(index, cell.source))
    return asked, sandbox.Request(
        tuple(cells),
        folder=None if folder is None else str(folder),
        forbidden=(*bank.examined(assignment), "autograder.bank"),
        hidden=(*course.hidden_at_grading(assignment), *map(str, hidden)),
        limits=limits or sandbox.Limits(),
    )


def _question(exercise, question):
    return sandbox.Question(exercise.name, exercise.arguments, question.case.observe, question.inputs())


def _verdict(notebook, index, exercise, questions, run):
    records = run.records.get(index, [])
    if len(records) < len(questions) and not any(record.failure for record in records):
        return _not_reached(notebook, index, exercise, run)
    verdict = judge(exercise, questions, records)
    if verdict.status is Status.NOT_ATTEMPTED:
        return _undefined(notebook, exercise, verdict, run)
    return verdict


def _not_reached(notebook, index, exercise, run):
    """The process ended before all questions were answered."""
    if run.ended and run.ended[1] != index:
        status, message = run.ended[0], f"{where_it_ended(notebook, run)}; nothing after it could run."
    else:
        status, _, told = run.ended or (Status.ERROR, index, "sent no answer")
        message = f"your {exercise.name} {told}."
    return Verdict(exercise.name, status, message, out_of=exercise.points)


def _undefined(notebook, exercise, verdict, run):
    """If the function is missing because its own cell failed, say that instead."""
    for index, error in run.errors.items():
        if not 0 <= index < len(notebook.cells):
            continue
        cell = notebook.cells[index]
        if grade_id(cell) == f"{exercise.name}-solution" or f"def {exercise.name}(" in cell.source:
            lines = next((text for kind, text in run.outputs.get(index, []) if kind == "error"), "")
            status = Status.FORBIDDEN if error.startswith("Forbidden:") else Status.ERROR
            told = error.removeprefix("Forbidden: ") if status is Status.FORBIDDEN else error
            traceback = "\n".join(lines.splitlines()[1:])
            return replace(verdict, status=status, message=told, traceback=traceback)
    return verdict
