"""Grading again: what would change in the gradebook, known before anything is written.

All submissions have been run by then, so this reads results that are kept and compares them with the gradebook. A
grade that was given by hand stands whatever the judge says, so it is never among the changes.
"""

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


def changes(classroom, assignment, students, limits=None):
    """What grading these students now would change of what was graded before. First-time grades are no change."""
    found = []
    with classroom.gradebook() as book:
        graded = {submission.student.id: submission for submission in book.assignment_submissions(assignment)}
        before = [student for student in students if student in graded]
        for student, job in zip(before, classroom.jobs(assignment, before, limits)):
            if job["path"].exists():
                found += _of_one(classroom.config(assignment), graded[student], job)
    return found


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
