"""For those who work alone: hints one at a time, a stub given back, a solution after an attempt."""

import ast
import html
import inspect
import json
import re
import shutil
import textwrap
from itertools import count

import nbformat
from nbformat.v4 import new_code_cell

from autograder import bank, course
from autograder.build import with_marks
from autograder.notebooks import grade_id, parsed, read
from autograder.stored import is_stored

HINT = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
CARD = re.compile(r"^### Exercise", re.MULTILINE)


def exercise_of(assignment, name):
    """The exercise of that name in an assignment. Raises ValueError with the names there are."""
    for exercise in bank.exercises(assignment):
        if exercise.name == name:
            return exercise
    names = ", ".join(exercise.name for exercise in bank.exercises(assignment))
    raise ValueError(f"{assignment} has no exercise called {name!r}; it has {names}")


def hints(assignment, name):
    """The hints of an exercise in their order, (title, text) each, as they stand behind its test cell."""
    exercise_of(assignment, name)
    cells, found = read(course.release(assignment)).cells, []
    place = next((index for index, cell in enumerate(cells) if grade_id(cell) == name), len(cells))
    for cell in cells[place + 1 :]:
        text = CARD.split(cell.source)[0] if cell.cell_type == "markdown" else ""
        found += [(_plain(title), _plain(body)) for title, body in HINT.findall(text)]
        if cell.cell_type == "markdown" and text != cell.source or grade_id(cell):
            break
    return found


def next_hint(assignment, name):
    """(number, all, title, text) of the first hint that was not shown yet; after the last one, that one again.

    Which have been shown is kept in `.hints.json` beside the notebook. Raises ValueError if there are none.
    """
    known = hints(assignment, name)
    if not known:
        raise ValueError(f"{name} has no hints; the words of check are the hint")
    path = course.release(assignment).parent / ".hints.json"
    shown = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    number = min(shown.get(name, 0) + 1, len(known))
    path.write_text(json.dumps({**shown, name: number}), encoding="utf-8")
    return number, len(known), *known[number - 1]


def stub(exercise):
    """What a student finds: the reference's signature and docstring, and nothing behind them."""
    return with_marks(exercise.reference).partition("    ### BEGIN SOLUTION")[0] + "    raise NotImplementedError"


def attempted(assignment, name):
    """Whether the cell of an exercise, in the student's own notebook, holds more than its stub."""
    cell = _cell(read(course.release(assignment)), name)
    return cell is not None and _code(cell.source) != _code(stub(exercise_of(assignment, name)))


def reset(assignment, name):
    """Put the stub of one exercise back into the student's own notebook. Returns the path of the copy made before."""
    fresh, path = stub(exercise_of(assignment, name)), course.release(assignment)
    notebook, backup = read(path), back_up(path)
    cell = _cell(notebook, name)
    if cell is None:
        data = {"grade": False, "grade_id": f"{name}-solution", "locked": False, "solution": True, "task": False}
        cell = new_code_cell(metadata={"nbgrader": {**data, "schema_version": 3}})
        places = [index for index, other in enumerate(notebook.cells) if grade_id(other) == name]
        notebook.cells.insert(places[0] if places else len(notebook.cells), cell)
    cell.source, cell.outputs, cell.execution_count = fresh, [], None
    nbformat.write(notebook, path)
    return backup


def back_up(path):
    """Copy a notebook into `.backup` beside it, under the next free number. Returns the copy's path."""
    copy = next(p for n in count(1) if not (p := path.parent / ".backup" / f"{path.stem}-{n}.ipynb").exists())
    copy.parent.mkdir(exist_ok=True)
    shutil.copy(path, copy)
    return copy


def solution(assignment, name):
    """The source of the reference. Raises ValueError before an attempt, or where the reference is withheld."""
    exercise = exercise_of(assignment, name)
    if is_stored(exercise):
        raise ValueError(f"the solution of {name} is withheld in this copy of the course; your instructor has it")
    if not attempted(assignment, name):
        raise ValueError(f"{name} has not been attempted yet; write something, however wrong, or ask for a hint first")
    return textwrap.dedent(inspect.getsource(exercise.reference)).rstrip()


def _cell(notebook, name):
    found = [cell for cell in notebook.cells if grade_id(cell) == f"{name}-solution"]
    return found[-1] if found else None


def _code(source):
    """The code without comments, layout and docstrings; the text itself where it cannot be parsed."""
    if (tree := parsed(source)) is None:
        return source.strip()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:]
    return ast.unparse(tree)


def _plain(text):
    """A hint without HTML, for a terminal."""
    return html.unescape(re.sub(r"<[^>]+>", "`", re.sub(r"</?(?!code)\w+>", "", text))).strip()
