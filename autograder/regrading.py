"""Grading again: what would change in the gradebook, known before anything is written.

All submissions have been run by then, so this reads results that are kept and compares them with the gradebook. A
grade that was given by hand stands whatever the judge says, so it is never among the changes. A submission whose
grades were written, and of which nothing has changed since, is not written again: that is what its mark says.
"""

import hashlib
from dataclasses import dataclass
from types import SimpleNamespace

from autograder import crowd
from autograder.notebooks import Unreadable

LATE = "late penalty"


@dataclass(frozen=True)
class Change:
    """A number in the gradebook that grading now would replace."""

    student: str
    exercise: str
    before: float
    after: float


def review(classroom, assignment, students, limits=None):
    """What writing the grades of these students now would do to those that were graded before.

    returns: (list of `Change`s, set of students whose grades, answers and feedback stand as they would be written).
    """
    found, same = [], set()
    with classroom.gradebook() as book:
        graded = {submission.student.id: submission for submission in book.assignment_submissions(assignment)}
        before = [student for student in students if student in graded]
        for student, job in zip(before, classroom.jobs(assignment, before, limits)):
            if job["path"].exists():
                differences = _of_one(classroom.config(assignment), graded[student], job)
                found += differences
                if not differences and _is_written(classroom, student, job):
                    same.add(student)
    return found, same


def mark_written(classroom, student, job):
    """Remember that what this submission says now, and how it is judged now, is in the gradebook."""
    if job["path"].exists():
        path = _mark(classroom, student, job)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_digest(job), encoding="utf-8")


def _is_written(classroom, student, job):
    autograded = classroom.folder / "autograded" / student / job["assignment"] / job["path"].name
    mark = _mark(classroom, student, job)
    return autograded.exists() and mark.exists() and mark.read_text(encoding="utf-8") == _digest(job)


def _mark(classroom, student, job):
    return classroom.folder / ".cache" / "written" / student / job["assignment"]


def _digest(job):
    """Of the notebook as it was handed in, of when, and of all that its judgment depends on."""
    timestamp = job["path"].with_name("timestamp.txt")
    digest = hashlib.sha256(job["path"].read_bytes())
    digest.update(timestamp.read_bytes() if timestamp.exists() else b"")
    try:
        digest.update(crowd.key(**job).encode())
    except Unreadable:
        pass
    return digest.hexdigest()


def _of_one(config, submission, job):
    notebook = submission.notebooks[0]
    grades = {grade.name: grade for grade in notebook.grades}
    if not any(grade.auto_score is not None for grade in grades.values()):
        return []  # entered, but never graded
    try:
        after = {verdict.exercise: float(verdict.points) for verdict in crowd.graded(**job).verdicts}
    except Unreadable:
        after = {name: 0.0 for name, grade in grades.items() if grade.auto_score is not None}
    student, found, score = submission.student.id, [], 0.0
    for name, grade in grades.items():
        now = after.get(name, grade.score) if grade.manual_score is None else grade.score
        score += now
        if grade.auto_score is not None and now != grade.score:
            found.append(Change(student, name, grade.score, now))
    late = notebook.late_submission_penalty or 0.0
    later = _penalty(config, submission, score, job["path"].parent)
    return found + ([Change(student, LATE, late, later)] if late != later else [])


def _penalty(config, submission, score, folder):
    """What nbgrader's plugin for late submissions would take off."""
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.preprocessors import AssignLatePenalties

    handed_in = CourseDirectory(config=config).get_existing_timestamp(str(folder)) or submission.timestamp
    if handed_in is None or submission.duedate is None or handed_in <= submission.duedate:
        return 0.0
    step = AssignLatePenalties(config=config)
    step.init_plugin()
    seconds = (handed_in - submission.duedate).total_seconds()
    penalty = step.plugin_inst.late_submission_penalty(submission.student.id, score, seconds)
    return 0.0 if penalty is None else float(step._check_late_penalty(SimpleNamespace(score=score), penalty))
