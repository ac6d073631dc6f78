"""nbgrader with this course's sandbox and judge in it. Instructors: settings of your own go at the end."""

import os

from nbgrader.preprocessors import AssignLatePenalties, LimitOutput

from autograder.nbgrader_plugin import Judge, Run, SaveGrades, SubmissionExporter
from autograder.with_nbgrader import find_programs

find_programs()
c = get_config()  # noqa: F821  nbgrader defines it

c.CourseDirectory.course_id = "looking-into-networks"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
if os.environ.get("COURSE_GRADEBOOK"):  # such as postgresql+psycopg://user:password@host/name
    c.CourseDirectory.db_url = os.environ["COURSE_GRADEBOOK"]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError"}
c.ClearSolutions.text_stub = "*Your answer.*"

c.Autograde.exporter_class = SubmissionExporter
c.Autograde.autograde_preprocessors = [  # metadata was checked when the submission was sanitized
    Run, Judge, LimitOutput, SaveGrades, AssignLatePenalties,
]  # fmt: skip
c.OverwriteCells.add_missing_cells = True
c.LimitOutput.max_lines = 500

# What one submission may use; see autograder.sandbox.Limits.
c.Sandbox.cell_seconds = 60
c.Sandbox.submission_seconds = 600
