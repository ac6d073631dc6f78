"""From answers to a verdict. Trusted: holds the references, and believes nothing but values.

Points are all or none.
"""

import builtins
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from autograder.answers import describe
from autograder.compare import as_tensor, difference
from autograder.numerals import rounded
from autograder.verdict import Status, Verdict

SMALL = 30  # numbers of a tensor that are shown as they are, to be followed by hand


def judge(exercise, questions, records):
    """The verdict on one exercise, decided by the first question that was not answered well.

    records: one for each of the questions, in their order; they may end early, after a failure.
    """
    for question, record in zip(questions, records):
        told = None if record.failure else exercise.difference(question, record.value)
        if record.failure or record.changed or told:
            break
    else:
        if len(records) < len(questions):
            raise ValueError(f"{len(records)} records for {len(questions)} questions, and none of them a failure")
        told = f"correct {_on(questions)}. {_other_kind(exercise, question, record)}{exercise.success}"
        return Verdict(exercise.name, Status.PASSED, told, exercise.points, exercise.points)
    if record.failure:
        return _failed(exercise, question, record)
    verdict = Verdict(exercise.name, Status.WRONG, "", out_of=exercise.points, case=question.name)
    if question.shown:
        verdict = replace(verdict, given=given(exercise.arguments, question.inputs()))
    if not told:
        names = _listed(record.changed)
        return replace(
            verdict, mistake="inputs changed", message=f"the values are right, but your function changes {names} "
            "in place. Whoever calls it still needs that; make a new tensor instead.",
        )  # fmt: skip
    if question.shown:
        verdict = replace(verdict, yours=record.value, expected=exercise.expected(question))
    mistake = recognize(exercise, questions, records)
    if mistake:
        return replace(verdict, mistake=mistake.name, message=mistake.hint)
    if not question.shown:  # how it differs would tell what is hidden
        told = "your answer is wrong, while every case that you can see is right. Does it fit those numbers only?"
    return replace(verdict, message=f"for {question.name}, {told}")


def recognize(exercise, questions, records):
    """The mistake that does what the student's function did: on every question, on every wrong one, or on every wrong
    one that has an answer, since a wrong function may fail somewhere else for another reason."""
    everywhere = range(min(len(questions), len(records)))
    wrong = [
        at for at in everywhere
        if records[at].failure or exercise.difference(questions[at], records[at].value, where=None)
    ]  # fmt: skip
    # True and false, or a few whole numbers, agree by chance too easily to go by the wrong ones alone.
    telling = wrong and _has_fractions(exercise.expected(questions[wrong[0]]))
    answered = [at for at in wrong if not records[at].failure]
    same = cache(lambda mistake, at: _same(exercise, mistake, questions[at], records[at]))
    for chosen in (everywhere, wrong, answered) if telling else (everywhere,):
        for mistake in exercise.mistakes:
            if all(same(mistake, at) for at in chosen):
                return mistake
    return None


def _has_fractions(answer):
    if isinstance(answer, (list, tuple)):
        return any(_has_fractions(part) for part in answer)
    if isinstance(answer, dict):
        return any(_has_fractions(part) for part in answer.values())
    tensor = as_tensor(answer)
    return tensor is not None and tensor.is_floating_point()


def _same(exercise, mistake, question, record):
    try:
        answer = question.answer(mistake.function)
    except Exception:
        return record.failure is Status.ERROR  # the same mistake would have failed here as well
    return record.failure is None and difference(record.value, answer, exercise.tolerance, where=None) is None


def _failed(exercise, question, record):
    verdict = Verdict(
        exercise.name, record.failure, record.message, out_of=exercise.points, traceback=record.traceback
    )
    if not question.shown and record.failure in (Status.ERROR, Status.FORBIDDEN):
        # An exception's words may be the hidden inputs, and so may the name of a class that a student made.
        kind = record.message.partition(":")[0]
        kind = kind if isinstance(getattr(builtins, kind, None), type) else "an exception"
        told = f"{kind}, for {question.name}; every case that you can see is right."
        return replace(verdict, message=told, case=question.name)
    if record.failure is Status.NOT_ATTEMPTED:
        return replace(
            verdict, message=record.message or "not attempted yet. Start with the docstring: what goes in, what "
            "comes out, and in what shape?",
        )  # fmt: skip
    if record.failure is Status.ERROR and record.traceback:
        return replace(verdict, case=question.name, given=given(exercise.arguments, question.inputs()))
    return replace(verdict, case=question.name)


def name_the_cause(verdicts, exercises, used=None):
    """Verdicts in which a failure that an earlier one explains names the earlier one instead.

    used: a dict from an exercise to the names that the student's own code calls; without it, `builds_on`.
    """
    failed = {verdict.exercise for verdict in verdicts if not verdict.passed}
    told = []
    for verdict, exercise in zip(verdicts, exercises):
        calls = used.get(exercise.name, ()) if used is not None else exercise.builds_on
        causes = [name for name in exercise.builds_on if name in failed and name in calls]
        # Without a case the function was never asked: then it is the process that failed, not an earlier exercise.
        if causes and (verdict.case or verdict.status is Status.NOT_ATTEMPTED):
            verb = "is" if len(causes) == 1 else "are"
            message = (
                f"your {exercise.name} calls {_listed(causes)}, which {verb} not right yet. Mend that first; "
                "this one may then be right as it stands."
            )
            status = Status.NOT_ATTEMPTED if verdict.status is Status.NOT_ATTEMPTED else Status.WRONG
            verdict = Verdict(exercise.name, status, message, out_of=exercise.points)
        told.append(verdict)
    return told


def _listed(names):
    """"a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def given(arguments, inputs):
    """The inputs of a case in words: "gradients: a float32 tensor of shape (1, 2, 3, 3)"."""
    return "; ".join(f"{name}: {_in_words(value)}" for name, value in zip(arguments, inputs))


def _in_words(value):
    if isinstance(value, torch.nn.Module):
        count = sum(1 for _ in value.named_modules()) - 1
        return f"a network of {count} layer{'s' * (count != 1)}" if count else _layer_in_words(value)
    if isinstance(value, torch.Generator):
        return f"a torch.Generator with seed {value.initial_seed()}"
    if isinstance(value, torch.Tensor) and value.numel() <= SMALL:
        return f"{rounded(value.tolist())}"
    if isinstance(value, (list, tuple)) and 0 < len(value) <= 4:
        return f"[{', '.join(map(_in_words, value))}]"
    if isinstance(value, (str, int)) or (isinstance(value, tuple) and all(isinstance(v, int) for v in value)):
        return repr(value)
    return "a function" if callable(value) else describe(value)


def _layer_in_words(layer):
    """The identity, or what PyTorch calls the layer, with weights that are few enough to calculate with."""
    if isinstance(layer, torch.nn.Identity):
        return "the identity"
    weights = [f"{name} {_in_words(value)}" for name, value in layer.named_parameters() if value.numel() <= SMALL]
    return " with ".join(filter(None, [f"the layer {layer!r}", " and ".join(weights)]))


def _other_kind(exercise, question, record):
    """What to say if right numbers are no tensor where the reference gives one: a later cell may call its methods."""
    yours, expected = (
        answer["answer"] if isinstance(answer, dict) and "answer" in answer else answer
        for answer in (record.value, exercise.expected(question))
    )
    if not isinstance(expected, torch.Tensor) or not expected.ndim or isinstance(yours, torch.Tensor):
        return ""
    kind, remedy = ("an array", "torch.from_numpy") if isinstance(yours, np.ndarray) else ("a list", "torch.stack")
    return f"But it is {kind}, and cells to come may need a tensor: `{remedy}` makes one. "


def _on(questions):
    names = [question.name for question in questions if question.shown]
    hidden = len(questions) - len(names)
    told = f"on {len(names)} case{'s' * (len(names) != 1)} ({'; '.join(names)})"
    return told + (f" and on {hidden} more with other numbers" if hidden else "")
