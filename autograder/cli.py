"""The command line. Imports happen inside the commands, so that `--help` is there at once."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Judge, grade and build the assignments of *Looking into networks*.\n\n"
    "Students: `check 03` judges your saved notebook, `status` shows where you are.\n\n"
    "Instructors: put submissions into `submitted/STUDENT/03-grad-cam/03-grad-cam.ipynb`, then `grade 03`, "
    "`feedback 03`, `export csv grades.csv`. `demo` shows all of it on a class that it makes up.",
)
export = typer.Typer(no_args_is_help=True, help="Write grades for other systems.")
app.add_typer(export, name="export", rich_help_panel="For instructors")

Assignment = Annotated[str, typer.Argument(help="Number or name: 3, 03, grad-cam.", metavar="ASSIGNMENT")]
Folder = Annotated[Path | None, typer.Option(help="Class folder; default: the course's own folder.")]


def _fail(message):
    typer.secho(str(message), fg="red", err=True)
    raise typer.Exit(2)


def _name(assignment):
    from autograder import course

    try:
        return course.assignment(assignment)
    except ValueError as error:
        _fail(error)


@app.command(rich_help_panel="For students")
def check(
    assignment: Assignment,
    watch: Annotated[bool, typer.Option("--watch", help="Stay, and judge again whenever the file is saved.")] = False,
    outputs: Annotated[
        bool, typer.Option("--outputs", help="Compare what your marked cells print with the reference, by nbval.")
    ] = False,
):
    """Judge your own notebook in `assignments/`: one line an exercise, and what to look at where one is wrong.

    The exit status is 1 if anything is wrong. Exercises not attempted yet are not wrong.
    """
    from autograder import course, own

    name = _name(assignment)
    if outputs:
        if not course.solution(name).exists():
            _fail(f"the reference outputs are in {course.solution(name).name}, which this copy of the course lacks")
        found = own.compare_outputs(name)
        for line, problem in found:
            typer.echo(f"{'✗' if problem else '✓'} {line}")
            for words in problem.splitlines():
                typer.echo(f"    {words}")
        same = sum(not problem for _, problem in found)
        typer.echo(f"{same} of {len(found)} marked cells print what the solution prints.")
        raise typer.Exit(0 if same == len(found) else 1)
    wrong = _check_once(name, None)
    if not watch:
        raise typer.Exit(1 if wrong else 0)
    _watch(name)


def _check_once(name, seen):
    """Judge and print; given the verdicts seen before, print only what changed. Returns whether anything is wrong."""
    from autograder import own, terminal
    from autograder.notebooks import Unreadable
    from autograder.verdict import Status

    try:
        graded = own.judge(name)
    except Unreadable as error:
        _fail(error)
    for verdict in graded.verdicts:
        if seen is not None and seen.get(verdict.exercise) == verdict:
            continue
        terminal.line(verdict)
        if verdict.status not in (Status.PASSED, Status.NOT_ATTEMPTED):
            terminal.explain(verdict)
    if seen is not None:
        seen.update({verdict.exercise: verdict for verdict in graded.verdicts})
    done = sum(verdict.passed for verdict in graded.verdicts)
    out_of = sum(verdict.out_of for verdict in graded.verdicts)
    so_far = f"{done} of {len(graded.verdicts)} exercises, {graded.points} of {out_of} points"
    terminal.console.print(f"{so_far} (without the written questions).")
    left = next((verdict.exercise for verdict in graded.verdicts if not verdict.passed), None)
    if left:
        terminal.console.print(f"Next: {left}.")
    return any(verdict.status not in (Status.PASSED, Status.NOT_ATTEMPTED) for verdict in graded.verdicts)


def _watch(name):
    from watchfiles import watch

    from autograder import course

    seen = {}
    typer.echo(f"Watching {course.release(name).name}; Ctrl-C ends.")
    for changes in watch(course.release(name).parent, raise_interrupt=False):
        if any(Path(path) == course.release(name) for _, path in changes):
            _check_once(name, seen)


@app.command(rich_help_panel="For students")
def status():
    """Where you are: every assignment, how much of it is right, and the next step."""
    from autograder import bank, course, own, terminal
    from autograder.notebooks import Unreadable

    following = None
    for name in bank.ASSIGNMENTS:
        try:
            graded = own.judge(name)
        except Unreadable as error:
            terminal.console.print(f"{name:28s} {error}")
            following = following or (name, "the notebook")
            continue
        done = sum(verdict.passed for verdict in graded.verdicts)
        total = len(graded.verdicts)
        bar = "█" * done + "░" * (total - done)
        terminal.console.print(f"{name:28s} {bar} {done} of {total} exercises, {graded.points} points")
        if following is None and done < total:
            following = name, next(verdict.exercise for verdict in graded.verdicts if not verdict.passed)
    if following:
        path = course.release(following[0]).relative_to(course.root())
        terminal.console.print(f"Next: {following[1]} in {path}")
    else:
        terminal.console.print("All exercises are right.")


@app.command(rich_help_panel="For instructors")
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
):
    """Grade all submissions of an assignment into nbgrader's gradebook, and print the class as a table.

    A submission is `STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`. One that is broken does not stop the others. The exit status
    is 1 if one could not be graded at all.
    """
    from autograder import sandbox, terminal
    from autograder.classroom import Classroom

    name = _name(assignment)
    if require_isolation:
        tier, words = sandbox.tier()
        if tier != "full":
            _fail(words)
    classroom = Classroom(folder, submitted)
    try:
        students = classroom.students(name)
    except ValueError as error:
        _fail(error)
    results = grade_all(classroom, name, students, scheduler=scheduler, workers=workers)
    terminal.print_class(results, name)
    if json_file:
        json_file.write_text(
            json.dumps([asdict(result) for result in results], indent=1, ensure_ascii=False), encoding="utf-8"
        )
        typer.echo(f"Verdicts written to {json_file}.")
    raise typer.Exit(1 if any(result.failure for result in results) else 0)


def grade_all(classroom, name, students, limits=None, **cluster):
    """Run all submissions side by side, then write the gradebook, with progress bars; returns the Results.

    limits: student -> dict of limits that differ.  cluster: scheduler and workers.
    """
    from tqdm import tqdm

    limits = limits or {}
    classroom.open(name)
    with tqdm(total=len(students), desc="running", unit="submission") as bar:

        def say(done, total, trouble):
            bar.update()
            if trouble:
                bar.set_postfix_str(str(trouble)[:60])

        classroom.run_ahead(name, students, limits, say=say, **cluster)
    writing = tqdm(students, "writing", unit="submission")
    return [classroom.grade(name, student, **limits.get(student, {})) for student in writing]


@app.command(rich_help_panel="For instructors")
def feedback(assignment: Assignment, folder: Folder = None):
    """Make one HTML page of feedback for each graded submission."""
    from autograder.classroom import Classroom

    pages = Classroom(folder).feedback(_name(assignment))
    if not pages:
        _fail("nothing is graded yet; run grade first")
    typer.echo(f"{len(pages)} pages, the first one {pages[0]}")


@export.command()
def csv(
    file: Annotated[Path, typer.Argument(help="The file to write.")],
    assignment: Annotated[str | None, typer.Option(help="Only this assignment.")] = None,
    folder: Folder = None,
):
    """All grades as a CSV file, one row a student and assignment."""
    from autograder.classroom import Classroom

    classroom = Classroom(folder)
    url = classroom.database()
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        _fail(f"there is no gradebook in {classroom.folder}; run grade first")
    classroom.export_csv(file, _name(assignment) if assignment else None)
    typer.echo(f"Grades written to {file}.")


@app.command(rich_help_panel="For instructors")
def build(
    assignment: Annotated[str | None, typer.Argument(help="Default: all.", metavar="[ASSIGNMENT]")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if anything is stale.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run solution notebooks even if unchanged.")] = False,
):
    """Bring solution cells, outputs, releases and the README's table up to date with `lib` and the exercises."""
    from autograder import bank
    from autograder import build as steps

    names = [_name(assignment)] if assignment else list(bank.ASSIGNMENTS)
    if check:
        found = steps.problems(names)
        for problem in found:
            typer.echo(problem)
        typer.echo("run python -m autograder build" if found else "all up to date")
        raise typer.Exit(1 if found else 0)
    for name in names:
        steps.build(name, say=typer.echo, force=force)
    steps.build_readme(say=typer.echo)


@app.command(rich_help_panel="For instructors")
def demo(
    assignment: Annotated[str, typer.Argument(help="Number or name.", metavar="[ASSIGNMENT]")] = "03",
    every: Annotated[bool, typer.Option("--all", help="All assignments.")] = False,
    folder: Annotated[Path, typer.Option(help="Where to make the class; emptied first.")] = Path("demo"),
    only: Annotated[str, typer.Option(help="Only submissions whose name contains this.")] = "",
):
    """Make up a class with every mistake and every trouble, grade it, and compare each grade with what it must be."""
    from autograder import bank
    from autograder import demo as steps

    names = list(bank.ASSIGNMENTS) if every else [_name(assignment)]
    if folder.exists() and any(folder.iterdir()) and not (folder / steps.MARK).exists():
        _fail(f"{folder} is not empty and was not made by demo; name another folder")
    raise typer.Exit(0 if steps.run(folder, names, only) else 1)


@app.command(rich_help_panel="For both")
def doctor():
    """What this machine has, what is missing, and how to get it."""
    from autograder import doctor as steps

    raise typer.Exit(0 if steps.report() else 1)
