"""The class on one page, and the feedback pages: right numbers, nothing a student made up taken for markup, no leak."""

import csv
import re
from html.parser import HTMLParser

import pytest
import torch
from classes import ALL_POINTS, NAMES, typed
from conftest import ATTACK, SUBMISSIONS
from making import GRAD_CAM

from autograder import bank, classroom, report
from autograder.classroom import Classroom, Result


def verdict(exercise, status="correct", message="", mistake=""):
    points = bank.exercise(exercise).points
    return {
        "exercise": exercise, "status": status, "points": points if status == "correct" else 0, "out_of": points,
        "case": "", "mistake": mistake, "message": message,
    }  # fmt: skip


def result(student, points=5, tier="full", seconds=1.0, **others):
    verdicts = [others.get(name, verdict(name)) for name in NAMES]
    extra = {key: value for key, value in others.items() if key not in NAMES}
    return Result(student, points, 16, verdicts, tier=tier, seconds=seconds, **extra)


class Page(HTMLParser):
    """The tags of a page, the rows of its tables as text, and its text in all."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.rows, self.words, self.in_cell = [], [], "", False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self.in_cell = True

    def handle_endtag(self, tag):
        self.in_cell = self.in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        self.words += data
        if self.in_cell:
            self.rows[-1][-1] += data.strip().replace("\u200b", "") + " "

    def row(self, *start):
        rows = [[" ".join(cell.split()) for cell in row] for row in self.rows]
        return next(row for row in rows if row[: len(start)] == list(start))


def test_the_numbers_of_the_page_are_those_of_the_class():
    wrong = verdict("overlay", "wrong", "your", "constant opacity")
    results = [
        result("a", points=16, seconds=9, late=1),
        result("b", points=16, overlay=wrong),
        result("c", 0, overlay=verdict("overlay", "timed out", "too long"), heat_map=verdict("heat_map", "error")),
        result("d", points=7, overlay=verdict("overlay", "not attempted"), seconds=2),
        Result("e", failure="03-grad-cam.ipynb is not there; handed in: nothing"),
    ]
    page = Page(report.page(results, GRAD_CAM))
    assert page.row("overlay")[1:] == ["25 % (1)", "1", "0", "1", "1"]
    assert page.row("heat_map")[1:] == ["75 % (3)", "0", "1", "0", "0"]
    assert page.row("overlay", "constant opacity")[2] == "1"
    assert page.row("0 to 1")[1] == "1" and page.row("6 to 7")[1] == "1"
    assert page.row("14 to 15")[1] == "1" and page.row("16 (all)")[1] == "1", "the penalty is taken off"
    assert page.row("e")[1] == "Not graded: 03-grad-cam.ipynb is not there; handed in: nothing"
    assert page.row("c")[1] == "Timed out: too long" and page.row("a")[1] == "Late: 1 points taken off"
    assert page.row("all submissions")[1] == "13.0 s" and page.row("median")[1] == "1.5 s"
    assert page.row("slowest")[1] == "9.0 s, a"
    assert "median11of16points" in "".join(page.words.split())


@pytest.mark.parametrize("low, high, count", [(0, 1, 2), (14, 15, 1)])
def test_every_student_is_in_one_bar_of_the_distribution(low, high, count):
    bins = dict(report.distribution([0, 1.5, 15, 16, 8], 16))
    assert bins[f"{low} to {high}"] == count and bins["16 (all)"] == 1 and sum(bins.values()) == 5
    assert sum(dict(report.distribution([3, 3], 3)).values()) == 2 and report.distribution([], 0) == []


def test_reduced_isolation_is_said_in_words_and_in_red():
    page = Page(report.page([result("a"), result("b", tier="reduced")], GRAD_CAM))
    assert "1 of 2 submissions were graded without full isolation" in page.words
    assert ("p", {"class": "badge bad", "role": "alert"}) in page.tags
    assert page.row("b")[1] == "Graded without full isolation"
    safe = Page(report.page([result("a"), result("b")], GRAD_CAM))
    assert "Every submission ran in full isolation" in safe.words
    assert not any("alert" in attributes.values() for _, attributes in safe.tags)


def test_what_a_student_made_up_is_text_on_the_page_and_no_formula_in_the_table(tmp_path):
    bad = verdict("overlay", "out of memory", ATTACK + '"onload="x', "<b>mine</b>")
    results = [
        result('=HYPERLINK("http://x")', overlay=bad, notes=[ATTACK]),
        result(f"{ATTACK}"),
        Result("<img src=x onerror=alert(1)>", failure=ATTACK),
    ]
    report.write(tmp_path / "page.html", results, GRAD_CAM)
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    page = Page(text)
    assert ATTACK not in text and not {"script", "img", "b"} & {tag for tag, _ in page.tags}
    assert ATTACK in page.words, "it is there, as text"
    with open(tmp_path / "page.csv", encoding="utf-8-sig") as lines:
        rows = list(csv.DictReader(lines))
    assert rows[0]["student"].startswith("'=") and len(rows) == 3


def test_the_page_needs_nothing_from_outside_and_its_tables_have_headers():
    text = report.page([result("a")], GRAD_CAM)
    page = Page(text)
    assert not re.search(r"https?:|url\(|@import", text)
    assert not {"script", "link", "iframe", "img"} & {tag for tag, _ in page.tags}
    count = {tag: sum(one == tag for one, _ in page.tags) for tag in ("table", "caption")}
    assert count["table"] == count["caption"] >= 3
    assert all(attributes.get("scope") for tag, attributes in page.tags if tag == "th")
    assert any(tag == "meta" and "width=device-width" in attributes.get("content", "") for tag, attributes in page.tags)


def test_a_class_without_a_single_grade_has_a_page():
    assert Page(report.page([Result("a", failure="x")], GRAD_CAM)).row("a")[1] == "Not graded: x"


# A class that was really graded


def test_the_command_writes_page_and_table_of_a_graded_class(graded_once, tmp_path):
    told = typed("report", "03", tmp_path / "page.html", "--folder", graded_once)
    assert told.exit_code == 0 and "Report written to" in told.stdout
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert page.row("channel_weights")[1:] == ["20 % (1)", "2", "1", "0", "1"]
    assert page.row("channel_weights", "summed over positions")[2] == "1"
    assert "cannot be read as a notebook" in page.row("unreadable")[1]
    with open(tmp_path / "page.csv", encoding="utf-8-sig") as lines:
        rows = {row["student"]: row for row in csv.DictReader(lines)}
    assert set(rows) == {*SUBMISSIONS, "unreadable"}
    assert float(rows["right"]["points"]) == ALL_POINTS and rows["mixed"]["overlay"] == "not attempted"
    assert all(float(row["seconds"]) > 0 for row in rows.values())


def test_without_a_gradebook_it_says_what_to_do(tmp_path):
    told = typed("report", "03", "--folder", tmp_path)
    assert told.exit_code == 2 and "run grade first" in told.stderr
    assert not (tmp_path / "gradebook.db").exists()


# Nothing hidden leaks


def numbers(value):
    """The telling numbers of a value, as people may print them: with four digits and with five."""
    if isinstance(value, torch.Tensor):
        flat = value.detach().double().flatten().tolist()
        return {f"{x:{form}}" for x in flat for form in (".4g", ".5g", ".4f") if len(f"{abs(x):.4g}") >= 6}
    if isinstance(value, (tuple, list)):
        return set().union(*map(numbers, value)) if value else set()
    return numbers(tuple(value.values())) if isinstance(value, dict) else set()


def test_feedback_pages_tell_nothing_of_the_hidden_cases(a_graded_class):
    pages = {path.parent.parent.name: path.read_text(encoding="utf-8") for path in feedback(a_graded_class)}
    secret = classroom.secret(a_graded_class)
    hidden, seen = set(), set()
    for exercise in bank.exercises(GRAD_CAM):
        for question in exercise.questions(secret):
            told = numbers(question.inputs()) | numbers(exercise.expected(question))
            (seen if question.shown else hidden).update(told)
    assert len(hidden - seen) > 1000
    for student, page in pages.items():
        words = re.sub(r"(?s)<style.*?</style>|<script.*?</script>|base64,[^\"]*", "", page)
        told = set(re.findall(r"-?\d+\.\d+", words))
        assert not told & (hidden - seen), student
        assert secret.decode() not in page
    for student in ("tells", "guesses"):  # right on what can be seen, wrong on what cannot
        assert "other numbers" in pages[student] and "every case that you can see is right" in pages[student]
    assert "ValueError, for" in pages["tells"]


def feedback(folder):
    return Classroom(folder).feedback(GRAD_CAM)
