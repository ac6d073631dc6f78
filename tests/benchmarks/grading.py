"""Running a perfect submission of 03 for its answers, against a fresh Jupyter kernel that runs the same cells."""

import copy

import nbformat
from nbclient import NotebookClient

from autograder import course, grading
from autograder.notebooks import read, repair

NAME = "03-grad-cam"


def run(measure):
    notebook, _ = repair(read(course.solution(NAME)), read(course.release(NAME)))

    def ours():
        return [verdict.passed for verdict in grading.grade(notebook, NAME).verdicts]

    def kernel():
        copied = copy.deepcopy(notebook)
        copied.cells = [cell for cell in copied.cells if "show" not in cell.metadata.get("tags", [])]
        NotebookClient(copied, timeout=600, kernel_name="python3").execute()
        shown = [nbformat.writes(nbformat.v4.new_notebook(cells=[cell])) for cell in copied.cells]
        return ["correct" in text for text in shown if "check(" in text and "display_data" in text]

    measure("grading", "a fresh kernel", ours, kernel, lambda a, b: all(a) and all(b) and len(a) == len(b), repeats=3,
            details=", one submission")  # fmt: skip
