"""`pytest autograder -k 03`: a student's own notebooks as tests. Each notebook is run once."""

import pytest

from autograder import own
from autograder.notebooks import Unreadable


@pytest.fixture(scope="session")
def verdicts():
    """A function from an assignment's name to a dict of its verdicts."""
    kept = {}

    def of(assignment):
        if assignment not in kept:
            try:
                kept[assignment] = {verdict.exercise: verdict for verdict in own.judge(assignment).verdicts}
            except Unreadable as error:
                pytest.fail(str(error), pytrace=False)
        return kept[assignment]

    return of
