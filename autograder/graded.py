"""What grading a submission gives. No torch here: who writes grades into a gradebook need not wait for it."""

from dataclasses import dataclass

from autograder.notebooks import first_line
from autograder.sandbox.protocol import Run
from autograder.verdict import Verdict


@dataclass(frozen=True)
class Graded:
    """The verdicts of one submission, in the notebook's order, and what happened while it ran.

    cards: what people see of each verdict, with its points, as (HTML, text), where that was asked for.
    """

    verdicts: tuple[Verdict, ...]
    run: Run
    cards: tuple[tuple[str, str], ...] = ()

    @property
    def points(self):
        """Points of all exercises; written answers are not among them."""
        return sum(verdict.points for verdict in self.verdicts)


def where_it_ended(notebook, run):
    """Which cell ended the process, and how, in words."""
    _, cell, told = run.ended
    return f"cell {cell + 1} (`{first_line(notebook.cells[cell])}`) {told}"
