"""Grading a class: every submission through nbgrader, one after the other, whatever is in them.

nbgrader's gradebook is the record. What it has no room for (which mistake, which message) stands in the metadata
of each autograded notebook, from where the tables here take it.
"""

import json
import logging
import os
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from autograder import course
from autograder.notebooks import grade_id, is_test, read
from autograder.verdict import Status
from autograder.with_nbgrader import nbgrader_config, run_converter

METADATA = "autograder"


@dataclass
class Result:
    """One student's outcome: points before any penalty, what the judge said, or why there is nothing.

    late: points that a late submission costs.  to_read: written answers that wait for a person.
    tier, seconds: how isolated it ran, and for how long.
    """

    student: str
    points: float = 0.0
    out_of: float = 0.0
    verdicts: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    to_read: int = 0
    tier: str = ""
    seconds: float = 0.0
    late: float = 0.0
    failure: str = ""


class Classroom:
    """A folder with submitted/, autograded/, feedback/ and the gradebook.

    folder:    where they are; default: the course's folder.
    submitted: where submissions are, as STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb; default: submitted/ in the folder.
    """

    def __init__(self, folder=None, submitted=None):
        self.folder = Path(folder or course.root()).resolve()
        self.submitted = Path(submitted or self.folder / "submitted").resolve()

    def config(self, assignment):
        """nbgrader's configuration for this class, with the course's own sources and releases."""
        config = nbgrader_config(self.folder)
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.submitted_directory = str(self.submitted)
        config.CourseDirectory.source_directory = str(course.root() / "solutions")
        config.CourseDirectory.release_directory = str(course.root() / "assignments")
        return config

    def database(self):
        """The gradebook's SQLAlchemy URL: nbgrader's setting, or its default, a file in the class folder."""
        return nbgrader_config(self.folder).CourseDirectory.get("db_url", f"sqlite:///{self.folder}/gradebook.db")

    def students(self, assignment):
        """Names of those who handed the assignment in. Raises ValueError if nobody did."""
        found = sorted(path.parent.name for path in self.submitted.glob(f"*/{assignment}") if path.is_dir())
        if not found:
            raise ValueError(
                f"no submissions of {assignment} in {self.submitted}; expected STUDENT/{assignment}/{assignment}.ipynb"
            )
        return found

    def open(self, assignment):
        """Make the gradebook, or bring its entry for the assignment up to date."""
        from nbgrader.converters import GenerateAssignment

        config = self.config(assignment)
        config.CourseDirectory.release_directory = str(self.folder / ".cache" / "release")
        config.GenerateAssignment.force = True
        run_converter(GenerateAssignment, config)

    def gradebook(self):
        """The gradebook, opened; a context manager."""
        from nbgrader.api import Gradebook

        return Gradebook(self.database())

    def jobs(self, assignment, students, limits=None):
        """What `crowd` needs to know to run each of these submissions: a list of dicts.

        limits: student -> dict of `sandbox.Limits` that differ for that one.
        """
        from nbgrader.coursedir import CourseDirectory

        from autograder.cache import FOLDER
        from autograder.nbgrader_plugin import class_files

        config = self.config(assignment)
        common = {
            "release": str(course.release(assignment)),
            "assignment": assignment,
            "secret": secret(self.folder),
            "place": str(self.folder / FOLDER),
            "hidden": class_files(CourseDirectory(config=config)),
        }
        own = limits or {}
        return [
            {"path": self._handed_in(assignment, one), "limits": {**config.Sandbox, **own.get(one, {})}} | common
            for one in students
        ]

    def _handed_in(self, assignment, student):
        return self.submitted / student / assignment / f"{assignment}.ipynb"

    def graded(self, assignment):
        """Names of those whom the gradebook knows a submission of; the gradebook must be there."""
        with self.gradebook() as book:
            return {submission.student.id for submission in book.assignment_submissions(assignment)}

    def grade(self, assignment, student, **limits):
        """Grade one submission and return its Result. Never raises for what a student handed in."""
        from nbgrader.converters import Autograde
        from nbgrader.converters.base import NbGraderException

        config = self.config(assignment)
        config.CourseDirectory.student_id = student
        config.Autograde.force = True
        config.Sandbox.update(limits)
        log = logging.getLogger("autograder.submission")
        log.propagate, log.handlers = False, [told := _Remember()]
        try:
            if absent := self._absent(assignment, student):
                raise NbGraderException(absent)
            run_converter(Autograde, config, log)
        except (NbGraderException, SystemExit) as error:
            reason = told.lines[0].strip().splitlines()[-1] if told.lines else str(error)
            return Result(student, failure=reason or str(error))
        return self.results(assignment, [student])[0]

    def _absent(self, assignment, student):
        """Why there is no notebook to grade, or None."""
        path = self._handed_in(assignment, student)
        if path.exists():
            return None
        here = ", ".join(sorted(one.name for one in path.parent.iterdir())) if path.parent.is_dir() else ""
        return f"{path.name} is not there; handed in: {here or 'nothing'}"

    def results(self, assignment, students=None):
        """What the gradebook and the autograded notebooks say, one Result a student.

        students: default: everybody who handed in or was graded; who was not graded has a `failure` that says why.
        """
        autograded = self.folder / "autograded"
        if students is None:
            places = [*self.submitted.glob(f"*/{assignment}"), *autograded.glob(f"*/{assignment}")]
            students = sorted({path.parent.name for path in places if path.is_dir()})
        with self.gradebook() as book:
            return [self._result(book, assignment, student, autograded) for student in students]

    def _result(self, book, assignment, student, autograded):
        from nbgrader.api import MissingEntry

        path = autograded / student / assignment / f"{assignment}.ipynb"
        if not path.exists():
            return Result(student, failure=self._absent(assignment, student) or "not graded yet")
        data = json.loads(path.read_text(encoding="utf-8"))["metadata"].get(METADATA, {})
        try:
            notebook = book.find_submission_notebook(assignment, assignment, student)
        except MissingEntry:
            return Result(student, failure="not in the gradebook; run grade again")
        grades, late = notebook.grades, notebook.late_submission_penalty or 0.0
        return Result(
            student,
            points=sum(grade.score for grade in grades),
            out_of=sum(grade.max_score for grade in grades),
            late=late,
            to_read=sum(bool(grade.needs_manual_grade) for grade in grades),
            **{key: data[key] for key in ("verdicts", "notes", "tier", "seconds") if key in data},
        )

    def feedback(self, assignment):
        """Make the feedback pages of an assignment, and return their paths: none if nothing is graded yet."""
        from nbgrader.converters import GenerateFeedback

        if not any((self.folder / "autograded").glob(f"*/{assignment}")):
            return []
        config = self.config(assignment)
        config.GenerateFeedback.force = True
        run_converter(GenerateFeedback, config)
        return sorted((self.folder / "feedback").glob(f"*/{assignment}/*.html"))

    def export_csv(self, path, assignment=None):
        """Write all grades to a CSV file, by nbgrader's exporter."""
        from nbgrader.plugins import CsvExportPlugin

        plugin = CsvExportPlugin()
        plugin.to = str(path)
        plugin.assignment = [assignment] if assignment else []
        with self.gradebook() as book:
            plugin.export(book)


class _Remember(logging.Handler):
    """Keeps the error lines of one submission, first the one that says most."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        words = record.getMessage()
        if "Traceback" in words:
            self.lines.insert(0, words)
        else:
            self.lines.append(words)


@cache
def exercises(assignment):
    """The names of an assignment's exercises, in order: from the release, since the exercises themselves need torch."""
    return [grade_id(cell) for cell in read(course.release(assignment)).cells if is_test(cell)]


def common_mistakes(results, assignment):
    """How often each recognized mistake was made: a list of (exercise, mistake, count), most frequent first."""
    order = exercises(assignment)
    counts = Counter(
        (verdict["exercise"], verdict["mistake"])
        for result in results
        for verdict in result.verdicts
        if verdict["mistake"] and verdict["exercise"] in order
    )
    rows = [(exercise, mistake, count) for (exercise, mistake), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], order.index(row[0])))


def signs(result, assignment):
    """One character per exercise, in order: ✓ right, ✗ not, ○ not attempted."""
    by_name = {verdict["exercise"]: Status(verdict["status"]) for verdict in result.verdicts}
    look = {Status.PASSED: "✓", Status.NOT_ATTEMPTED: "○"}
    return "".join(look.get(by_name[name], "✗") if name in by_name else "?" for name in exercises(assignment))


def secret(folder):
    """The instructor's secret in this folder: the file `.secret`, made on first use, readable by its owner alone."""
    path = Path(folder) / ".secret"
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(os.urandom(32).hex().encode())
    return path.read_bytes()
