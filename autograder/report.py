"""A class on one page: an HTML file that needs nothing beside it, and a CSV file with one row a student.

Names and notes may be anything that a student made up: the template escapes all of it, and what a spreadsheet would
take for a formula is written as text.
"""

import csv
import statistics
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from autograder import bank
from autograder.classroom import common_mistakes
from autograder.verdict import Status

TROUBLE = (Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.FORBIDDEN)
MOST_SHOWN = 4  # mistakes of one exercise
BINS = 10


@dataclass(frozen=True)
class Row:
    """One exercise over the class: how many ended how, and its commonest mistakes as (name, count)."""

    name: str
    points: int
    ended: Counter
    mistakes: list[tuple[str, int]]

    @property
    def stopped(self):
        """How many ran out of time or memory, or did what grading forbids."""
        return sum(self.ended[status] for status in TROUBLE)


def write(path, results, assignment):
    """Write the page, and beside it the CSV file of the same name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(results, assignment), encoding="utf-8")
    write_csv(path.with_suffix(".csv"), results, assignment)


def page(results, assignment):
    """The page as a string."""
    graded = [result for result in results if not result.failure]
    points = [result.points - result.late for result in graded]
    seconds = [(result.seconds, result.student) for result in graded]
    return template("report.html.j2").render(
        assignment=assignment,
        made=datetime.now().astimezone(),
        results=results,
        graded=graded,
        points=points,
        out_of=max((result.out_of for result in graded), default=0),
        median=statistics.median(points) if points else 0,
        mean=statistics.fmean(points) if points else 0,
        bins=distribution(points, max((result.out_of for result in graded), default=0)),
        exercises=exercises(graded, assignment),
        troubles=[(result.student, reasons) for result in results if (reasons := trouble(result))],
        to_read=sum(result.to_read for result in graded),
        late=sum(result.late > 0 for result in graded),
        tiers=Counter(result.tier or "unknown" for result in graded),
        total=sum(second for second, _ in seconds),
        middle=statistics.median(second for second, _ in seconds) if seconds else 0,
        slowest=sorted(seconds, reverse=True)[:3],
        Status=Status,
        MOST_SHOWN=MOST_SHOWN,
    )


def template(name):
    """A template of this package; everything put into it is escaped."""
    places = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    places.filters["duration"] = duration
    return places.get_template(name)


def duration(seconds):
    """"0.8 s", "3 min 20 s", "2 h 5 min"."""
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes = round(seconds) // 60
    return f"{minutes} min {round(seconds) % 60} s" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


def distribution(points, out_of):
    """How many earned how much: a list of (words, count) over equal steps of whole points, the last one full marks."""
    step = max(1, -(-int(out_of) // BINS))
    bins = []
    for low in range(0, int(out_of), step):
        high = min(low + step, out_of)
        count = sum(low <= earned < high for earned in points)
        bins.append((f"{low}" if high - low <= 1 else f"{low} to {high - 1:g}", count))
    return [*bins, (f"{out_of:g} (all)", sum(earned >= out_of for earned in points))] if out_of else []


def exercises(graded, assignment):
    """One Row for each exercise."""
    ended = {exercise.name: Counter() for exercise in bank.exercises(assignment)}
    for result in graded:
        for verdict in result.verdicts:
            if verdict["exercise"] in ended:
                ended[verdict["exercise"]][Status(verdict["status"])] += 1
    mistakes = {name: [] for name in ended}
    for name, mistake, count in common_mistakes(graded, assignment):
        mistakes[name].append((mistake, count))
    return [
        Row(exercise.name, exercise.points, ended[exercise.name], mistakes[exercise.name])
        for exercise in bank.exercises(assignment)
    ]


def trouble(result):
    """Why somebody should look at a submission: a list of sentences, empty if nobody need."""
    if result.failure:
        return [f"Not graded: {result.failure}"]
    found = list(result.notes)
    for status in (*TROUBLE, Status.ERROR):
        told = Counter(verdict["message"] for verdict in result.verdicts if verdict["status"] == status.value)
        # A function that raises is between the student and the feedback; a process that ended is not.
        for message, count in told.items():
            if status in TROUBLE or "could run" in message or "Python process" in message:
                found.append(f"{status.value.capitalize()}: {message}" + (f" ({count} exercises)" if count > 1 else ""))
    if result.late:
        found.append(f"Late: {result.late:g} points taken off")
    if result.tier and result.tier != "full":
        found.append("Graded without full isolation")
    return [words[:1].upper() + words[1:] for words in found]


def write_csv(path, results, assignment):
    """One row a student: points, what became of each exercise, and what to look at."""
    names = [exercise.name for exercise in bank.exercises(assignment)]
    with open(path, "w", newline="", encoding="utf-8-sig") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["student", "points", "out of", "late penalty", "answers to read", *names,
             *(f"{name}: mistake" for name in names), "seconds", "isolation", "look at"]
        )  # fmt: skip
        for result in results:
            verdicts = {verdict["exercise"]: verdict for verdict in result.verdicts}
            told = [
                verdicts[name][key] if name in verdicts else "" for key in ("status", "mistake") for name in names
            ]
            numbers = [result.points, result.out_of, result.late, result.to_read]
            numbers = [""] * len(numbers) if result.failure else numbers
            rows.writerow(
                [_plain(result.student), *numbers, *told, result.seconds, result.tier,
                 _plain(" / ".join(trouble(result)))]
            )  # fmt: skip


def _plain(words):
    """Text that no spreadsheet takes for a formula."""
    return f"'{words}" if words[:1] in "=+-@\t\r" and words else words
