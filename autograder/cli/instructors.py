"""What instructors type. Imports happen inside the commands, so that `--help` is there at once."""

import csv
import json
import sys
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import Assignment, Folder, fail, full_name, opened


def collect(
    assignment: Assignment,
    sources: Annotated[
        list[Path], typer.Argument(help="Zip files from Canvas or Moodle, folders, or files made by pack.")
    ],
    submitted: Annotated[Path | None, typer.Option(help="Folder of submissions; default: submitted/.")] = None,
    folder: Folder = None,
    replace: Annotated[bool, typer.Option("--replace", help="Newer files take the place of earlier ones.")] = False,
):
    """Put what students sent where `grade` looks for it. The exit status is 1 if a file was left out."""
    from autograder import collecting
    from autograder.classroom import Classroom

    name = full_name(assignment)
    try:
        done = collecting.collect(sources, name, Classroom(folder, submitted).submitted, replace)
    except ValueError as error:
        fail(error)
    for file, reason in done.left:
        typer.secho(f"left out: {file}: {reason}", fg="red", err=True)
    typer.echo(
        f"{len(done.new)} new submissions of {name}, {len(done.replaced)} replaced, {len(done.same)} there already, "
        f"{len(done.left)} files left out."
    )
    raise typer.Exit(1 if done.left else 0)


def grade(
    assignment: Assignment,
    submitted: Annotated[Path | None, typer.Option(help="Folder of submissions; default: submitted/.")] = None,
    folder: Folder = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all verdicts to this file.")] = None,
    workers: Annotated[int | None, typer.Option(help="Submissions side by side; default: one a core.")] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler, tcp://HOST:PORT, to use its workers instead.")
    ] = None,
    require_isolation: Annotated[
        bool, typer.Option("--require-isolation", help="Refuse to grade where submissions cannot be walled in.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", "--yes", "-y", help="Change grades that stand in the gradebook without asking.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run submissions and print what would change; write no grade.")
    ] = False,
    changes_file: Annotated[
        Path | None, typer.Option("--changes", help="Write the grades that would change to this CSV file.")
    ] = None,
):
    """Grade all submissions of an assignment into nbgrader's gradebook, and print the class as a table.

    A submission is `STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`. One that is broken does not stop the others. Grades that
    would change from an earlier grading are printed first, and written only if you agree; grades given by hand stand.
    The exit status is 1 if a submission could not be graded, or if changes were left out.
    """
    from autograder import sandbox, terminal
    from autograder.classroom import Classroom
    from autograder.whole_class import grade_all

    name = full_name(assignment)
    if require_isolation:
        tier, words = sandbox.tier()
        if tier != "full":
            fail(words)
    classroom = Classroom(folder, submitted)
    try:
        students = classroom.students(name)
    except ValueError as error:
        fail(error)

    def agree(changes):
        if changes_file:
            _write_changes(changes_file, changes)
        if changes:
            terminal.print_changes(changes)
        if dry_run:
            typer.echo("Nothing was written." if changes else "No grade would change. Nothing was written.")
            raise typer.Exit
        if not changes or force:
            return set()
        if _at_a_terminal() and typer.confirm("Write these changes into the gradebook?"):
            return set()
        return {change.student for change in changes}

    results, refused = grade_all(
        classroom, name, students, agree=agree, dry_run=dry_run, scheduler=scheduler, workers=workers
    )
    terminal.print_class(results, name)
    if json_file:
        json_file.write_text(
            json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False), encoding="utf-8"
        )
        typer.echo(f"Verdicts written to {json_file}.")
    if refused:
        typer.secho(
            f"Left as they are, because grading now would change them: the grades of {', '.join(refused[:10])}"
            f"{' and others' if len(refused) > 10 else ''}; run grade again with --force to write the changes.",
            fg="red", err=True,
        )  # fmt: skip
    raise typer.Exit(1 if refused or any(result.failure for result in results) else 0)


def _at_a_terminal():
    return sys.stdin.isatty()


def _write_changes(path, changes):
    with open(path, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["student", "exercise", "before", "after"])
        rows.writerows(astuple(change) for change in changes)


def feedback(assignment: Assignment, folder: Folder = None):
    """Make one HTML page of feedback for each graded submission."""
    from autograder.classroom import Classroom

    pages = Classroom(folder).feedback(full_name(assignment))
    if not pages:
        fail("nothing is graded yet; run grade first")
    typer.echo(f"{len(pages)} pages, the first one {pages[0]}")


def report(
    assignment: Assignment,
    file: Annotated[Path | None, typer.Argument(help="The page to write; default: report-ASSIGNMENT.html.")] = None,
    folder: Folder = None,
):
    """The class on one page: points, exercises, commonest mistakes, submissions to look at, isolation and time.

    Writes an HTML file that needs nothing beside it, and a CSV file of the same name with one row a student.
    """
    from autograder import report as steps

    name = full_name(assignment)
    classroom = opened(folder)
    page = file or classroom.folder / f"report-{name}.html"
    if page.suffix != ".html":
        fail(f"{page.name} is no name for the page; give a file that ends in .html")
    results = classroom.results(name)
    if not results:
        fail(f"nobody handed in {name} in {classroom.folder}; run grade first, or name another --folder")
    steps.write(page, results, name)
    typer.echo(f"Report written to {page} and {page.with_suffix('.csv')}.")


def similarity(
    assignment: Assignment,
    file: Annotated[Path | None, typer.Argument(help="The page to write; default: similarity-ASSIGNMENT.html.")] = None,
    submitted: Annotated[Path | None, typer.Option(help="Folder of submissions; default: submitted/.")] = None,
    folder: Folder = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Show pairs that share at least this part of the smaller one's code.")
    ] = 0.8,
):
    """Pairs of submissions whose code is alike, to be read by a person: printed, and side by side on an HTML page.

    Renamed variables, changed comments and layout make no difference, and text of the release does not count. Short
    functions have few ways to be right, so a pair is a question, not proof.
    """
    from autograder import similarity as steps
    from autograder.classroom import Classroom

    name = full_name(assignment)
    classroom = Classroom(folder, submitted)
    try:
        classroom.students(name)
    except ValueError as error:
        fail(error)
    page = file or classroom.folder / f"similarity-{name}.html"
    if page.suffix != ".html":
        fail(f"{page.name} is no name for the page; give a file that ends in .html")
    found = steps.compare(classroom.submitted, name, threshold)
    for pair in found.pairs:
        typer.echo(f"{pair.share:4.0%}  {pair.first} and {pair.second}")
    steps.write(page, found, name)
    typer.echo(
        f"{len(found.pairs)} pairs of {found.compared} submissions share at least {threshold:.0%}; "
        f"side by side in {page}."
    )
    for student, reason in found.left_out:
        typer.echo(f"not compared: {student}, {reason}")


def build(
    assignment: Annotated[str | None, typer.Argument(help="Default: all.", metavar="[ASSIGNMENT]")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if anything is stale.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run solution notebooks even if unchanged.")] = False,
):
    """Bring solution cells, outputs, releases and the README's table up to date with `lib` and the exercises."""
    from autograder import bank, readme
    from autograder import build as steps

    names = [full_name(assignment)] if assignment else list(bank.ASSIGNMENTS)
    if check:
        found = steps.problems(names)
        for problem in found:
            typer.echo(problem)
        typer.echo("run python -m autograder build" if found else "all up to date")
        raise typer.Exit(1 if found else 0)
    for name in names:
        steps.build(name, say=typer.echo, force=force)
    readme.write(say=typer.echo)


def demo(
    assignment: Annotated[str, typer.Argument(help="Number or name.", metavar="[ASSIGNMENT]")] = "03",
    every: Annotated[bool, typer.Option("--all", help="All assignments.")] = False,
    folder: Annotated[Path, typer.Option(help="Where to make the class; emptied first.")] = Path("demo"),
    only: Annotated[str, typer.Option(help="Only submissions whose name contains this.")] = "",
):
    """Make up a class with every mistake and every trouble, grade it, and compare each grade with what it must be."""
    from autograder import bank
    from autograder import demo as steps

    names = list(bank.ASSIGNMENTS) if every else [full_name(assignment)]
    if folder.exists() and any(folder.iterdir()) and not (folder / steps.MARK).exists():
        fail(f"{folder} is not empty and was not made by demo; name another folder")
    raise typer.Exit(0 if steps.run(folder, names, only) else 1)


def doctor():
    """What this machine has, what is missing, and how to get it."""
    from autograder import doctor as steps

    raise typer.Exit(0 if steps.report() else 1)
