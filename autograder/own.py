"""A student's own notebook in `assignments/`: judged as grading would, by the cases that everybody may see."""

import copy
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from autograder import bank, cache, course, grading, sandbox
from autograder.notebooks import first_line, grade_id, is_untouched, read, repair

MARK = "NBVAL_CHECK_OUTPUT"


def skeleton(assignment):
    """A notebook of nothing but the test cells of an assignment: enough of a release to repair a notebook by."""
    cells = []
    for exercise in bank.exercises(assignment):
        data = {"grade": True, "grade_id": exercise.name, "locked": True, "solution": False, "points": exercise.points}
        cells.append(new_code_cell(f"check({exercise.name})", metadata={"nbgrader": data}))
    return new_notebook(cells=cells, metadata={"kernelspec": {"display_name": "Python 3", "name": "python3"}})


def is_begun(assignment):
    """Whether the notebook in `assignments/` holds any code beyond what it was given out with."""
    cells = read(course.release(assignment)).cells
    return any(cell.cell_type == "code" and not is_untouched(cell) for cell in cells)


def judge(assignment, notebook=None, path=None, kept=False):
    """Grade the notebook as it is saved. Raises notebooks.Unreadable if it is none.

    notebook: what to grade instead.
    path:     another file than the one in `assignments/`.
    kept:     whether an earlier result of the very same code will do.
    """
    path = Path(path or course.release(assignment))
    notebook = read(path) if notebook is None else copy.deepcopy(notebook)
    # Only what is graded matters here; written answers stay as they are.
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("written"):
            cell.metadata.pop("nbgrader")
    notebook, _ = repair(notebook, skeleton(assignment))
    options = {"folder": path.parent, "limits": sandbox.Limits(cell_seconds=120)}
    if kept:
        return cache.graded(notebook, assignment, None, course.root() / cache.FOLDER, again=True, **options)
    return grading.grade(notebook, assignment, **options)


def compare_outputs(assignment):
    """Run the notebook by nbval and compare what its marked cells print with the reference outputs.

    returns: a list of (line, problem) for the marked cells in order: the cell's first line of code, and "" if it
        printed what the solution prints, else what nbval says. A marked cell whose code was changed has no reference.
    """
    path = course.release(assignment)
    notebook, solution = read(path), read(course.solution(assignment))
    reference = {cell.source.strip(): cell.outputs for cell in solution.cells if MARK in cell.source}
    marked, code = {}, [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code):
        cell.outputs = reference.get(cell.source.strip(), [])
        cell.execution_count = number
        if cell.outputs and "nbval-skip" not in cell.metadata.get("tags", []):
            marked[f"Cell {number}"] = first_line(cell)
    with tempfile.TemporaryDirectory() as scratch:
        scratch_copy = Path(scratch) / path.name
        for other in path.parent.iterdir():
            if other.is_file() and other != path:
                shutil.copy(other, scratch)
        nbformat.write(notebook, scratch_copy)
        report = Path(scratch) / "report.xml"
        pytest = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider"]
        subprocess.run([*pytest, f"--junitxml={report}", str(scratch_copy)], cwd=scratch, capture_output=True)
        cases = {case.get("name"): case for case in ElementTree.parse(report).iter("testcase")}
    return [(line, _problem(cases.get(name))) for name, line in marked.items()]


def _problem(case):
    if case is None:
        return "was not reached"
    failure = case.find("failure")
    if failure is None:
        return "" if case.find("skipped") is None else "was skipped"
    words = re.sub(r"\x1b\[[0-9;]*m|#x1B\[[0-9;]*m", "", failure.text or failure.get("message", ""))
    lines = [line for line in words.splitlines() if line.strip()]
    differs = [number for number, line in enumerate(lines) if "mismatch" in line]
    return "\n".join(lines[differs[0] :])[:1500] if differs else f"could not run: {lines[-1]}"
