"""What instructors type to take grades, or the grading itself, to another system."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import Assignment, Folder, fail, full_name, opened

app = typer.Typer(no_args_is_help=True, help="Write grades, or an autograder, for other systems.")
File = Annotated[Path, typer.Argument(help="The file to write.")]
Scale = Annotated[bool, typer.Option("--scale", help="Convert grades where the maximum there is another.")]


@app.command()
def csv(
    file: File,
    assignment: Annotated[str | None, typer.Option(help="Only this assignment.")] = None,
    folder: Folder = None,
):
    """All grades as a CSV file, one row a student and assignment."""
    opened(folder).export_csv(file, full_name(assignment) if assignment else None)
    typer.echo(f"Grades written to {file}.")


@app.command()
def canvas(
    file: File,
    roster: Annotated[
        Path | None,
        typer.Option(help="The gradebook as exported from Canvas; without it, folder names must be SIS login ids."),
    ] = None,
    assignment: Annotated[str | None, typer.Option(help="Only this assignment; default: all graded ones.")] = None,
    column: Annotated[
        str | None, typer.Option(help='With --assignment: its column in the roster, such as "Grad-CAM (1234)".')
    ] = None,
    scale: Scale = False,
    folder: Folder = None,
):
    """Grades for Canvas: Grades > Import there.

    Students are found in the roster by SIS login id, SIS user id, id or name. A column whose title is the assignment's
    name is filled; for others Canvas offers to make a new assignment. Grades of Canvas that we do not have stay.
    """
    from autograder import exports

    if column and not assignment:
        fail("--column names the column of one assignment; say which one with --assignment")
    found, assignments = _graded(folder, assignment)
    _tell(file, found, lambda: exports.canvas(file, found, assignments, roster, column, scale))


@app.command()
def moodle(
    file: File,
    assignment: Annotated[str, typer.Option(help="The assignment: 3, 03, grad-cam.")],
    roster: Annotated[Path, typer.Option(help="The assignment's offline grading worksheet, downloaded from Moodle.")],
    scale: Scale = False,
    folder: Folder = None,
):
    """Grades for Moodle: the assignment's offline grading worksheet, filled in. Upload grading worksheet there.

    Students are found by username, id number, email address (or its part before the @), participant number or name.
    """
    from autograder import exports

    found, (name,) = _graded(folder, assignment)
    _tell(file, found, lambda: exports.moodle(file, found, name, roster, scale))


@app.command()
def gradescope(
    assignment: Assignment,
    file: Annotated[Path | None, typer.Argument(help="The zip to write; default: gradescope-ASSIGNMENT.zip.")] = None,
    folder: Folder = None,
):
    """An autograder for Gradescope: a zip with `setup.sh`, `run_autograder` and what of the course grading needs.

    It asks the hidden cases as well, by a secret of its own. Upload it under Configure Autograder.
    """
    from autograder import gradescope as steps
    from autograder.classroom import Classroom

    name = full_name(assignment)
    place = Classroom(folder).folder
    file = file or place / f"gradescope-{name}.zip"
    count = steps.pack(file, name, place)
    typer.echo(f"{count} files in {file} ({file.stat().st_size / 2**20:.1f} MB).")


@app.command()
def students(
    folder: Annotated[Path, typer.Argument(help="An empty or new folder.")],
    withhold: Annotated[
        str, typer.Option(help="Assignments whose references stay with you, such as 03,04.", metavar="LIST")
    ] = "",
):
    """The course as students get it: without solutions and tests, and without the references of what you withhold.

    Of those assignments `check` judges by stored answers to the visible cases, with the same words and hints.
    """
    from autograder import student_pack

    names = [full_name(one) for one in withhold.split(",") if one.strip()]
    try:
        missing = student_pack.export(folder, names, say=typer.echo)
    except ValueError as error:
        fail(error)
    for sentence in missing:
        typer.echo(sentence)
    typer.echo(f"Written to {folder}." + (f" Withheld: {', '.join(names)}." if names else ""))


def _graded(folder, assignment):
    """All scores, and the assignments that have any."""
    from autograder import bank, exports

    wanted = [full_name(assignment)] if assignment else list(bank.ASSIGNMENTS)
    classroom = opened(folder)
    found = exports.scores(classroom, wanted)
    graded = [name for name in wanted if any(name in of_one for of_one in found.values())]
    if not graded:
        fail(f"nothing of {', '.join(wanted)} is graded in {classroom.folder}; run grade first")
    return found, graded


def _tell(file, found, write):
    """Write, and say who was left over. Exit status 1 if a grade found no place."""
    try:
        done = write()
    except ValueError as error:
        fail(error)
    typer.echo(f"{done.written} students written to {file}.")
    waiting = sum(any(score.to_read for score in of_one.values()) for of_one in found.values())
    if waiting:
        typer.echo(f"Not final: {waiting} students have answers that wait for a grade by hand.")
    if done.not_in_gradebook:
        typer.echo(f"In the roster, without a grade ({len(done.not_in_gradebook)}): {'; '.join(done.not_in_gradebook)}")
    for student, reason in done.not_in_roster:
        typer.secho(f"not written: {student} {reason}", fg="red", err=True)
    raise typer.Exit(1 if done.not_in_roster else 0)
