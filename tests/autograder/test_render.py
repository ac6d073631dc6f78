import html as entities
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import torch

from autograder import render
from autograder.numerals import in_rows
from autograder.verdict import Status, Verdict

ATTACK = "<script>alert('x')</script>\"&<img src=x onerror=y>`<b>`"
WRONG = Verdict("half", Status.WRONG, "for two, your answer is off.", out_of=2, case="two", given="x: 1")
ERROR = Verdict("half", Status.ERROR, "ValueError: 1 < 2 & 'so'", out_of=2, case="two", traceback="line 1\n    1 < 2")
GRAY, GREEN, RED = "#6e7781", "#1a7f37", "#c0342b"


class Page(HTMLParser):
    """The tags of a page, with their attributes, and its words; void tags aside, every tag must be closed."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.attributes, self.words, self.open = set(), set(), [], []
        self.feed(page)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.open += [tag] * (tag not in ("img", "br"))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def words_of(text):
    """The words alone: no signs of code, no spaces."""
    return re.sub(r"[\s`]", "", text)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("field", ["exercise", "message", "traceback", "case", "given", "mistake"])
def test_nothing_that_comes_from_a_student_becomes_markup(status, field):
    verdict = replace(WRONG, status=status, **{field: ATTACK})
    page = Page(render.html(verdict, points=True))
    assert page.tags <= {"div", "b", "span", "pre", "code"}
    assert page.attributes <= {"style", "role"}


@pytest.mark.parametrize("answer", [ATTACK, [ATTACK], {ATTACK: ATTACK}, {"answer": ATTACK}, object(), np.array(ATTACK)])
def test_an_answer_does_not_become_markup(answer):
    for expected in (torch.ones(2), {"answer": torch.ones(2), ATTACK: 0}, ATTACK):
        page = Page(render.html(replace(WRONG, yours=answer, expected=expected)))
        assert page.tags <= {"div", "b", "pre", "code"}


def test_a_note_does_not_become_markup():
    assert Page(render.note(ATTACK)).tags == {"div"}


@pytest.mark.parametrize("verdict", [
    WRONG, ERROR, replace(ERROR, traceback=""), replace(ERROR, message=""), replace(ERROR, message="A: b\nc"),
    replace(WRONG, yours=torch.tensor([1 / 3, -1.0]), expected=torch.tensor([0.5, 2.0])),
    replace(WRONG, message=ATTACK, given=ATTACK, traceback=ATTACK),
    Verdict("half", Status.PASSED, "correct on 1 case (two). Good & well.", 2, 2),
    Verdict("half", Status.NOT_ATTEMPTED, "not attempted yet. Start with the docstring: what goes in?", 0, 2),
    Verdict("half", Status.TIMED_OUT, "ran longer than 4 s.", 0, 2, case="two"),
    Verdict("half", Status.OUT_OF_MEMORY, "asked for more memory than there is.", 0, 2),
    Verdict("half", Status.FORBIDDEN, "lib.half is not there at grading.", 0, 2),
])  # fmt: skip
def test_the_card_and_the_text_say_the_same_words(verdict):
    page = Page(render.html(verdict))
    assert words_of("".join(page.words)) == words_of(render.text(verdict))


@pytest.mark.parametrize("status, sign, color", [
    (Status.PASSED, "✓", GREEN), (Status.NOT_ATTEMPTED, "○", GRAY), (Status.WRONG, "✗", RED), (Status.ERROR, "✗", RED),
    (Status.TIMED_OUT, "✗", RED), (Status.OUT_OF_MEMORY, "✗", RED), (Status.FORBIDDEN, "✗", RED),
])  # fmt: skip
def test_right_is_green_not_attempted_is_gray_and_the_rest_red_each_with_a_sign(status, sign, color):
    verdict = replace(WRONG, status=status)
    card = render.html(verdict)
    assert {GREEN, GRAY, RED} & set(re.findall(r"#[0-9a-f]{6}", card)) == {color}
    assert f"<b>{sign} half: " in card and render.text(verdict).startswith(f"{sign} half: ")
    assert render.symbol(status) == sign


def test_the_headline_is_the_status_in_words_or_the_exception():
    assert render.text(WRONG).splitlines()[0] == "✗ half: not yet"
    assert render.text(ERROR).splitlines()[0] == "✗ half: ValueError: 1 < 2 & 'so'"
    assert render.text(replace(WRONG, status=Status.TIMED_OUT)).splitlines()[0] == "✗ half: timed out"


def test_the_status_is_not_said_twice():
    told = render.text(Verdict("half", Status.NOT_ATTEMPTED, "not attempted yet. Start with the docstring."))
    assert told == "○ half: not attempted\nStart with the docstring."


def test_points_are_said_where_they_are_asked_for():
    passed = Verdict("half", Status.PASSED, "correct.", 2, 2)
    assert "2 / 2" in render.html(passed, points=True) and "2 / 2" not in render.html(passed)


def test_words_between_backticks_are_code():
    card = render.html(replace(WRONG, message="use `weight[0]`, not `<b>`."))
    assert "<code>weight[0]</code>" in card and "<code>&lt;b&gt;</code>" in card


def test_small_answers_are_shown_as_rounded_numbers_side_by_side():
    verdict = replace(WRONG, yours=[1 / 3, 2], expected=torch.tensor([0.5, 2.0]))
    assert "yours:    [0.3333, 2.0]\nexpected: [0.5, 2.0]" in render.text(verdict)
    assert "yours:    [0.3333, 2.0]\nexpected: [0.5, 2.0]" in entities.unescape(render.html(verdict))


@pytest.mark.parametrize("value, text", [
    (3.0, "3.0"), ([], "[]"), ([1.0, -2.5], "[1.0, -2.5]"), ([[1.0, -2.5]], "[[1.0, -2.5]]"),
    ([[1.0, -2.5], [10.0, 0.0]], "[[ 1.0, -2.5],\n   [10.0,  0.0]]"),
    ([[[1, 2], [3, 4]], [[5, 6], [7, 10]]], "[[[ 1,  2],\n    [ 3,  4]],\n   [[ 5,  6],\n    [ 7, 10]]]"),
])  # fmt: skip
def test_numbers_of_several_rows_stand_under_each_other(value, text):
    assert in_rows(value, indent=2) == text


def test_maps_and_images_are_shown_as_pictures_with_a_description():
    for shape in ((1, 6, 5), (2, 3, 6, 5)):
        verdict = replace(WRONG, yours=torch.rand(shape), expected=torch.rand(shape))
        picture = r'<img alt="[^"]+" style="[^"]+" src="data:image/png;base64,iVBOR[A-Za-z0-9+/=]+">'
        assert re.search(picture, render.html(verdict))


@pytest.mark.parametrize("yours", [
    None, torch.rand(1, 6, 4), torch.full((1, 6, 5), float("nan")), torch.full((1, 6, 5), float("inf")),
    torch.rand(1, 6, 5) > 0.5, np.ones((1, 6, 5), np.int64), "many", [[1, 2]],
])  # fmt: skip
def test_an_answer_that_makes_no_picture_still_gives_a_card(yours):
    verdict = replace(WRONG, yours=yours, expected=torch.rand(1, 6, 5))
    assert "half: not yet" in render.html(verdict) and "half: not yet" in render.text(verdict)


def test_the_answer_is_shown_without_what_else_was_observed():
    yours, expected = {"answer": torch.ones(2), "hooks": 1}, {"answer": torch.zeros(2), "hooks": 0}
    verdict = replace(WRONG, yours=yours, expected=expected)
    assert "yours:    [1.0, 1.0]\nexpected: [0.0, 0.0]" in render.text(verdict)


def test_a_card_reads_itself_to_screen_readers():
    assert 'role="status"' in render.html(WRONG)
