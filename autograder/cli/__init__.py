"""The command line: one file for what students type, one for instructors, one for exports."""

from pathlib import Path

import typer

from autograder.cli import exports, instructors, students

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Judge, grade and build the assignments of *Looking into networks*.\n\n"
    "Students: `check 03` judges your saved notebook, `hint 03 overlay` helps, `status` shows where you are.\n\n"
    "Instructors: put submissions into `submitted/STUDENT/03-grad-cam/03-grad-cam.ipynb`, then `grade 03`, "
    "`feedback 03`, `report 03`, `export csv grades.csv`. `demo` shows all of it on a class that it makes up.",
)
for command in (
    students.check, students.hint, students.solution, students.reset, students.status,
    students.pack, students.update,
):  # fmt: skip
    app.command(rich_help_panel="For students")(command)
if (Path(__file__).parents[2] / "solutions").exists():  # not in a copy made by export students
    for command in (
        instructors.collect, instructors.grade, instructors.feedback, instructors.report, instructors.similarity,
        instructors.build, instructors.demo,
    ):  # fmt: skip
        app.command(rich_help_panel="For instructors")(command)
    app.add_typer(exports.app, name="export", rich_help_panel="For instructors")
app.command(rich_help_panel="For both")(instructors.doctor)
