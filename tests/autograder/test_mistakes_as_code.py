"""Mistakes of the bank as students would hand them in: source text that stands on its own."""

import pytest
from making import EXERCISES, SECRET, verdict_on

from autograder.mistakes_as_code import mistake_source
from autograder.verdict import Status

NUMBERED = [(exercise, number) for exercise in EXERCISES for number in range(len(exercise.mistakes))]


@pytest.mark.parametrize("exercise, number", NUMBERED, ids=lambda value: getattr(value, "name", value))
def test_a_mistake_as_source_text_is_recognized_as_that_mistake(exercise, number):
    source, cell = mistake_source(exercise, number), {}
    exec(source, cell)
    verdict = verdict_on(exercise, cell[exercise.name], SECRET)
    assert (verdict.status, verdict.mistake) == (Status.WRONG, exercise.mistakes[number].name)
    assert "autograder.bank" not in source
