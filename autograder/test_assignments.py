"""Every exercise of a student's own notebooks in `assignments/`, as a test: `pytest autograder -k 03`."""

import pytest

from autograder import bank, render
from autograder.verdict import Status

EXERCISES = [(assignment, exercise.name) for assignment in bank.ASSIGNMENTS for exercise in bank.exercises(assignment)]


@pytest.mark.parametrize(("assignment", "exercise"), EXERCISES, ids=["-".join(pair) for pair in EXERCISES])
def test_exercise(assignment, exercise, verdicts):
    """Passes if the exercise is right, is skipped if it is not attempted yet."""
    verdict = verdicts(assignment)[exercise]
    if verdict.status is Status.NOT_ATTEMPTED:
        pytest.skip(render.text(verdict))
    if not verdict.passed:
        pytest.fail(render.text(verdict), pytrace=False)
    assert verdict.points == verdict.out_of
