"""A made-up class, graded through the real pipeline, every grade compared with what it must be.

Each submission is the solution notebook with something done to it. What must come out of it is written beside it:
the status of each exercise, and for a known mistake its name.
"""

import shutil
from dataclasses import dataclass, field
from types import FunctionType

import nbformat

from autograder import bank, course, report
from autograder.calling import ask
from autograder.classroom import Classroom
from autograder.mistakes_as_code import mistake_source
from autograder.notebooks import grade_id, is_test, name_cells
from autograder.terminal import console, print_class
from autograder.verdict import Status

MARK = ".made-by-demo"  # only a folder with this file in it is emptied

# Limits for the class that is made up: its endless loops should not be waited for.
LIMITS = {"cell_seconds": 30, "submission_seconds": 120}


@dataclass
class Submission:
    """A student's folder and what grading must say.

    content:  a notebook, or the text of a broken file.
    expected: exercise -> (Status, name of the mistake or "").
    limits:   narrower limits for this one.
    """

    student: str
    content: object
    expected: dict
    limits: dict = field(default_factory=dict)


def run(folder, assignments, only=""):
    """Make a class in `folder`, grade it, write feedback, compare. Returns whether all was as expected.

    only: take only the submissions whose name contains this.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    classroom, count, right = Classroom(folder), 0, 0
    for assignment in assignments:
        submissions = [one for one in make_class(assignment) if only in one.student]
        found = _grade(classroom, assignment, submissions)
        count += len(submissions)
        right += len(submissions) - len({student for student, _ in found})
        for student, words in found:
            console.print(f"{student}: {words}", style="red", markup=False)
    classroom.export_csv(classroom.folder / "grades.csv")
    pages = sorted((classroom.folder / "feedback").glob("*/*/*.html"))
    console.print(f"Feedback: {len(pages)} pages in {folder}/feedback; grades.csv and report-*.html in {folder}")
    console.print(f"demo: {count} submissions, {right} as expected")
    return right == count


def _grade(classroom, assignment, submissions):
    """Grade one assignment of the class; returns (student, surprise) pairs."""
    from autograder.whole_class import grade_all

    for one in submissions:
        write(one, classroom.submitted, assignment)
    limits = {one.student: LIMITS | one.limits for one in submissions}
    results, _ = grade_all(classroom, assignment, list(limits), limits)
    print_class(results, assignment)
    classroom.feedback(assignment)
    report.write(classroom.folder / f"report-{assignment}.html", results, assignment)
    return [
        (one.student, words)
        for one, result in zip(submissions, results)
        for words in surprises(one, result, assignment)
    ]


def surprises(submission, result, assignment):
    """Sentences that say how a result differs from what it must be."""
    if result.failure:
        return [f"could not be graded: {result.failure}"]
    found, points = [], 0
    verdicts = {verdict["exercise"]: verdict for verdict in result.verdicts}
    for exercise in bank.exercises(assignment):
        status, mistake = submission.expected[exercise.name]
        points += exercise.points if status is Status.PASSED else 0
        verdict = verdicts.get(exercise.name, {"status": "no verdict", "mistake": "", "message": ""})
        if (verdict["status"], verdict["mistake"]) != (status.value, mistake):
            found.append(
                f"{exercise.name} is {verdict['status']} {verdict['mistake']!r} ({verdict['message'][:200]}), "
                f"must be {status.value} {mistake!r}"
            )
    if result.points != points:
        found.append(f"{result.points:g} points in the gradebook, must be {points}")
    return found


def write(submission, folder, assignment):
    """Put a submission where nbgrader expects it."""
    path = folder / submission.student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True)
    if isinstance(submission.content, str):
        path.write_text(submission.content)
    else:
        nbformat.write(submission.content, path)


def make_class(assignment):
    """All submissions of the made-up class."""
    names = [exercise.name for exercise in bank.exercises(assignment)]
    return [*_mistaken(assignment), *_troubled(assignment, names)]


def _mistaken(assignment):
    """Student k makes the k-th mistake of every exercise that has one."""
    exercises = bank.exercises(assignment)
    for number in range(max(len(exercise.mistakes) for exercise in exercises)):
        notebook, expected, theirs = _solved(assignment), {}, {}
        for exercise in exercises:
            expected[exercise.name] = (Status.PASSED, "")
            if number < len(exercise.mistakes):
                mistake = exercise.mistakes[number]
                _solution(notebook, exercise.name).source = mistake_source(exercise, number)
                expected[exercise.name], theirs[exercise.name] = (Status.WRONG, mistake.name), mistake.function
            elif set(exercise.builds_on) & set(theirs):
                theirs[exercise.name] = _on_top(exercise.reference, theirs)
                if not _is_right(exercise, theirs[exercise.name]):
                    expected[exercise.name] = (Status.WRONG, "")
        yield Submission(f"mistakes-{number + 1}", notebook, expected)


def _on_top(reference, theirs):
    """A right function that calls a student's functions for the earlier exercises."""
    return FunctionType(reference.__code__, reference.__globals__ | theirs, reference.__name__, reference.__defaults__)


def _is_right(exercise, function):
    """Not every mistake matters to every exercise that builds on it."""
    for question in exercise.questions():
        record = ask(function, exercise.arguments, question.case.observe, question.inputs())
        if record.failure or record.changed or exercise.difference(question, record.value):
            return False
    return True


def _troubled(assignment, names):
    first, second, third = (names * 3)[:3]
    all_right = dict.fromkeys(names, (Status.PASSED, ""))
    nothing = dict.fromkeys(names, (Status.NOT_ATTEMPTED, ""))

    def student(name, change=None, expected=None, **limits):
        notebook = _solved(assignment)
        if change:
            change(notebook)
        return Submission(name, notebook, all_right | (expected or {}), limits)

    def replaced(name, source):
        return lambda notebook: setattr(_solution(notebook, name), "source", source)

    def first_cell(source):
        return lambda notebook: notebook.cells.insert(0, nbformat.v4.new_code_cell(source))

    def last_cell(source):
        return lambda notebook: notebook.cells.append(nbformat.v4.new_code_cell(source))

    stub = "def {}(*inputs):\n    raise NotImplementedError"
    stubbed = (Status.NOT_ATTEMPTED, "")
    half = {name: stubbed for name in names[len(names) // 2 :]}
    empty = course.release(assignment).read_text(encoding="utf-8")

    def later(name, status):
        """What becomes of the exercises that build on one, and of those that build on these."""
        found = {}
        for exercise in bank.exercises(assignment):
            if {name, *found} & set(exercise.builds_on):
                found[exercise.name] = status
        return found

    def only_first(status):
        """The first exercise ends like this, and what builds on it is not right either."""
        return {first: status} | later(first, wrong)

    def half_done(notebook):
        for name in half:
            _solution(notebook, name).source = stub.format(name)

    def without_tests(notebook):
        notebook.cells = [cell for cell in notebook.cells if not is_test(cell)]

    def edited_test(notebook):
        replaced(second, stub.format(second))(notebook)
        _test(notebook, second).source = f"{second} = None  # check({second})\n2"

    def duplicated(notebook):
        for name in names[:2]:
            notebook.cells.append(_test(notebook, name).copy())
            position = notebook.cells.index(_solution(notebook, name))
            notebook.cells.insert(position, nbformat.from_dict(dict(_solution(notebook, name), source="1 / 0")))

    def renamed(notebook):
        _solution(notebook, third).source = _solution(notebook, third).source.replace(third, "my_" + third)

    error = (Status.ERROR, "")
    died = dict.fromkeys(names, error)
    late = dict.fromkeys(names, (Status.TIMED_OUT, ""))
    too_much = (Status.OUT_OF_MEMORY, "")
    wrong = (Status.WRONG, "")
    patched = (
        "import torch, autograder, builtins, sys\n"
        "torch.allclose = torch.equal = lambda *a, **k: True\n"
        "autograder.check = lambda *a: 100\n"
        "try:\n    import autograder.compare, autograder.judge\n"
        "    autograder.compare.difference = lambda *a, **k: None\n"
        "    autograder.judge.difference = lambda *a, **k: None\n"
        "except Exception: pass\n"
        f"def {first}(*inputs): return torch.zeros(1)"
    )
    printed = f"def {first}(*inputs):\n    print('100 / 100, passed')\n    return 100"
    loop = f"def {first}(*inputs):\n    while True:\n        pass"
    deaf = "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass"
    peek = f"from lib.{bank.exercise(first).reference.__module__.split('.')[1]} import {first}"
    return [
        student("perfect"),
        student("half-done", half_done, half),
        Submission("untouched", nbformat.reads(empty, as_version=4), nothing),
        student("syntax-error", replaced(first, f"def {first}(features weight):\n    pass"), only_first(error)),
        student("raises", replaced(first, f"def {first}(*inputs):\n    return 1 / 0"), only_first(error)),
        student("exception-at-import", first_cell("import no_such_module")),
        student("infinite-loop", replaced(first, loop), only_first((Status.TIMED_OUT, "")), cell_seconds=4),
        student("deaf-loop", first_cell(deaf), late, cell_seconds=2),
        student("sys-exit", first_cell("import sys\nsys.exit(0)")),
        student("os-exit", first_cell("import os\nos._exit(0)"), died),
        student("deleted-test-cells", without_tests),
        student("edited-test-cell", edited_test, {second: stubbed} | later(second, stubbed)),
        student("duplicated-cells", duplicated),
        student("renamed-function", renamed, {third: stubbed} | later(third, wrong)),
        student("patched-comparison", replaced(first, patched), only_first(wrong)),
        student("printed-score", replaced(first, printed), only_first(wrong)),
        student("imports-reference", replaced(first, peek), only_first((Status.FORBIDDEN, ""))),
        student("huge-output", last_cell("print('x' * 10**8)")),
        student("memory", first_cell("hoard = bytearray(5 * 2**30)"), dict.fromkeys(names, too_much)),
        Submission("corrupt-file", '{"cells": [{"cell_type": "code", "sou', nothing),
    ]


def _solved(assignment):
    notebook = nbformat.read(course.solution(assignment), as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
        cell.pop("attachments", None)
    name_cells(notebook)  # as they are given out
    return notebook


def _solution(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == f"{name}-solution")


def _test(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == name)
