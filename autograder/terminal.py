"""Tables and lines for people at a terminal."""

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from autograder.classroom import common_mistakes, exercises, signs
from autograder.regrading import LATE
from autograder.render import symbol, text
from autograder.verdict import Status

console = Console(highlight=False)
COLORS = {Status.PASSED: "green", Status.NOT_ATTEMPTED: "dim"}


def line(verdict):
    """One line for one exercise."""
    color = COLORS.get(verdict.status, "red")
    points = f"{verdict.points} / {verdict.out_of}" if verdict.points else f"  / {verdict.out_of}"
    word = "" if verdict.passed else f"  {verdict.status.value}"
    console.print(f"[{color}]{symbol(verdict.status)} {verdict.exercise:30s}[/] {points}{word}")


def print_map(rows):
    """The course, one line an assignment: (name, its metadata, right, exercises, points, trouble) each."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("", "Assignment", "Exercises"):
        table.add_column(title, no_wrap=title == "Exercises")
    for title in ("Points", "Minutes"):
        table.add_column(title, justify="right")
    for name, about, right, count, points, trouble in rows:
        bar = f"{'█' * right}{'░' * (count - right)} {right} of {count}"
        color = "green" if right == count else "" if right else "dim"
        title = escape(str(about.get("title", name)))
        told = f"[red]{escape(trouble)}[/]" if trouble else bar
        table.add_row(name[:2], title, told, str(points or ""), str(about.get("minutes", "")), style=color)
    console.print(table)


def explain(verdict):
    """What a student needs to know about an exercise that is not right yet."""
    body = "\n".join(text(verdict).splitlines()[1:]) or verdict.message
    if verdict.status is Status.ERROR and verdict.message and verdict.message not in body:
        body = verdict.message + "\n" + body
    console.print("\n".join("    " + words for words in body.splitlines()), markup=False)


def print_changes(changes, limit=40):
    """Grades that would be replaced, one line each, and how many go down."""
    table = Table(title=f"Grades that would change: {len(changes)}", title_justify="left")
    for name, side in (("student", "left"), ("exercise", "left"), ("before", "right"), ("after", "right")):
        table.add_column(name, justify=side)
    for change in changes[:limit]:
        table.add_row(escape(change.student), escape(change.exercise), f"{change.before:g}", f"{change.after:g}")
    console.print(table)
    if len(changes) > limit:
        console.print(f"... and {len(changes) - limit} more; --changes FILE writes all of them.")
    totals = Counter()
    for change in changes:
        totals[change.student] += (change.before - change.after) * (1 if change.exercise == LATE else -1)
    down = sum(total < 0 for total in totals.values())
    console.print(f"Students affected: {len(totals)}, of whom lose points: {down}.")


def print_class(results, assignment):
    """A class as a table, with what went wrong below it."""
    table = Table(title=f"{assignment}: {len(results)} submissions", title_justify="left")
    table.add_column("student")
    table.add_column("exercises")
    table.add_column("points", justify="right")
    table.add_column("to read", justify="right")
    table.add_column("notes")
    for result in results:
        notes = result.failure or " ".join(result.notes)
        table.add_row(
            escape(result.student), signs(result, assignment), f"{result.points:g} / {result.out_of:g}",
            str(result.to_read or ""), escape(notes[:160]), style="red" if result.failure else None,
        )  # fmt: skip
    console.print(table)
    names = ", ".join(f"{number} {name}" for number, name in enumerate(exercises(assignment), 1))
    console.print(f"[dim]Exercises, left to right: {names}. ✓ right, ✗ not, ○ not attempted.[/]")
    mistakes = common_mistakes(results, assignment)
    if mistakes:
        console.print("Most frequent mistakes: " + "; ".join(f"{e}, {m} ({c})" for e, m, c in mistakes[:5]) + ".")
    tiers = {result.tier for result in results if result.tier}
    if tiers == {"full"}:
        console.print("[dim]Every submission ran in full isolation.[/]")
    elif tiers:
        console.print("[red bold]Graded without full isolation.[/] [red]See python -m autograder doctor.[/]")
