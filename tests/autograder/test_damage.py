"""Whatever happened to a file on its way: never a crash, always a verdict for every exercise or a sentence why not.

The whole road is taken: the file is read, repaired, run behind the walls and judged.
"""

import json

import nbformat
from classes import handed_in
from hypothesis import given, settings
from hypothesis import strategies as st
from making import EXERCISES, GRAD_CAM

from autograder import bank, course, crowd
from autograder.notebooks import Unreadable, grade_id

NAMES = [exercise.name for exercise in bank.exercises(GRAD_CAM)]
KEPT = ("channel_weights", "class_activation_map", "overlay")  # solved; the rest would show no more
ODD = st.sampled_from(
    [None, 0, "", "\x00", "code", [], {}, [[]], {"nbgrader": 3}, {"tags": 1}, 1e400, "\ud800", "é" * 500]
)


def notebook():
    book = handed_in(**{exercise.name: "pass" for exercise in EXERCISES if exercise.name not in KEPT})
    book.cells = [cell for cell in book.cells if not str(grade_id(cell)).startswith("written")]
    return book


PERFECT = nbformat.writes(notebook())


@st.composite
def damaged(draw):
    """The bytes of a notebook file after up to six mishaps."""
    data = json.loads(PERFECT)
    for _ in range(draw(st.integers(1, 5))):
        cells = data["cells"] if isinstance(data.get("cells"), list) and data["cells"] else [{}]
        place = draw(st.integers(0, len(cells) - 1))
        kind = draw(st.sampled_from(["lose", "copy", "move", "cut", "mix", "field", "metadata", "top"]))
        cell = cells[place] if isinstance(cells[place], dict) else {}
        if kind == "lose":
            cells.pop(place)
        elif kind == "copy":
            cells.insert(draw(st.integers(0, len(cells))), json.loads(json.dumps(cells[place])))
        elif kind == "move":
            cells.append(cells.pop(place))
        elif kind in ("cut", "mix"):
            source = "".join(cell.get("source") or "")
            middle = draw(st.integers(0, len(source)))
            cell["source"] = source[:middle] + ("" if kind == "cut" else draw(st.text(max_size=5)) + source[middle:])
        elif kind == "field" and cell:
            cell[draw(st.sampled_from(sorted(cell)))] = draw(ODD)
        elif kind == "metadata":
            cell["metadata"] = draw(ODD)
        else:
            data[draw(st.sampled_from(["nbformat", "nbformat_minor", "metadata", "cells"]))] = draw(ODD)
    file = json.dumps(data).encode(errors="replace")
    if draw(st.booleans()):
        place = draw(st.integers(0, len(file)))
        file = file[:place] + draw(st.binary(max_size=3)) + file[place + draw(st.sampled_from([0, 1, 1000])) :]
    return file


@settings(max_examples=30)
@given(file=damaged())
def test_a_damaged_file_gets_its_verdicts_or_a_sentence(tmp_path_factory, file):
    place = tmp_path_factory.mktemp("damaged")
    path = place / "submitted" / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir()
    path.write_bytes(file)
    try:
        graded = crowd.graded(
            path, course.release(GRAD_CAM), GRAD_CAM, b"secret", place / "kept", limits={"cell_seconds": 20}, hidden=()
        )
    except Unreadable as error:
        assert str(error).startswith(path.name) and "\n" not in str(error)
        return
    assert sorted(verdict.exercise for verdict in graded.verdicts) == sorted(NAMES)
    for verdict in graded.verdicts:
        assert verdict.points in (0, bank.exercise(verdict.exercise).points) and verdict.message
        assert not verdict.points or verdict.exercise in KEPT


def test_without_damage_what_is_solved_is_right(tmp_path):
    path = tmp_path / f"{GRAD_CAM}.ipynb"
    path.write_text(PERFECT)
    graded = crowd.graded(path, course.release(GRAD_CAM), GRAD_CAM, b"secret", tmp_path / "kept", limits={}, hidden=())
    assert {verdict.exercise for verdict in graded.verdicts if verdict.points} == set(KEPT)
