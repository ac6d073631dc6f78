"""Mistakes of the bank as students would hand them in: source text that stands on its own."""

import pytest
from making import ALL, EXERCISES, SECRET, verdict_on

from autograder import bank
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


@pytest.mark.parametrize("assignment, exercise", ALL, ids=[exercise.name for _, exercise in ALL])
def test_the_source_text_imports_nothing_that_grading_forbids(assignment, exercise):
    for number in range(len(exercise.mistakes)):
        source = mistake_source(exercise, number)
        assert not [module for module in bank.examined(assignment) if f"from {module} import" in source]
