"""What all commands share: how an assignment is named on the command line, and how a mistake is answered."""

from pathlib import Path
from typing import Annotated

import typer

Assignment = Annotated[str, typer.Argument(help="Number or name: 3, 03, grad-cam.", metavar="ASSIGNMENT")]
Folder = Annotated[Path | None, typer.Option(help="Class folder; default: the course's own folder.")]


def fail(message):
    """End with one sentence in red and exit status 2."""
    typer.secho(str(message), fg="red", err=True)
    raise typer.Exit(2)


def full_name(assignment):
    """The full name of an assignment, or the end with the names there are."""
    from autograder import course

    try:
        return course.assignment(assignment)
    except ValueError as error:
        fail(error)


def opened(folder):
    """The classroom in a folder that has a gradebook, or the end with what to do."""
    from autograder.classroom import Classroom

    classroom = Classroom(folder)
    url = classroom.database()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        fail(f"there is no gradebook in {classroom.folder}; run grade first, or name another --folder")
    return classroom
