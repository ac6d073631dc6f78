"""What students type. Imports happen inside the commands, so that `--help` is there at once."""

from pathlib import Path
from typing import Annotated

import typer

from autograder.cli.common import Assignment, fail, full_name


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

    name = full_name(assignment)
    if outputs:
        if not course.solution(name).exists():
            fail(f"the reference outputs are in solutions/{name}, which this copy of the course lacks")
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
        fail(error)
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


def status():
    """Where you are: a map of the course with what is right in it, and the next step."""
    from autograder import bank, course, own, terminal
    from autograder.notebooks import Unreadable, read

    rows, following = [], None
    for name in bank.ASSIGNMENTS:
        exercises = [exercise.name for exercise in bank.exercises(name)]
        right, points, trouble = set(), 0, ""
        try:
            about = read(course.release(name)).metadata.get("course", {})
            if own.is_begun(name):
                with terminal.console.status(f"Running {name}"):
                    graded = own.judge(name, kept=True)
                right = {verdict.exercise for verdict in graded.verdicts if verdict.passed}
                points = graded.points
        except Unreadable as error:
            about, trouble = {}, str(error)
        rows.append((name, about, len(right), len(exercises), points, trouble))
        left = [exercise for exercise in exercises if exercise not in right]
        if following is None and left:
            following = name, "the notebook" if trouble else left[0]
    terminal.print_map(rows)
    if following:
        path = course.release(following[0]).relative_to(course.root())
        terminal.console.print(f"Next: {following[1]} in {path}", soft_wrap=True)
    else:
        terminal.console.print("All exercises are right.")


Exercise = Annotated[str, typer.Argument(help="The function's name.", metavar="EXERCISE")]


def hint(assignment: Assignment, exercise: Exercise):
    """One hint for an exercise; ask again for the next."""
    from rich.markup import escape

    from autograder import practice, terminal

    number, count, title, text = _or_fail(practice.next_hint, full_name(assignment), exercise)
    terminal.console.print(f"[bold]{escape(title)}[/] [dim]({number} of {count})[/]")
    terminal.console.print(text, markup=False)


def reset(assignment: Assignment, exercise: Exercise):
    """Give back the empty function of one exercise. The notebook as it was is kept beside it, in `.backup`."""
    from autograder import practice

    backup = _or_fail(practice.reset, full_name(assignment), exercise)
    typer.echo(f"{exercise} is empty again; the notebook as it was: {backup.parent.name}/{backup.name} beside it.")
    typer.echo("If the notebook is open: File > Reload Notebook from Disk.")


def solution(assignment: Assignment, exercise: Exercise):
    """How the course solves an exercise. First try it yourself: an empty function gets no answer."""
    from rich.syntax import Syntax

    from autograder import practice, terminal

    source = _or_fail(practice.solution, full_name(assignment), exercise)
    terminal.console.print(Syntax(source, "python", theme="ansi_light", background_color="default"))


def pack(
    assignment: Assignment,
    student: Annotated[str, typer.Option("--id", help="Your name as the instructor lists you.", prompt="Your id")],
    file: Annotated[Path | None, typer.Option(help="The file to write; default: ASSIGNMENT.ID.ipynb.")] = None,
):
    """The file to hand in: run once as grading runs it, complete, and without outputs, paths and user names."""
    from autograder import packing, terminal

    name = full_name(assignment)
    with terminal.console.status("Running your notebook from top to bottom"):
        file, graded, notes = _or_fail(packing.pack, name, student, file)
    for verdict in graded.verdicts:
        terminal.line(verdict)
    for note in notes:
        terminal.console.print(note, markup=False, style="yellow")
    out_of = sum(verdict.out_of for verdict in graded.verdicts)
    terminal.console.print(
        f"Hand in {file} ({file.stat().st_size / 1000:.0f} kB): {graded.points} of {out_of} points by the cases "
        "that you can see; grading asks more of them.", markup=False,
    )  # fmt: skip


def update(
    folder: Annotated[
        Path | None, typer.Argument(help="Your older copy of the course; default: this one, by git pull.")
    ] = None,
):
    """New texts and test cells in notebooks that you have begun. Answers and cells of your own stay as they are."""
    from autograder import updating

    done = _or_fail(updating.from_folder, folder) if folder else _or_fail(updating.by_git)
    for name, notes in done.items():
        typer.echo(f"{name}: {' '.join(notes)}")
    typer.echo("The course is up to date." + (" Open notebooks: File > Reload Notebook from Disk." if done else ""))


def _or_fail(function, *inputs):
    from autograder.notebooks import Unreadable

    try:
        return function(*inputs)
    except (ValueError, Unreadable) as error:
        fail(error)
