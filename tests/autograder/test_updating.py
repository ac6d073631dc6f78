"""A course that has changed under a notebook that somebody began: new texts, every answer as it was."""

import copy
import subprocess

import nbformat
import pytest
from classes import typed
from hypothesis import given, settings
from hypothesis import strategies as st
from making import GRAD_CAM
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder import bank, course, updating
from autograder.notebooks import grade_id, is_test, is_untouched, name_cells, read

RELEASE = read(course.release(GRAD_CAM))
for one in RELEASE.cells:
    one.pop("attachments", None)
ANSWER = "def channel_weights(g):\n    return g.mean((2, 3))  # mine"
EXPERIMENT = new_code_cell("print('an experiment of my own')")


def place(notebook, name):
    return next(index for index, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def begun():
    """03 with an answer, a written answer, an edited cell of the course and an experiment after channel_weights."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[place(notebook, "channel_weights-solution")].source = ANSWER
    next(cell for cell in notebook.cells if (grade_id(cell) or "").startswith("written")).source = "What I think."
    notebook.cells[place(notebook, "heat_map")].source = "print('right')"
    notebook.cells[1].source += "\nmine = 1"
    notebook.cells[3].outputs = [nbformat.v4.new_output("stream", text="what I saw")]
    notebook.cells.insert(place(notebook, "channel_weights") + 1, copy.deepcopy(EXPERIMENT))
    return notebook


def later():
    """A later release: the first text reworded, a new text after it, one text gone, another test of overlay."""
    notebook = copy.deepcopy(RELEASE)
    notebook.cells[0].source += "\n\nReworded."
    notebook.cells.insert(1, new_markdown_cell("Entirely new."))
    del notebook.cells[place(notebook, "overlay") + 1]
    notebook.cells[place(notebook, "overlay")].source = "check(overlay)  # new"
    name_cells(notebook)
    return notebook


def sources(notebook):
    return [cell.source for cell in notebook.cells]


def test_every_cell_of_every_release_is_as_it_was_given_out():
    for name in bank.ASSIGNMENTS:
        cells = read(course.release(name)).cells
        assert all(map(is_untouched, cells)) and len({cell["id"] for cell in cells}) == len(cells)


def test_new_texts_and_tests_come_and_answers_stay():
    notebook, notes = updating.updated(begun(), later())
    found = sources(notebook)
    assert found[0].endswith("Reworded.") and found[1] == "Entirely new."
    assert "check(overlay)  # new" in found and "check(overlay)" not in found
    assert "check(heat_map)" in found and "print('right')" not in found
    assert notebook.cells[place(notebook, "channel_weights-solution")].source == ANSWER
    assert "What I think." in found and found[2].endswith("mine = 1")
    assert found[place(notebook, "channel_weights") + 1] == EXPERIMENT.source
    assert len(found) == len(later().cells) + 1
    assert notes[0].startswith("3 cells of the course") and "channel_weights" in notes[1] and "own" in notes[2]


def test_what_the_student_saw_stays_where_the_cell_is_the_same():
    notebook, _ = updating.updated(begun(), later())
    assert notebook.cells[4].outputs[0].text == "what I saw"


def test_an_edited_cell_of_which_the_course_has_a_new_version_stays_beside_it():
    fresh = later()
    fresh.cells[2].source += "\n# the course has changed this too"
    name_cells(fresh)
    notebook, _ = updating.updated(begun(), fresh)
    mine = [cell for cell in notebook.cells if cell.source.endswith("mine = 1")]
    assert fresh.cells[2].source in sources(notebook) and len(mine) == 1 and "nbgrader" not in mine[0].metadata


def test_an_answer_to_an_exercise_that_is_gone_stays_as_a_cell_of_ones_own():
    fresh = later()
    fresh.cells = [cell for cell in fresh.cells if not (grade_id(cell) or "").startswith("channel_weights")]
    notebook, _ = updating.updated(begun(), fresh)
    mine = [cell for cell in notebook.cells if cell.source == ANSWER]
    assert len(mine) == 1 and grade_id(mine[0]) is None


def test_a_stub_that_was_not_touched_becomes_the_new_stub_and_deleted_tests_come_back():
    mine, fresh = begun(), later()
    mine.cells = [cell for cell in mine.cells if not is_test(cell)]
    fresh.cells[place(fresh, "overlay-solution")].source = "def overlay(new):\n    raise NotImplementedError"
    name_cells(fresh)
    notebook, _ = updating.updated(mine, fresh)
    assert notebook.cells[place(notebook, "overlay-solution")].source.startswith("def overlay(new)")
    assert sum(map(is_test, notebook.cells)) == sum(map(is_test, fresh.cells))


def test_a_second_update_changes_nothing_and_the_result_is_a_notebook():
    once, _ = updating.updated(begun(), later())
    nbformat.validate(once)
    twice, _ = updating.updated(once, later())
    assert twice == once


def test_an_editor_that_renames_all_cells_does_not_double_them():
    renamed = begun()
    for number, cell in enumerate(renamed.cells):
        cell["id"] = f"renamed{number}"
    notebook, _ = updating.updated(renamed, RELEASE)
    expected = len(RELEASE.cells) + 2  # the experiment, and the edited cell, which no longer says what it was
    assert len(notebook.cells) == expected and ANSWER in sources(notebook) and "What I think." in sources(notebook)


def test_cells_that_share_an_id_are_both_kept():
    mine = begun()
    mine.cells.insert(5, new_code_cell("# one", id="own-same"))
    mine.cells.insert(9, new_code_cell("# two", id="own-same"))
    notebook, _ = updating.updated(mine, later())
    assert {"# one", "# two"} <= set(sources(notebook))
    assert len({cell["id"] for cell in notebook.cells}) == len(notebook.cells)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_a_student_wrote_is_in_the_result(data):
    mine, fresh = copy.deepcopy(RELEASE), copy.deepcopy(RELEASE)
    size = len(mine.cells)
    written = set()
    for number in data.draw(st.lists(st.integers(0, size - 1), max_size=5, unique=True)):
        if not is_test(mine.cells[number]):
            mine.cells[number].source = f"# written {number}"
            written.add(f"# written {number}")
    for number in data.draw(st.lists(st.integers(0, size - 1), max_size=4)):
        mine.cells.insert(number, new_code_cell(f"# added {number}"))
        written.add(f"# added {number}")
    for number in sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=5)), reverse=True):
        if data.draw(st.booleans()):
            fresh.cells[number].source += " changed"
        else:
            del fresh.cells[number]
    name_cells(fresh)
    notebook, _ = updating.updated(mine, fresh)
    assert written <= set(sources(notebook))
    assert [cell.source for cell in notebook.cells if is_test(cell)] == [c.source for c in fresh.cells if is_test(c)]
    nbformat.validate(notebook)


# The command, for a copy by git and for two copies side by side


def git(folder, *words):
    identity = ["-c", "user.name=course", "-c", "user.email=course@example.org"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A student's clone of a course of one assignment, and the course, which has moved on since."""
    ours, theirs = tmp_path / "course", tmp_path / "clone"
    path = f"assignments/{GRAD_CAM}/{GRAD_CAM}.ipynb"
    (ours / path).parent.mkdir(parents=True)
    nbformat.write(RELEASE, ours / path)
    git(ours, "init", "-q", "-b", "main")
    git(ours, "add", ".")
    git(ours, "commit", "-q", "-m", "a course")
    git(tmp_path, "clone", "-q", str(ours), str(theirs))
    nbformat.write(later(), ours / path)
    git(ours, "commit", "-q", "-a", "-m", "a better course")
    monkeypatch.setattr(course, "root", lambda: theirs)
    monkeypatch.setattr(bank, "ASSIGNMENTS", {GRAD_CAM: bank.ASSIGNMENTS[GRAD_CAM]})
    return theirs / path


def test_update_pulls_and_keeps_the_answers(clone):
    nbformat.write(begun(), clone)
    before = clone.read_bytes()
    told = typed("update")
    assert told.exit_code == 0 and f"{GRAD_CAM}: 3 cells of the course are new or changed." in told.output
    assert read(clone) == updating.updated(begun(), later())[0]
    assert (clone.parent / ".backup" / f"{GRAD_CAM}-1.ipynb").read_bytes() == before
    assert "The course is up to date" in typed("update").output
    assert read(clone) == updating.updated(begun(), later())[0]
    assert len(list((clone.parent / ".backup").iterdir())) == 1


def test_update_of_a_notebook_that_was_not_begun_is_a_pull(clone):
    assert typed("update").exit_code == 0
    assert read(clone) == later()


def test_where_git_refuses_everything_is_as_it_was(clone):
    git(clone.parent, "commit", "-q", "--allow-empty", "-m", "a branch of my own")
    nbformat.write(begun(), clone)
    before = clone.read_bytes()
    told = typed("update")
    assert told.exit_code == 2 and "git could not bring the course up to date" in told.output
    assert clone.read_bytes() == before


def test_a_newer_copy_takes_what_was_begun_in_the_older_one(clone, tmp_path, monkeypatch):
    nbformat.write(begun(), clone)
    before = clone.read_bytes()
    monkeypatch.setattr(course, "root", lambda: tmp_path / "course")
    told = typed("update", clone.parents[2])
    assert told.exit_code == 0 and "Answers kept: channel_weights" in told.output
    assert read(course.release(GRAD_CAM)) == updating.updated(begun(), later())[0]
    assert clone.read_bytes() == before
    assert "has been begun in this copy" in typed("update", clone.parents[2]).output


def test_a_folder_without_anything_begun_is_answered_with_one_sentence(clone, tmp_path, monkeypatch):
    monkeypatch.setattr(course, "root", lambda: tmp_path / "course")
    told = typed("update", clone.parents[2])
    assert told.exit_code == 2 and "holds no assignments that were begun" in told.output


def test_a_copy_without_git_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    told = typed("update")
    assert told.exit_code == 2 and "update OLD-FOLDER" in told.output
