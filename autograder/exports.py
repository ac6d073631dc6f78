"""Grades in the files that Canvas and Moodle import.

Both systems know students under ids of their own, so both files start from one that the system wrote (the roster):
its rows and identifying columns are kept to the letter, and only grades are filled in. Who is in the gradebook and
not in the roster, or the reverse, is returned, never dropped silently.

Canvas: the export of its gradebook. The columns up to "Section", then one for each assignment, with the row
"Points Possible"; a column named like "Title (123)" is the assignment of that id.
Moodle: the assignment's offline grading worksheet. "Identifier", "Grade" and "Last modified (grade)" are what its
import reads; the last protects grades that were changed in Moodle since.
"""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass, field

POSSIBLE = "Points Possible"
# Columns by which a student of the gradebook is found, the surest first.
CANVAS_KEYS = ("SIS Login ID", "SIS User ID", "ID", "Student")
MOODLE_KEYS = ("Username", "ID number", "Email address", "Identifier", "Full name")


@dataclass(frozen=True)
class Score:
    """One student's points for one assignment, after any late penalty."""

    points: float
    out_of: float
    to_read: bool = False


@dataclass
class Exported:
    """How many students got a grade in the file, and who was left over on either side, with the reason."""

    written: int = 0
    not_in_roster: list[tuple[str, str]] = field(default_factory=list)
    not_in_gradebook: list[str] = field(default_factory=list)


def scores(classroom, assignments):
    """Everything in the gradebook: a dict from a student to a dict from an assignment to its Score."""
    found = defaultdict(dict)
    with classroom.gradebook() as book:
        for assignment in assignments:
            for submission in book.assignment_submissions(assignment):
                points = max(0.0, submission.score - (submission.late_submission_penalty or 0.0))
                score = Score(points, submission.max_score, bool(submission.needs_manual_grade))
                found[submission.student.id][assignment] = score
    return dict(found)


@dataclass
class Table:
    """A CSV file as it was read: its header, its rows as dicts, its delimiter."""

    header: list[str]
    rows: list[dict]
    delimiter: str = ","

    def write(self, path):
        """Write it again. With the mark by which spreadsheets recognize UTF-8."""
        with open(path, "w", newline="", encoding="utf-8-sig") as file:
            rows = csv.DictWriter(file, self.header, delimiter=self.delimiter, extrasaction="ignore")
            rows.writeheader()
            rows.writerows(self.rows)


def read_table(path, needed, origin):
    """A CSV file. Raises ValueError, with what to do, if it is not what the system `origin` writes.

    needed: columns that it must have.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not in UTF-8; export it from {origin} again and do not save it in Excel") from None
    except OSError as error:
        raise ValueError(f"{path} cannot be read ({error.strerror}); give the file that {origin} exported") from None
    delimiter = ";" if lines and lines[0].count(";") > lines[0].count(",") else ","
    rows = csv.DictReader(lines, delimiter=delimiter, restval="")
    header = list(rows.fieldnames or [])
    if missing := [column for column in needed if column not in header]:
        raise ValueError(f"{path} has no column {missing[0]!r}; expected the file that {origin} exported, unchanged")
    return Table(header, [{key: value for key, value in row.items() if key is not None} for row in rows], delimiter)


def match(students, rows, keys):
    """Which row belongs to which student: a dict from student to row number, and (student, reason) for the others.

    A name is compared with the columns `keys` in turn, ignoring case; of an email address the part before the @ will
    do, of "Participant 12" the number. A name that fits several rows, or a row that fits several names, is not guessed.
    """
    places = [defaultdict(list) for _ in keys]
    for number, row in enumerate(rows):
        for column, place in zip(keys, places):
            whole = (row.get(column) or "").strip().casefold()
            digits = re.fullmatch(r"participant (\d+)", whole)
            for key in {whole, whole.split("@")[0], digits[1] if digits else ""} - {""}:
                place[key].append(number)
    found, others, taken = {}, [], defaultdict(list)
    for student in students:
        fitting = next((place[key] for place in places if place.get(key := student.casefold())), [])
        if len(fitting) == 1:
            found[student] = fitting[0]
            taken[fitting[0]].append(student)
        else:
            others.append((student, "fits several rows of the roster" if fitting else "is not in the roster"))
    for names in taken.values():
        if len(names) > 1:
            for name in names:
                rest = ", ".join(other for other in names if other != name)
                others.append((name, f"fits the same row of the roster as {rest}"))
                del found[name]
    return found, sorted(others)


def canvas(path, found, assignments, roster=None, column=None, scale=False):
    """Write the file that Canvas's gradebook imports.

    found:   from `scores`.  roster: the path of a CSV file that Canvas exported; without it, names of students
             stand for their SIS login ids.
    column:  the roster's column for the one assignment; default: the column of the same title, or else a new one.
    scale:   whether to convert points where Canvas has another maximum.
    """
    identity = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    if roster:
        table = read_table(roster, ("Student", "ID", "Section"), "Canvas")
        identity = table.header[: table.header.index("Section") + 1]
        possible = next((row for row in table.rows if POSSIBLE in row["Student"]), {})
        people = [row for row in table.rows if row["ID"].strip()]
    else:
        table, possible = Table([], []), {}
        people = [{"Student": name, "ID": "", "SIS User ID": "", "SIS Login ID": name, "Section": ""} for name in found]
    rows, others = match(found, people, CANVAS_KEYS)
    names = {one: column or _column(table.header[len(identity) :], one) for one in assignments}
    if column and column not in table.header:
        raise ValueError(f"{roster} has no column {column!r}; copy its name from the file that Canvas exported")
    top = {key: possible.get(key, "") for key in identity} | {"Student": f"    {POSSIBLE}"}
    for assignment, name in names.items():
        maximum = _maximum(found, assignment)
        factor = _factor(maximum, possible.get(name), assignment, "Canvas", scale)
        top[name] = f"{maximum * factor:g}"
        for student, number in rows.items():
            if assignment in found[student]:
                people[number][name] = f"{round(found[student][assignment].points * factor, 4):g}"
    Table([*identity, *names.values()], [top, *people], table.delimiter).write(path)
    left = [row["Student"] for number, row in enumerate(people) if number not in rows.values()]
    return Exported(len(rows), others, left)


def moodle(path, found, assignment, roster, scale=False):
    """Write Moodle's offline grading worksheet of one assignment, with the grades filled in.

    found:  from `scores`.  roster: the path of the worksheet, downloaded from the assignment in Moodle.
    scale:  whether to convert points where Moodle has another maximum grade.
    """
    table = read_table(roster, ("Identifier", "Grade", "Last modified (grade)"), "Moodle")
    rows, others = match(found, table.rows, MOODLE_KEYS)
    top = next((name for name in table.header if name.casefold() == "maximum grade"), None)
    for student, number in rows.items():
        row = table.rows[number]
        score = found[student][assignment]
        factor = _factor(score.out_of, row.get(top), assignment, "Moodle", scale)
        row["Grade"] = f"{round(score.points * factor, 4):g}"
    table.write(path)
    unfilled = [row for number, row in enumerate(table.rows) if number not in rows.values()]
    left = [row.get("Full name") or row["Identifier"] for row in unfilled]
    return Exported(len(rows), others, left)


def _column(header, assignment):
    """The roster's column of an assignment, by its title; its name as a new one where there is none."""
    return next((name for name in header if re.sub(r"\s*\(\d+\)$", "", name) == assignment), assignment)


def _maximum(found, assignment):
    return max(of_one[assignment].out_of for of_one in found.values() if assignment in of_one)


def _factor(ours, theirs, assignment, system, scale):
    """By what to multiply points, where the other system's maximum is known."""
    try:
        theirs = float((theirs or "").replace(",", "."))
    except ValueError:
        return 1.0
    if theirs == ours or not ours:
        return 1.0
    if scale:
        return theirs / ours
    raise ValueError(
        f"{assignment} has {ours:g} points here and {theirs:g} in {system}; "
        f"set it to {ours:g} there and export again, or add --scale to convert the grades"
    )
