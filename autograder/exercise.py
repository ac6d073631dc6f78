"""What an exercise is: a name, a reference, cases, and the mistakes that people make.

An exercise is judged by values alone. A case builds inputs from a seed; the reference and the student's
function get the same inputs; equal answers pass. Every case has a fixed seed that the student may see.
At grading each random case is also asked with a seed that nobody knows before (`hidden_seed`).
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch

from autograder import observe
from autograder.compare import difference


@dataclass(frozen=True)
class Case:
    """One call of an exercise.

    name:    what is special about it, as it reads after "wrong for": "a batch of 3".
    inputs:  a function from a torch.Generator to the tuple of arguments.
    random:  whether the inputs depend on the generator; only then is there a hidden twin.
    observe: what is looked at: a function (function, inputs) -> answer from `autograder.observe`.
    measure: for results that right solutions reach in different ways, what an answer must achieve: a function
             (inputs, answer) -> what is compared instead, such as {"loss below a tenth of its start": True}.
             The judge calls it, so a student's process never says of itself how good it was.
    """

    name: str
    inputs: Callable
    random: bool = True
    observe: Callable = observe.call
    measure: Callable | None = None


@dataclass(frozen=True)
class Mistake:
    """A plausible wrong implementation and the hint that it deserves.

    name: a few words for the instructor's table.  function: the wrong implementation.
    hint: what to tell the student; it names the misunderstanding, never the line of code.
    """

    name: str
    function: Callable
    hint: str


@dataclass(frozen=True)
class Question:
    """One case with its seed fixed: what is really asked. `shown` is false for hidden twins."""

    case: Case
    seed: int
    shown: bool = True

    @property
    def name(self):
        return self.case.name if self.shown else f"{self.case.name}, other numbers"

    def inputs(self):
        """The arguments, built anew, so that nothing a function does to them can stay."""
        return self.case.inputs(torch.Generator().manual_seed(self.seed))

    def answer(self, function):
        """What trusted code answers."""
        return self.case.observe(function, self.inputs())

    def measured(self, answer):
        """What the case measures of an answer. What an observer saw beside the answer stays as it is."""
        if isinstance(answer, dict) and "answer" in answer:
            return answer | {"answer": self.case.measure(self.inputs(), answer["answer"])}
        return self.case.measure(self.inputs(), answer)


@dataclass(frozen=True)
class Exercise:
    """One thing a student implements.

    reference:  the function of `lib` whose name and signature the exercise has.
    cases:      at least one; the simplest first.
    mistakes:   at least three.
    points:     all of them for a pass, none otherwise.
    success:    the sentence that opens the next door.
    builds_on:  names of earlier exercises that a solution is expected to call.
    tolerance:  largest difference accepted, relative to the largest expected value.
    """

    reference: Callable
    cases: tuple[Case, ...]
    mistakes: tuple[Mistake, ...]
    points: int
    success: str
    builds_on: tuple[str, ...] = ()
    tolerance: float = 1e-4
    _expected: dict = field(default_factory=dict, repr=False, compare=False)

    @property
    def name(self):
        return self.reference.__name__

    @cached_property
    def arguments(self):
        """The names of the reference's parameters."""
        code = self.reference.__code__
        return code.co_varnames[: code.co_argcount]

    def questions(self, secret=None):
        """What is asked: every case with its fixed seed; given a secret, every random case once more."""
        shown = [Question(case, seed) for seed, case in enumerate(self.cases)]
        if secret is None:
            return shown
        hidden = [
            Question(case, hidden_seed(secret, self.name, case.name), shown=False)
            for case in self.cases
            if case.random
        ]
        return shown + hidden

    def expected(self, question):
        """The reference's answer, computed once."""
        key = (question.case.name, question.seed)
        if key not in self._expected:
            self._expected[key] = question.answer(self.reference)
        return self._expected[key]

    def difference(self, question, answer, where="your answer"):
        """How an answer differs from what is expected, in words, or None. where: as in `compare.difference`."""
        expected = self.expected(question)
        if question.case.measure:
            try:
                answer, expected = question.measured(answer), question.measured(expected)
            except Exception:
                pass  # nothing that could be measured: how it differs in kind is what helps
        return difference(answer, expected, self.tolerance, where)


def hidden_seed(secret, exercise, case):
    """The seed of a hidden case: an HMAC of its names under the instructor's secret, 63 bits."""
    digest = hmac.new(secret, f"{exercise}|{case}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> 1
