"""Grading a class: every submission through nbgrader, one after the other, whatever is in them.

nbgrader's gradebook is the record. What it has no room for (which mistake, which message) stands in the metadata
of each autograded notebook, from where the tables here take it.
"""

import logging
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from autograder import bank, course
from autograder.verdict import Status
from autograder.with_nbgrader import nbgrader_config, run_converter

METADATA = "autograder"


@dataclass
class Result:
    """One student's outcome: points by cell, what the judge said, or why there is nothing."""

    student: str
    points: float = 0.0
    out_of: float = 0.0
    verdicts: list[dict] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    to_read: int = 0
    tier: str = ""
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

    def run_ahead(self, assignment, students, limits=None, **cluster):
        """Run submissions side by side, so that `grade` finds their results.

        limits:  student -> dict of `sandbox.Limits` that differ for that one.
        cluster: scheduler, workers, say; see `crowd.run_all`.
        """
        from nbgrader.coursedir import CourseDirectory

        from autograder import cache, crowd, grading
        from autograder.nbgrader_plugin import class_files

        config = self.config(assignment)
        common = {
            "release": str(course.release(assignment)),
            "assignment": assignment,
            "secret": grading.secret(self.folder),
            "place": str(self.folder / cache.FOLDER),
            "hidden": class_files(CourseDirectory(config=config)),
        }
        jobs = []
        for student in students:
            path = self.submitted / student / assignment / f"{assignment}.ipynb"
            chosen = {**config.Sandbox, **(limits or {}).get(student, {})}
            jobs.append({"path": str(path), "limits": chosen, **common})
        crowd.run_all(jobs, **cluster)

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
            if not (self.submitted / student / assignment / f"{assignment}.ipynb").exists():
                here = ", ".join(p.name for p in (self.submitted / student / assignment).iterdir()) or "nothing"
                raise NbGraderException(f"{assignment}.ipynb is not there; handed in: {here}")
            run_converter(Autograde, config, log)
        except (NbGraderException, SystemExit) as error:
            reason = told.lines[0].strip().splitlines()[-1] if told.lines else str(error)
            return Result(student, failure=reason or str(error))
        return self.result(assignment, student)

    def result(self, assignment, student):
        """What the gradebook and the autograded notebook say about one student."""
        from nbgrader.api import Gradebook

        path = self.folder / "autograded" / student / assignment / f"{assignment}.ipynb"
        data = nbformat.read(path, as_version=4).metadata.get(METADATA, {})
        with Gradebook(self.database()) as book:
            grades = book.find_submission_notebook(assignment, assignment, student).grades
            points = sum(grade.score for grade in grades)
            out_of = sum(grade.max_score for grade in grades)
            to_read = sum(bool(grade.needs_manual_grade) for grade in grades)
        return Result(
            student, points, out_of, list(data.get("verdicts", [])), list(data.get("notes", [])), to_read,
            data.get("tier", ""),
        )  # fmt: skip

    def feedback(self, assignment):
        """Make the feedback pages of an assignment, and return their paths."""
        from nbgrader.converters import GenerateFeedback

        config = self.config(assignment)
        config.GenerateFeedback.force = True
        run_converter(GenerateFeedback, config)
        return sorted((self.folder / "feedback").glob(f"*/{assignment}/*.html"))

    def export_csv(self, path, assignment=None):
        """Write all grades to a CSV file, by nbgrader's exporter."""
        from nbgrader.api import Gradebook
        from nbgrader.plugins import CsvExportPlugin

        plugin = CsvExportPlugin()
        plugin.to = str(path)
        plugin.assignment = [assignment] if assignment else []
        with Gradebook(self.database()) as book:
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


def common_mistakes(results, assignment):
    """How often each recognized mistake was made: a list of (exercise, mistake, count), most frequent first."""
    counts = Counter(
        (verdict["exercise"], verdict["mistake"])
        for result in results
        for verdict in result.verdicts
        if verdict["mistake"]
    )
    order = [exercise.name for exercise in bank.exercises(assignment)]
    rows = [(exercise, mistake, count) for (exercise, mistake), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], order.index(row[0])))


def signs(result, assignment):
    """One character per exercise, in order: ✓ right, ✗ not, ○ not attempted."""
    by_name = {verdict["exercise"]: Status(verdict["status"]) for verdict in result.verdicts}
    look = {Status.PASSED: "✓", Status.NOT_ATTEMPTED: "○"}
    return "".join(
        look.get(by_name[exercise.name], "✗") if exercise.name in by_name else "?"
        for exercise in bank.exercises(assignment)
    )
