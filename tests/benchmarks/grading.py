"""A class of 24, graded by stock `nbgrader autograde` and by `python -m autograder grade`, one after the other.

Both start as an instructor starts them, in a folder of their own, on the same submissions: mistakes of the bank and
right solutions, no two alike. In the stock course a test cell's last value is the points, as nbgrader's partial credit
has it; otherwise its notebook is the same. Stock nbgrader runs every cell in a kernel of its own for each submission.
Ours skips cells tagged `show` and given cells on which nothing depends, asks hidden cases as well, and has full
isolation.

The floor is the time that all cells but those tagged `show` take alone, in processes that have imported everything and
judge nothing: as many side by side as ours has workers. The least is the same for the cells that ours runs. Slow, as
stock nbgrader is: ten minutes.
"""

import os
import subprocess
import sys
import tempfile
from copy import deepcopy
from pathlib import Path
from time import perf_counter

import nbformat

from autograder import bank, course, demo
from autograder.calling import ask
from autograder.needed import needed
from autograder.notebooks import grade_id, is_test

NAME, COUNT = "03-grad-cam", 24


def run(measure):
    with tempfile.TemporaryDirectory() as scratch:
        stock_folder, our_folder = Path(scratch, "stock"), Path(scratch, "ours")
        students = submissions()
        make_course(stock_folder, students)
        for student, notebook in students.items():
            put(notebook, our_folder / "submitted", student)
        programs = Path(sys.executable).parent
        grade = [sys.executable, "-m", "autograder", "grade", "03", "--folder", str(our_folder)]
        ours = timed(grade, course.root())
        stock = timed([programs / "nbgrader", "autograde", NAME, "--force"], stock_folder)
        mine, others = points(our_folder), points(stock_folder)
        assert len(mine) == COUNT and mine == others, f"the points differ: {mine} and {others}"
        all_cells = floor(list(students.values()), lambda notebook: range(len(notebook.cells)))
        least = floor(list(students.values()), needed)
    print(
        f"grading: {stock / ours:.1f} times stock nbgrader (ours {ours:.1f} s, stock {stock:.1f} s, "
        f"floor {all_cells:.1f} s, least {least:.1f} s; {COUNT} submissions of {NAME})",
        flush=True,
    )


def submissions():
    """Student -> notebook."""
    kinds = [one for one in demo.make_class(NAME) if one.student.startswith(("perfect", "mistakes"))]
    made = {}
    for number in range(COUNT):
        notebook = deepcopy(kinds[number % len(kinds)].content)
        first = next(cell for cell in notebook.cells if cell.cell_type == "code")
        first.source += f"\n# by student {number}"
        made[f"student-{number:02}"] = notebook
    return made


def put(notebook, folder, student):
    path = folder / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def make_course(folder, students):
    """A course for stock nbgrader, and the class in it."""
    source = nbformat.read(course.solution(NAME), as_version=4)
    put(with_points(source), folder, "source")
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'stock'\nc.ExecutePreprocessor.timeout = 600\n"
        "c.ClearSolutions.code_stub = {'python': 'raise NotImplementedError'}\n"
    )
    nbgrader = Path(sys.executable).parent / "nbgrader"
    timed([nbgrader, "generate_assignment", NAME], folder)
    for student, notebook in students.items():
        put(with_points(notebook), folder / "submitted", student)


def with_points(notebook):
    """A copy whose test cells end with the points, which stock nbgrader takes as the grade."""
    notebook = deepcopy(notebook)
    for cell in notebook.cells:
        if is_test(cell):
            name = grade_id(cell)
            cell.source = f"from autograder.checking import verdict_on\nverdict_on({name}).points"
    return notebook


def timed(command, folder):
    """Run a program to its end and return how long it took."""
    environment = {**os.environ, "PYTHONPATH": str(course.root())}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    start = perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{command} failed:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return perf_counter() - start


def points(folder):
    """Student -> exercise -> points, from a gradebook."""
    from nbgrader.api import Gradebook

    names = {exercise.name for exercise in bank.exercises(NAME)}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {
            submission.student.id: {g.name: g.auto_score for g in submission.notebooks[0].grades if g.name in names}
            for submission in book.assignment_submissions(NAME)
        }


def floor(notebooks, which):
    """Seconds for the cells of all notebooks, in as many warm processes as there are cores.

    which: gives for a notebook the positions of those that count; test cells always do, cells tagged `show` never.
    """
    import torch

    torch.set_num_threads(1)
    import autograder.sandbox.preload  # noqa: F401  what our own warm process has imported

    workers = os.cpu_count() or 1
    start, children = perf_counter(), []
    for worker in range(workers):
        if not (child := os.fork()):
            for notebook in notebooks[worker::workers]:
                if not (own := os.fork()):
                    only_run(notebook, which(notebook))
                    os._exit(0)
                os.waitpid(own, 0)
            os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    return perf_counter() - start


def only_run(notebook, which):
    from IPython.core.interactiveshell import InteractiveShell

    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1), os.dup2(silence, 2)
    shell = InteractiveShell.instance()
    for index, cell in enumerate(notebook.cells):
        if is_test(cell) and grade_id(cell) in shell.user_ns:
            exercise = bank.exercise(grade_id(cell))
            for question in exercise.questions(b"any"):
                function = shell.user_ns[exercise.name]
                ask(function, exercise.arguments, question.case.observe, question.inputs())
        elif index in which and cell.cell_type == "code" and "show" not in cell.metadata.get("tags", []):
            shell.run_cell(cell.source)
