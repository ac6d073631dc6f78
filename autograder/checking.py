"""`check(function)`: judge one exercise in the process where it was written, and show the verdict."""

from autograder import bank
from autograder.calling import ask
from autograder.judge import judge, name_the_cause
from autograder.render import show

_seen = {}  # exercise -> last function and its verdict in this session, so that a later failure can name an earlier one


def check(function):
    """Judge `function` as the exercise of its name, and show the verdict."""
    show(verdict_on(function))


def verdict_on(function):
    """The verdict on a function, by the cases that everybody may see."""
    name = getattr(function, "__name__", None)
    if name is None or not callable(function):
        raise TypeError(
            f"check needs your function itself, without parentheses: check(channel_weights); "
            f"this is a {type(function).__name__}"
        )
    exercise = bank.exercise(name)
    verdict = _judged(exercise, function)
    earlier = [bank.exercise(other) for other in exercise.builds_on if other in _seen]
    calls = {name: function.__code__.co_names} if hasattr(function, "__code__") else None
    if earlier and not verdict.passed:
        known = [_now(other, function) for other in earlier]
        verdict = name_the_cause([*known, verdict], [*earlier, exercise], calls)[-1]
    _seen[name] = function, verdict
    return verdict


def _judged(exercise, function):
    questions, records = exercise.questions(), []
    for question in questions:
        records.append(ask(function, exercise.arguments, question.case.observe, question.inputs()))
        if records[-1].failure is not None:
            break
    return judge(exercise, questions, records)


def _now(exercise, caller):
    """The verdict on an earlier exercise, judged again if it was mended since and its check not run again."""
    judged, verdict = _seen[exercise.name]
    current = getattr(caller, "__globals__", {}).get(exercise.name, judged)
    if current is not judged and callable(current):
        verdict = _judged(exercise, current)
        _seen[exercise.name] = current, verdict
    return verdict
