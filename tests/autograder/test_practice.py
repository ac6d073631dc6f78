"""The loop of somebody who works alone: hints one by one, a fresh stub, a solution after an attempt."""

import nbformat
import pytest
from classes import typed
from making import ALL, GRAD_CAM

from autograder import bank, course, practice
from autograder.notebooks import grade_id, read

RELEASES = {name: read(course.release(name)) for name in bank.ASSIGNMENTS}
NAME = "channel_weights"


@pytest.fixture
def own(tmp_path, monkeypatch):
    """The path of a student's own copy of 03, and of nothing else."""
    path = tmp_path / f"{GRAD_CAM}.ipynb"
    nbformat.write(RELEASES[GRAD_CAM], path)
    monkeypatch.setattr(course, "release", lambda name: path)
    return path


def write(path, name, source):
    notebook = read(path)
    cell_of(notebook, name).source = source
    nbformat.write(notebook, path)


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == f"{name}-solution")


@pytest.mark.parametrize("assignment, exercise", ALL, ids=[exercise.name for _, exercise in ALL])
def test_a_stub_is_the_cell_of_the_release(assignment, exercise):
    assert practice.stub(exercise) == cell_of(RELEASES[assignment], exercise.name).source.rstrip()
    assert not practice.attempted(assignment, exercise.name)


@pytest.mark.parametrize("assignment, exercise", ALL, ids=[exercise.name for _, exercise in ALL])
def test_hints_are_those_between_the_exercise_and_the_next(assignment, exercise):
    found = practice.hints(assignment, exercise.name)
    text = "\n".join(cell.source for cell in RELEASES[assignment].cells)
    assert found and all(title and body and "<" not in title for title, body in found)
    for title, _ in found:
        assert title.startswith("Hint") and title.split(":")[0] in text
    others = [hint for _, other in ALL if other is not exercise for hint in practice.hints(_, other.name)]
    assert not set(found) & set(others)


def test_hints_come_one_at_a_time_and_the_last_one_stays(own):
    known = practice.hints(GRAD_CAM, NAME)
    told = [typed("hint", "03", NAME).output for _ in range(len(known) + 1)]
    for number, (words, (title, _)) in enumerate(zip(told, known), 1):
        assert title in words and f"({number} of {len(known)})" in words
    assert told[-1] == told[-2]


def test_a_reset_gives_back_one_stub_and_keeps_the_rest_and_a_copy(own):
    write(own, NAME, f"def {NAME}(g):\n    return 1")
    write(own, "overlay", "def overlay(a, b, c):\n    return 2")
    before = own.read_text()
    told = typed("reset", "03", NAME)
    assert told.exit_code == 0 and ".backup/03-grad-cam-1.ipynb" in told.output
    after = read(own)
    assert cell_of(after, NAME).source == practice.stub(bank.exercise(NAME))
    assert "return 2" in cell_of(after, "overlay").source
    assert (own.parent / ".backup" / "03-grad-cam-1.ipynb").read_text() == before
    typed("reset", "03", NAME)
    assert (own.parent / ".backup" / "03-grad-cam-2.ipynb").exists()


def test_a_reset_brings_back_a_cell_that_was_deleted(own):
    notebook = read(own)
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != f"{NAME}-solution"]
    nbformat.write(notebook, own)
    assert typed("reset", "03", NAME).exit_code == 0
    names = [grade_id(cell) for cell in read(own).cells]
    assert names.index(NAME) == names.index(f"{NAME}-solution") + 1


@pytest.mark.parametrize("attempt", [None, "# thinking", "the docstring alone"])
def test_there_is_no_solution_before_an_attempt(own, attempt):
    source = practice.stub(bank.exercise(NAME))
    if attempt == "# thinking":
        write(own, NAME, source.replace("    raise", "    # thinking\n    raise"))
    elif attempt:
        write(own, NAME, source.replace("(N, C, h, w)", "what goes in"))
    told = typed("solution", "03", NAME)
    assert told.exit_code == 2 and "has not been attempted yet" in told.output


@pytest.mark.parametrize("attempt", [f"def {NAME}(g):\n    return g.sum()", f"def {NAME}(g:"])
def test_after_an_attempt_the_solution_is_the_reference(own, attempt):
    write(own, NAME, attempt)
    told = typed("solution", "03", NAME)
    assert told.exit_code == 0 and f"def {NAME}(" in told.output and "mean" in told.output


@pytest.mark.parametrize("command", ["hint", "reset", "solution"])
def test_an_unknown_exercise_is_answered_with_the_known_ones(own, command):
    before = own.read_text()
    told = typed(command, "03", "chanel_weights")
    assert told.exit_code == 2 and "it has class_activation_map, score_gradients" in " ".join(told.output.split())
    assert own.read_text() == before


def test_the_notebooks_of_the_course_are_as_they_were():
    assert all(book == read(course.release(name)) for name, book in RELEASES.items())
