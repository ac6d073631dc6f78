"""New versions of texts and test cells for notebooks that students have begun; their answers stay as they are.

Every cell of a release has an id that is made from its text (`given_id`). So a begun notebook says by itself which of
its cells are still as they were given out, which were edited, and which are the student's own, and no earlier release
is needed to tell them apart.
"""

import copy
import subprocess
from pathlib import Path

import nbformat

from autograder import bank, course
from autograder.notebooks import (
    PREFIX,
    Unreadable,
    given_id,
    grade_id,
    is_test,
    is_untouched,
    make_ids_unique,
    read,
)
from autograder.practice import back_up


def is_answer(cell):
    """Whether it is for the student to write: the function of an exercise, or the answer to a written question."""
    return bool((cell.metadata.get("nbgrader") or {}).get("solution"))


def updated(begun, fresh):
    """A begun notebook with the texts and test cells of a fresh release.

    returns: (notebook, notes). Answers, edited cells and cells of the student's own are all in it, the latter two after
    the cell that they followed; the notes are sentences that say what was done.
    """
    begun, result = copy.deepcopy(begun), copy.deepcopy(fresh)
    _recognize(begun, fresh)
    answers = {grade_id(cell): cell for cell in begun.cells if grade_id(cell) and is_answer(cell)}
    by_id = {cell["id"]: cell for cell in begun.cells}
    partners, kept, changed = {}, [], 0
    for cell in result.cells:
        mine = answers.get(grade_id(cell)) if is_answer(cell) else by_id.get(cell["id"])
        changed += mine is None or mine["id"] != cell["id"]
        if mine is None:
            continue
        partners[id(mine)] = cell["id"]
        if is_answer(cell) and not is_untouched(mine):
            kept.append(grade_id(cell).removesuffix("-solution"))
            _fill(cell, mine)
        elif mine["id"] == cell["id"] and not is_test(cell):
            _fill(cell, mine)
    own, before = {}, None
    for cell in begun.cells:
        before = partners.get(id(cell), before)
        if id(cell) not in partners and not is_untouched(cell) and not is_test(cell):
            own.setdefault(before, []).append(_own(cell))
    cells = own.get(None, [])
    for cell in result.cells:
        cells += [cell, *own.get(cell["id"], [])]
    result.cells = cells
    make_ids_unique(result)
    notes = [f"{changed} cells of the course are new or changed."] if changed else []
    notes += [f"Answers kept: {', '.join(kept)}."] if kept else []
    notes += [f"Cells of your own, kept where they were: {sum(map(len, own.values()))}."] if own else []
    return result, notes


def _recognize(begun, fresh):
    """Where an editor has renamed cells, as Colab does, tell by the text which of them are the course's."""
    names = {cell["id"] for cell in begun.cells}
    for cell in begun.cells:
        if not cell["id"].startswith(PREFIX) and given_id(cell) not in names:
            names.add(given_id(cell))
            if any(given_id(cell) == other["id"] for other in fresh.cells):
                cell["id"] = given_id(cell)


def _fill(cell, mine):
    cell.source = mine.source
    for key in ("outputs", "execution_count"):
        if key in cell and key in mine:
            cell[key] = mine[key]
    if mine.get("attachments") and is_answer(cell):
        cell["attachments"] = mine["attachments"]


def _own(cell):
    """A student's own cell: nothing of it is graded, and its id is not the course's."""
    cell = copy.deepcopy(cell)
    cell.metadata.pop("nbgrader", None)
    cell["id"] = cell["id"].replace(PREFIX, "own-")
    return cell


def from_folder(folder):
    """Take the notebooks that were begun in another, older copy of the course into this one.

    returns: {assignment: notes}. Raises ValueError if there are none.
    """
    place = Path(folder) / "assignments" if (Path(folder) / "assignments").is_dir() else Path(folder)
    done = {}
    for name in bank.ASSIGNMENTS:
        theirs = place / name / f"{name}.ipynb"
        if not theirs.exists() or theirs.resolve() == course.release(name).resolve():
            continue
        begun, here = read(theirs), read(course.release(name))
        if all(map(is_untouched, begun.cells)):
            continue
        if not all(map(is_untouched, here.cells)):
            done[name] = ["Left alone: it has been begun in this copy of the course as well."]
            continue
        notebook, done[name] = updated(begun, here)
        nbformat.write(notebook, course.release(name))
    if not done:
        raise ValueError(
            f"{folder} holds no assignments that were begun; give the folder of your older copy of the course"
        )
    return done


def by_git():
    """Bring the course up to date by `git pull`, and begun notebooks with it; as they were they stand in `.backup`.

    returns: {assignment: notes} of those that changed. Raises ValueError, with everything as it was, if git refuses.
    """
    root = course.root()
    if _git("rev-parse", "--is-inside-work-tree").returncode:
        raise ValueError(
            "this copy of the course was not made by git; get the new one beside it, and run there: "
            "python -m autograder update OLD-FOLDER"
        )
    edited = _git("diff", "--name-only", "--relative", "HEAD", "--", "assignments").stdout.split()
    begun = {path: (root / path).read_bytes() for path in edited if path.endswith(".ipynb") and (root / path).exists()}
    copies = {path: back_up(root / path) for path in begun}
    try:
        if begun and (refused := _git("checkout", "HEAD", "--", *begun)).returncode:
            raise ValueError(f"git says: {refused.stderr.strip()}")
        if (refused := _git("pull", "--ff-only", "--quiet")).returncode:
            raise ValueError(f"git could not bring the course up to date; it says: {refused.stderr.strip()}")
        fresh = {path: read(root / path) for path in begun}
        result = {path: updated(read(copies[path]), fresh[path]) for path in begun}
    except (ValueError, Unreadable):
        for path, content in begun.items():
            (root / path).write_bytes(content)
        raise
    done = {}
    for path, (notebook, notes) in result.items():
        if notebook == read(copies[path]):
            (root / path).write_bytes(begun[path])
            copies[path].unlink()
        else:
            nbformat.write(notebook, root / path)
            done[Path(path).stem] = notes
    return done


def _git(*words):
    return subprocess.run(["git", *words], cwd=course.root(), capture_output=True, text=True)
