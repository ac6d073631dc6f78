"""Exercises whose references are withheld: visible cases with their inputs and answers, kept as values.

`student_pack` writes them beside a stub of the function; here they become an `Exercise` that judges, and gives hints,
as the one with the reference does. There are no hidden cases: those need the reference.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from autograder.answers import decode, encode
from autograder.exercise import Case, Exercise, Mistake
from autograder.sandbox.protocol import pack, unpack

ENDING = ".stored"


@dataclass(frozen=True)
class Answers:
    """What a wrong implementation answers, case by case; None where it raises. Stands in the place of its code."""

    by_case: tuple[bytes | None, ...]


def store(exercise, questions, path):
    """Write some of an exercise's visible cases with all answers. Raises ValueError if a part cannot be taken along.

    A function that observes or measures travels by its name, so it has to be one of a module.
    """
    wrong = [tuple(map(partial(_answer, mistake.function), questions)) for mistake in exercise.mistakes]
    try:
        data = pack(
            {
                "cases": [
                    (q.case.name, pack(q.inputs()), q.case.observe, q.case.measure, encode(exercise.expected(q)))
                    for q in questions
                ],
                "mistakes": [(m.name, m.hint, answers) for m, answers in zip(exercise.mistakes, wrong)],
                "points": exercise.points,
                "success": exercise.success,
                "builds_on": exercise.builds_on,
                "tolerance": exercise.tolerance,
            }
        )
    except Exception as error:
        raise ValueError(f"{exercise.name} cannot be stored: {error}") from error
    Path(path).write_bytes(data)


def _answer(function, question):
    try:
        return encode(question.answer(function))
    except Exception:
        return None


def load(reference, file):
    """The stored exercise beside the module `file`; `reference` is the empty function with its docstring."""
    data = unpack(Path(file).with_suffix(ENDING).read_bytes())
    cases = tuple(
        Case(name, partial(_inputs, inputs), random=False, observe=partial(_observe, observe, number), measure=measure)
        for number, (name, inputs, observe, measure, _) in enumerate(data["cases"])
    )
    mistakes = tuple(Mistake(name, Answers(answers), hint) for name, hint, answers in data["mistakes"])
    exercise = Exercise(
        reference, cases, mistakes, data["points"], data["success"], data["builds_on"], data["tolerance"]
    )
    for question, (*_, expected) in zip(exercise.questions(), data["cases"]):
        exercise._expected[question.case.name, question.seed] = decode(expected)
    return exercise


def is_stored(exercise):
    """Whether an exercise is one without its reference."""
    return any(isinstance(mistake.function, Answers) for mistake in exercise.mistakes)


def _inputs(data, generator):
    return unpack(data)


def _observe(observe, number, function, inputs):
    if isinstance(function, Answers):
        if function.by_case[number] is None:
            raise RuntimeError("this mistake ends in an error")
        return decode(function.by_case[number])
    return observe(function, inputs)
