"""`python -m autograder` as students and instructors type it, and nbgrader's own commands beside it."""

import csv
import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from classes import ALL_POINTS, NAMES, hand_in, handed_in, points, typed
from making import GRAD_CAM, cells, source_of

from autograder import bank, course, demo, own
from autograder.notebooks import grade_id, is_test, read

ATTACK = "<script>alert(1)</script>"
ROOT = course.root()
RELEASE = read(course.release(GRAD_CAM))


def nbgrader(folder, *words):
    """An nbgrader command as an instructor runs it, in the course's folder."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "nbgrader", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


# For students


def test_help_teaches_both_roles_at_once():
    done = subprocess.run([sys.executable, "-m", "autograder", "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for word in ("check 03", "For students", "For instructors", "grade", "feedback", "export", "demo", "doctor"):
        assert word in done.stdout


@pytest.mark.parametrize("command", [
    "check", "status", "grade", "feedback", "export", "build", "demo", "doctor",
])  # fmt: skip
def test_every_command_has_help(command):
    told = typed(command, "--help")
    assert told.exit_code == 0 and "Usage:" in told.output


@pytest.mark.parametrize("name", ["3", "03", "grad-cam", "03-grad-cam", "assignments/03-grad-cam/03-grad-cam.ipynb"])
def test_an_assignment_goes_by_number_name_or_file(name):
    assert course.assignment(name) == GRAD_CAM


@pytest.mark.parametrize("number, name", enumerate(bank.ASSIGNMENTS, 1))
def test_every_assignment_goes_by_its_number_its_name_and_the_words_of_it(number, name):
    assert {course.assignment(one) for one in (number, f"{number:02}", name, name[3:])} == {name}


@pytest.mark.parametrize("command", ["check", "grade", "feedback", "build"])
def test_an_unknown_assignment_is_answered_with_the_known_ones(command):
    told = typed(command, "nosuch")
    assert told.exit_code == 2 and GRAD_CAM in told.output and "Traceback" not in told.output


@pytest.fixture
def own_notebook(monkeypatch, tmp_path):
    """A function that saves a notebook as the student's own copy of every assignment."""

    def save(content):
        path = tmp_path / "own" / f"{GRAD_CAM}.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else nbformat.writes(content), encoding="utf-8")
        monkeypatch.setattr(course, "release", lambda name: path)

    monkeypatch.setattr(bank, "ASSIGNMENTS", {GRAD_CAM: bank.ASSIGNMENTS[GRAD_CAM]})
    return save


def test_check_has_exit_status_0_while_nothing_is_wrong(own_notebook):
    own_notebook(cells("import torch", source_of("channel_weights")))
    told = typed("check", "03")
    assert told.exit_code == 0
    assert "✓ channel_weights" in told.output and "○ overlay" in told.output
    assert f"1 of {len(NAMES)} exercises, 1 of {ALL_POINTS} points" in told.output
    assert "Next: class_activation_map." in told.output


def test_check_has_exit_status_1_and_says_the_hint_when_something_is_wrong(own_notebook):
    wrong = "def channel_weights(g):\n    return g.sum(dim=(2, 3))"
    own_notebook(cells(wrong, "def overlay(a, b, c):\n    return 1 / 0"))
    told = typed("check", "03")
    assert told.exit_code == 1
    assert "✗ channel_weights" in told.output and "You summed over the positions" in told.output
    assert "ZeroDivisionError: division by zero" in told.output and "return 1 / 0" in told.output


@pytest.mark.parametrize("content", ["", "{}", '{"cells": ['])
def test_check_has_exit_status_2_for_a_file_that_is_no_notebook(own_notebook, content):
    own_notebook(content)
    told = typed("check", "03")
    assert told.exit_code == 2 and "cannot be read as a notebook" in told.output and "Traceback" not in told.output


@pytest.fixture
def own_course(own_notebook, monkeypatch, tmp_path):
    """The student's own notebook, in a course of one assignment."""
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    return own_notebook


def test_status_shows_progress_and_the_next_step(own_course):
    own_course(cells("import torch", source_of("class_activation_map"), source_of("channel_weights")))
    told = typed("status")
    assert told.exit_code == 0
    assert f"██{'░' * (len(NAMES) - 2)} 2 of {len(NAMES)} " in told.output
    assert f"Next: score_gradients in own/{GRAD_CAM}.ipynb" in told.output


def test_status_runs_what_has_changed_and_nothing_else(own_course, monkeypatch):
    runs, grade = [], own.grading.grade
    monkeypatch.setattr(own.grading, "grade", lambda *words, **options: runs.append(1) or grade(*words, **options))
    own_course(RELEASE)
    assert f" 0 of {len(NAMES)} " in typed("status").output and not runs
    own_course(cells(source_of("channel_weights")))
    first = typed("status").output
    assert typed("status").output == first and len(runs) == 1
    own_course(cells(source_of("channel_weights").replace("mean", "sum")))
    assert f" 0 of {len(NAMES)} " in typed("status").output and len(runs) == 2


def test_status_goes_on_where_a_notebook_cannot_be_read(own_course):
    own_course("{")
    told = typed("status")
    assert told.exit_code == 0 and "cannot be read as a notebook" in " ".join(told.output.split())
    assert "Next: the notebook in" in told.output


def test_doctor_finds_this_machine_fit():
    told = typed("doctor")
    assert told.exit_code == 0
    for word in ("Python 3.", "torch ", "Isolation when grading: ", "efficientnet-lite0: here"):
        assert word in told.output


# For instructors: building


def a_copy(folder, *names):
    for name in names:
        place = ROOT / name
        copy_of = shutil.copytree if place.is_dir() else shutil.copy
        copy_of(place, folder / name)


def test_build_check_finds_what_is_stale_and_changes_nothing(tmp_path, monkeypatch):
    a_copy(tmp_path, "README.md", "nbgrader_config.py")
    for place in ("solutions", "assignments"):
        shutil.copytree(ROOT / place / GRAD_CAM, tmp_path / place / GRAD_CAM)
    shutil.copytree(ROOT / "solutions" / "04-occlusion", tmp_path / "solutions" / "04-occlusion")  # lends it a table
    monkeypatch.setattr(bank, "ASSIGNMENTS", {GRAD_CAM: bank.ASSIGNMENTS[GRAD_CAM]})
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    notebook = nbformat.read(course.solution(GRAD_CAM), as_version=4)
    next(cell for cell in notebook.cells if grade_id(cell) == "overlay-solution").source += "\n    # mine"
    nbformat.write(notebook, course.solution(GRAD_CAM))
    readme = tmp_path / "README.md"
    readme.write_text(readme.read_text(encoding="utf-8").replace("| 03 |", "| 3 |"), encoding="utf-8")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    told = typed("build", "--check")
    assert told.exit_code == 1
    assert "a solution or test cell differs from lib" in told.output and "README.md: the table" in told.output
    assert "run python -m autograder build" in told.output
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


# For instructors: a class of three, graded by our command and by nbgrader's


CHANGED = {
    "right": {},
    "mixed": {
        "channel_weights": "def channel_weights(g):\n    return g.sum(dim=(2, 3))",
        "overlay": "def overlay(*inputs):\n    raise NotImplementedError",
        "heat_map": f"print({ATTACK!r})\ndef heat_map(maps, size):\n    raise ValueError({ATTACK!r} + chr(0xd800))",
    },
}
EARNED = {"right": ALL_POINTS, "mixed": ALL_POINTS - 1 - 1 - 1 - 2}  # grad_cam falls with channel_weights
GUIDED = next(index for index, cell in enumerate(handed_in().cells) if grade_id(cell) == "guided_grad_cam")


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """A class folder in which our command graded two submissions and one that is no notebook."""
    folder = tmp_path_factory.mktemp("class")
    for student, changed in CHANGED.items():
        notebook = handed_in(**changed)
        if student == "mixed":
            notebook.cells[GUIDED].source = "guided_grad_cam = 100"
        hand_in(folder, student, notebook)
    path = folder / "submitted" / "unreadable" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    (folder / "submitted" / "empty" / GRAD_CAM).mkdir(parents=True)
    told = typed("grade", "03", "--folder", folder, "--json", folder / "verdicts.json")
    return folder, told


def test_grade_prints_the_class_and_one_broken_submission_does_not_stop_the_others(a_class):
    _, told = a_class
    assert told.exit_code == 1  # one could not be graded at all
    lines = {line.split()[1]: line for line in told.stdout.splitlines() if line.startswith("│")}
    assert f"{ALL_POINTS} / {ALL_POINTS + 4}" in lines["right"] and "✓" * len(NAMES) in lines["right"]
    assert f"{EARNED['mixed']} / {ALL_POINTS + 4}" in lines["mixed"] and "✗" in lines["mixed"] and "○" in lines["mixed"]
    assert "○" * len(NAMES) in lines["unreadable"] and "empty" in lines
    assert "Most frequent mistakes: channel_weights, summed over positions (1)" in " ".join(told.stdout.split())


def test_the_gradebook_holds_the_points_of_every_cell(a_class):
    found = points(a_class[0])
    assert sum(score for (student, _), score in found.items() if student == "right") == EARNED["right"]
    assert sum(score for (student, _), score in found.items() if student == "mixed") == EARNED["mixed"]
    assert found["mixed", "channel_weights"] == 0 and found["mixed", "class_activation_map"] == 1
    assert not any(score for (student, _), score in found.items() if student in ("unreadable", "empty"))


def test_the_json_says_what_the_judge_said(a_class):
    results = {one["student"]: one for one in json.loads((a_class[0] / "verdicts.json").read_text(encoding="utf-8"))}
    assert results["right"]["points"] == ALL_POINTS and results["right"]["to_read"] == 2
    mixed = {verdict["exercise"]: verdict for verdict in results["mixed"]["verdicts"]}
    assert list(mixed) == NAMES
    assert mixed["channel_weights"]["mistake"] == "summed over positions"
    assert mixed["heat_map"]["status"] == "error" and ATTACK in mixed["heat_map"]["message"]
    assert "calls channel_weights" in mixed["grad_cam"]["message"]
    assert f"{GRAD_CAM}.ipynb is not there" in results["empty"]["failure"] and not results["mixed"]["failure"]
    assert any("cannot be read as a notebook" in note for note in results["unreadable"]["notes"])


@pytest.mark.parametrize("words", [
    ("grade", "03"), ("feedback", "03"), ("report", "03"), ("similarity", "03"), ("export", "csv", "grades.csv"),
])  # fmt: skip
def test_before_anything_is_handed_in_or_graded_every_command_says_so_in_a_sentence(words, tmp_path):
    told = typed(*words, "--folder", tmp_path)
    assert told.exit_code == 2 and len(told.stderr.strip().splitlines()) <= 2, told.output
    assert isinstance(told.exception, SystemExit)


def test_feedback_is_a_page_for_each_and_carries_no_markup_of_a_student(a_class):
    folder, _ = a_class
    told = typed("feedback", "03", "--folder", folder)
    assert told.exit_code == 0 and "3 pages" in told.output
    page = (folder / "feedback" / "mixed" / GRAD_CAM / f"{GRAD_CAM}.html").read_text(encoding="utf-8")
    assert "You summed over the positions" in page and "ValueError: &lt;script&gt;" in page
    assert ATTACK not in page


def test_a_note_is_shown_at_the_exercise_that_it_names_and_not_at_one_with_a_longer_name(a_class):
    notebook = read(a_class[0] / "autograded" / "mixed" / GRAD_CAM / f"{GRAD_CAM}.ipynb")
    noted = [
        grade_id(cell) for cell in notebook.cells
        if is_test(cell) and "had been edited" in cell.outputs[0]["data"]["text/html"]
    ]  # fmt: skip
    assert noted == ["guided_grad_cam"]


def test_the_last_value_of_a_test_cell_is_the_points_and_nothing_else_is(a_class):
    notebook = read(a_class[0] / "autograded" / "mixed" / GRAD_CAM / f"{GRAD_CAM}.ipynb")
    for cell in notebook.cells:
        if is_test(cell):
            shown, result = cell.outputs
            assert shown.output_type == "display_data" and result.output_type == "execute_result"
            assert result["data"]["text/plain"] in ("0", str(bank.exercise(grade_id(cell)).points))


def test_grades_are_exported_as_a_table(a_class):
    folder, _ = a_class
    file = folder / "grades.csv"
    told = typed("export", "csv", file, "--folder", folder, "--assignment", "03")
    assert told.exit_code == 0
    with open(file, encoding="utf-8") as lines:
        scores = {row["student_id"]: float(row["score"]) for row in csv.DictReader(lines)}
    assert scores["right"] == EARNED["right"] and scores["mixed"] == EARNED["mixed"]


def test_grading_again_gives_the_same(a_class):
    folder, _ = a_class
    before = points(folder)
    typed("grade", "03", "--folder", folder)
    assert points(folder) == before


def test_where_nobody_handed_in_the_expected_place_is_named(tmp_path):
    told = typed("grade", "03", "--folder", tmp_path)
    assert told.exit_code == 2 and f"expected STUDENT/{GRAD_CAM}/{GRAD_CAM}.ipynb" in " ".join(told.output.split())
    assert typed("export", "csv", tmp_path / "grades.csv", "--folder", tmp_path).exit_code == 2


def test_nbgraders_own_commands_give_the_same_points(a_class, tmp_path):
    a_copy(tmp_path, "nbgrader_config.py")
    shutil.copytree(ROOT / "solutions" / GRAD_CAM, tmp_path / "solutions" / GRAD_CAM)
    for student in CHANGED:
        shutil.copytree(a_class[0] / "submitted" / student, tmp_path / "submitted" / student)
    for command in (["generate_assignment"], ["autograde"], ["generate_feedback"]):
        done = nbgrader(tmp_path, *command, GRAD_CAM)
        assert done.returncode == 0, done.stderr[-3000:]
    done = nbgrader(tmp_path, "export")
    assert done.returncode == 0 and (tmp_path / "grades.csv").exists(), done.stderr[-3000:]
    ours = {key: score for key, score in points(a_class[0]).items() if key[0] in CHANGED}
    assert points(tmp_path) == ours and len(ours) == 2 * (len(NAMES) + 2)
    assert len(list(tmp_path.glob("feedback/*/*/*.html"))) == 2


# The made-up class


def test_a_made_up_submission_is_graded_as_it_must_be(tmp_path):
    told = typed("demo", "--only", "perfect", "--folder", tmp_path / "demo")
    assert told.exit_code == 0, told.output
    assert told.stdout.splitlines()[-1] == "demo: 1 submissions, 1 as expected"


def test_a_made_up_submission_that_comes_out_otherwise_is_told(tmp_path, monkeypatch):
    made = {one.student: one for one in demo.make_class(GRAD_CAM)}
    made["untouched"].expected = made["untouched"].expected | {"overlay": (demo.Status.PASSED, "")}
    monkeypatch.setattr(demo, "make_class", lambda assignment: [made["corrupt-file"], made["untouched"]])
    told = typed("demo", "--folder", tmp_path / "demo")
    assert told.exit_code == 1 and told.stdout.splitlines()[-1] == "demo: 2 submissions, 1 as expected"
    assert "untouched: overlay is not attempted" in told.stdout and "corrupt-file: " not in told.stdout


def test_the_made_up_class_has_every_mistake_and_at_least_twenty_students():
    made = list(demo.make_class(GRAD_CAM))
    assert len({one.student for one in made}) == len(made) >= 20
    expected = {(name, mistake) for one in made for name, (_, mistake) in one.expected.items() if mistake}
    assert expected == {(e.name, mistake.name) for e in bank.exercises(GRAD_CAM) for mistake in e.mistakes}
