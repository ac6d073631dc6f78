"""Grading a class that has been graded: what changes is shown first, and what people decided stays."""

import csv
import shutil
from datetime import datetime

import pytest
from classes import hand_in, handed_in, points, typed
from making import GRAD_CAM
from nbgrader.api import Gradebook
from nbgrader.plugins import BasePlugin

from autograder import classroom
from autograder.cli import instructors

BROKEN = {"channel_weights": "def channel_weights(g):\n    return g.mean(dim=1)"}
LOST = ("channel_weights", "grad_cam")  # the second calls the first


@pytest.fixture
def changed(a_graded_class):
    """The class after one student handed in something worse, and one handed in for the first time."""
    hand_in(a_graded_class, "right", handed_in(**BROKEN))
    shutil.copytree(a_graded_class / "submitted" / "mixed", a_graded_class / "submitted" / "new")
    return a_graded_class


def of(folder, student):
    return {cell: score for (who, cell), score in points(folder).items() if who == student}


def grade(folder, *words, **options):
    told = typed("grade", "03", "--folder", folder, *words, **options)
    assert told.exception is None or isinstance(told.exception, SystemExit), told.exception
    return told


def test_a_dry_run_prints_the_difference_and_writes_nothing(changed):
    before = points(changed)
    told = grade(changed, "--dry-run", "--changes", changed / "changes.csv")
    assert told.exit_code == 0 and "would change: 2" in told.stdout and "Nothing was written" in told.stdout
    assert "Students affected: 1, of whom lose points: 1." in told.stdout
    for name in LOST:
        row = next(line for line in told.stdout.splitlines() if f" {name} " in line)
        assert row.replace("│", " ").split() == ["right", name, f"{before['right', name]:g}", "0"]
    assert points(changed) == before
    with open(changed / "changes.csv", encoding="utf-8") as lines:
        assert [row["exercise"] for row in csv.DictReader(lines)] == list(LOST)


def test_without_a_terminal_changes_wait_for_force_and_new_submissions_are_graded(changed):
    before = of(changed, "right")
    told = grade(changed)
    assert told.exit_code == 1 and "the grades of right; run grade again with --force" in told.stderr
    assert of(changed, "right") == before
    assert sum(of(changed, "new").values()) == sum(of(changed, "mixed").values()) > 0
    told = grade(changed, "--force")
    assert told.exit_code == 0 and "would change: 2" in told.stdout
    assert not any(of(changed, "right")[name] for name in LOST)


@pytest.mark.parametrize("answer, written", [("y\n", True), ("n\n", False)])
def test_at_a_terminal_it_asks(changed, monkeypatch, answer, written):
    monkeypatch.setattr(instructors, "_at_a_terminal", lambda: True)
    told = grade(changed, say=answer)
    assert "Write these changes into the gradebook?" in told.stdout
    assert any(of(changed, "right")[name] for name in LOST) is not written
    assert told.exit_code == (0 if written else 1)


def test_a_submission_that_became_unreadable_would_lose_its_points(a_graded_class):
    (a_graded_class / "submitted" / "mixed" / GRAD_CAM / f"{GRAD_CAM}.ipynb").write_text("{")
    earned = [name for name, score in of(a_graded_class, "mixed").items() if score]
    told = grade(a_graded_class, "--dry-run")
    assert f"would change: {len(earned)}" in told.stdout


def test_where_nothing_changes_nothing_is_asked(a_graded_class):
    before = points(a_graded_class)
    told = grade(a_graded_class)
    assert told.exit_code == 0 and "would change" not in told.stdout and points(a_graded_class) == before


@pytest.fixture
def written_to(monkeypatch):
    """The students whose grades are written."""
    seen, grade_one = [], classroom.Classroom.grade

    def remembered(self, assignment, student, **limits):
        seen.append(student)
        return grade_one(self, assignment, student, **limits)

    monkeypatch.setattr(classroom.Classroom, "grade", remembered)
    return seen


def test_what_stands_as_it_would_be_written_is_not_written_again(a_graded_class, written_to):
    grade(a_graded_class)  # the first time with marks
    written_to.clear()
    before = points(a_graded_class)
    told = grade(a_graded_class)
    assert told.exit_code == 0 and not written_to and points(a_graded_class) == before


@pytest.mark.parametrize("what", ["a written answer", "the time", "a lost copy"])
def test_what_has_changed_beside_the_code_is_written(a_graded_class, written_to, what):
    grade(a_graded_class)
    written_to.clear()
    place = a_graded_class / "submitted" / "right" / GRAD_CAM
    if what == "a written answer":
        hand_in(a_graded_class, "right", handed_in(text="Another thought."))
    elif what == "the time":
        (place / "timestamp.txt").write_text("2026-03-02 13:00 UTC")
    else:
        (a_graded_class / "autograded" / "right" / GRAD_CAM / f"{GRAD_CAM}.ipynb").unlink()
    grade(a_graded_class)
    assert written_to == ["right"]


# What people decided


def written(folder):
    """The gradebook's cell of the first written answer of `right`."""
    book = Gradebook(f"sqlite:///{folder}/gradebook.db")
    grades = book.find_submission_notebook(GRAD_CAM, GRAD_CAM, "right").grades
    return book, next(grade.name for grade in grades if grade.name.startswith("written"))


def by_hand(folder, scores):
    """Grade cells of `right` by hand, as formgrader does."""
    book, name = written(folder)
    with book:
        for cell, score in scores.items():
            grade = book.find_grade(cell, GRAD_CAM, GRAD_CAM, "right")
            grade.manual_score, grade.needs_manual_grade = score, False
        book.find_comment(name, GRAD_CAM, GRAD_CAM, "right").manual_comment = "Well seen."
        book.db.commit()


def stands(folder, cell):
    """(score, whether somebody must look at it again) of a cell of `right`."""
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        grade = book.find_grade(cell, GRAD_CAM, GRAD_CAM, "right")
        return grade.score, bool(grade.needs_manual_grade)


def test_grades_and_comments_by_hand_survive_and_are_not_asked_for_again(a_graded_class):
    book, name = written(a_graded_class)
    book.close()
    by_hand(a_graded_class, {name: 1.5, "overlay": 0.5})
    told = grade(a_graded_class)
    assert told.exit_code == 0 and "would change" not in told.stdout
    assert stands(a_graded_class, name) == (1.5, False) and stands(a_graded_class, "overlay") == (0.5, False)
    with Gradebook(f"sqlite:///{a_graded_class}/gradebook.db") as book:
        assert book.find_comment(name, GRAD_CAM, GRAD_CAM, "right").manual_comment == "Well seen."


def test_a_changed_answer_keeps_its_grade_by_hand_and_asks_for_another_look(a_graded_class):
    book, name = written(a_graded_class)
    book.close()
    by_hand(a_graded_class, {name: 1.5, "overlay": 0.5})
    notebook = handed_in(overlay="def overlay(*inputs):\n    raise NotImplementedError")
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade_id") == name:
            cell.source = "Something else."
    hand_in(a_graded_class, "right", notebook)
    told = grade(a_graded_class)
    assert told.exit_code == 0 and "would change" not in told.stdout, "a grade by hand stands"
    assert stands(a_graded_class, name) == (1.5, True) and stands(a_graded_class, "overlay") == (0.5, True)


# Late


class TenPercentADay(BasePlugin):
    """The example of the README."""

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return score * min(1, 0.1 * -(-total_seconds_late // 86400))


def test_a_late_penalty_by_nbgraders_plugin_is_a_change_like_any_other(a_graded_class, monkeypatch):
    settings = classroom.nbgrader_config

    def with_penalty(folder):
        config = settings(folder)
        config.AssignLatePenalties.plugin_class = TenPercentADay
        return config

    monkeypatch.setattr(classroom, "nbgrader_config", with_penalty)
    with Gradebook(f"sqlite:///{a_graded_class}/gradebook.db") as book:
        book.update_or_create_assignment(GRAD_CAM, duedate=datetime(2026, 3, 1, 12))
    for student, time in (("right", "2026-03-02 13:00:00 UTC"), ("mixed", "2026-03-01 11:00:00 UTC")):
        (a_graded_class / "submitted" / student / GRAD_CAM / "timestamp.txt").write_text(time)
    told = grade(a_graded_class, "--force")
    assert told.exit_code == 0 and "would change: 1" in told.stdout and "late penalty" in told.stdout
    found = {one.student: one for one in classroom.Classroom(a_graded_class).results(GRAD_CAM)}
    assert found["right"].late == pytest.approx(0.2 * found["right"].points) and found["right"].points > 0
    assert found["mixed"].late == 0
    assert "would change" not in grade(a_graded_class).stdout, "the penalty is there now"
