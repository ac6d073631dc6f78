"""Running a student's notebook in a process of its own. One door: `run(request) -> Run`.

Trusted code says which cells to run and which questions to ask where; the student's process answers with
values and nothing else. What happens inside, and how strictly it is walled in, is this package's business.
"""

from autograder.sandbox.parent import run, tier
from autograder.sandbox.protocol import Cell, Limits, Question, Request, Run

__all__ = ["Cell", "Limits", "Question", "Request", "Run", "run", "tier"]
