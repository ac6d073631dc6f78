"""Every exercise of every assignment, whoever writes it."""

import inspect
import re
import textwrap
from collections import Counter

import pytest
import torch
from making import ALL, EXERCISES, SECRET, verdict_on

from autograder import bank
from autograder.exercise import hidden_seed
from autograder.verdict import Status

MISTAKES = [(exercise, mistake) for exercise in EXERCISES for mistake in exercise.mistakes]
QUESTIONS = [(exercise, question) for exercise in EXERCISES for question in exercise.questions(SECRET)]


def name_of(value):
    return getattr(value, "name", None)


def parts(value):
    """All tensors and numbers in some inputs; a network gives its parameters, unless it travels by its name."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (int, float)):
        return [torch.tensor(value)]
    if isinstance(value, torch.nn.Module):
        return [] if hasattr(value, "_autograder_name") else list(value.state_dict().values())
    if isinstance(value, dict):
        value = list(value.values())
    return [part for item in value for part in parts(item)] if isinstance(value, (list, tuple)) else []


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
@pytest.mark.parametrize("secret", [None, SECRET], ids=["visible", "hidden"])
def test_the_reference_passes(exercise, secret):
    verdict = verdict_on(exercise, exercise.reference, secret)
    assert verdict.status is Status.PASSED, verdict.message
    assert verdict.points == verdict.out_of == exercise.points


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_a_stub_is_not_attempted(exercise):
    def stub(*inputs):
        raise NotImplementedError

    verdict = verdict_on(exercise, stub, SECRET)
    assert (verdict.status, verdict.points) == (Status.NOT_ATTEMPTED, 0)


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=name_of)
@pytest.mark.parametrize("secret", [None, SECRET, b"another"], ids=["visible", "hidden", "hidden otherwise"])
def test_a_mistake_fails_with_its_own_hint(exercise, mistake, secret):
    verdict = verdict_on(exercise, mistake.function, secret)
    assert verdict.status is Status.WRONG
    assert (verdict.mistake, verdict.message, verdict.points) == (mistake.name, mistake.hint, 0)


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_an_exercise_knows_at_least_three_mistakes_each_with_its_own_name(exercise):
    names = [mistake.name for mistake in exercise.mistakes]
    assert len(names) >= 3 and len(set(names)) == len(names)


def test_no_hint_is_given_twice():
    repeated = [hint for hint, count in Counter(mistake.hint for _, mistake in MISTAKES).items() if count > 1]
    assert not repeated


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=name_of)
def test_a_hint_is_one_to_three_sentences_that_go_on_after_a_colon(exercise, mistake):
    words = re.sub(r"`[^`]*`", "code", mistake.hint)
    assert 1 <= len(re.findall(r"[.!?][\"')]*(?:\s|$)", words)) <= 3
    assert mistake.hint[-1] in ".?!`" and not mistake.hint[0].isupper()


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=name_of)
def test_a_hint_does_not_tell_a_line_of_the_solution(exercise, mistake):
    lines = inspect.getsource(exercise.reference).replace(exercise.reference.__doc__, "").splitlines()[1:]
    lines = [line.strip().removeprefix("return ") for line in lines]
    assert not any(line in mistake.hint for line in lines if len(line) > 8)
    assert "return " not in re.sub(r"[Rr]eturn [a-z]+ ", "", mistake.hint)


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_the_first_case_is_by_hand_or_small(exercise):
    first = exercise.questions()[0]
    own = [value for value in first.inputs() if not isinstance(value, torch.nn.Module)]
    assert not first.case.random or sum(part.numel() for part in parts(own)) <= 256
    assert any(case.random for case in exercise.cases), "nothing would be hidden"


def test_names_are_unique_over_the_course():
    counts = Counter(exercise.name for exercise in EXERCISES)
    assert counts.most_common(1)[0][1] == 1
    assert all(bank.exercise(exercise.name) is exercise for exercise in EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_case_names_are_unique_and_a_secret_asks_every_random_case_once_more(exercise):
    names = [case.name for case in exercise.cases]
    assert len(set(names)) == len(names)
    shown, asked = exercise.questions(), exercise.questions(SECRET)
    assert asked[: len(shown)] == shown and all(question.shown for question in shown)
    assert [question.case for question in asked[len(shown) :]] == [case for case in exercise.cases if case.random]


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_points_are_a_positive_whole_number(exercise):
    assert type(exercise.points) is int and exercise.points > 0


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_the_reference_says_what_it_does_and_takes_what_the_cases_give(exercise):
    assert len(textwrap.dedent(inspect.getdoc(exercise.reference)).splitlines()) >= 3
    kinds = {parameter.kind for parameter in inspect.signature(exercise.reference).parameters.values()}
    assert kinds == {inspect.Parameter.POSITIONAL_OR_KEYWORD}
    assert exercise.arguments == tuple(inspect.signature(exercise.reference).parameters)
    for question in exercise.questions():
        inspect.signature(exercise.reference).bind(*question.inputs())


@pytest.mark.parametrize("assignment, exercise", ALL, ids=lambda value: getattr(value, "name", value))
def test_an_exercise_builds_on_earlier_ones_of_its_own_assignment(assignment, exercise):
    names = [other.name for other in bank.exercises(assignment)]
    assert set(exercise.builds_on) <= set(names[: names.index(exercise.name)])
    assert exercise.reference.__module__ in bank.examined(assignment)


@pytest.mark.parametrize("exercise, question", QUESTIONS, ids=name_of)
def test_inputs_are_built_anew_each_time_and_are_equal(exercise, question):
    one, other = parts(question.inputs()), parts(question.inputs())
    assert len(one) == len(other)
    for first, second in zip(one, other):
        assert torch.equal(first.nan_to_num(), second.nan_to_num())
        assert first.data_ptr() != second.data_ptr() or not first.numel()


def test_inputs_do_not_depend_on_the_global_generator():
    for _, question in QUESTIONS:
        one = parts(question.inputs())
        torch.rand(1)
        again = parts(question.inputs())
        assert all(torch.equal(first.nan_to_num(), second.nan_to_num()) for first, second in zip(one, again))


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_hidden_cases_have_other_numbers_than_the_visible_ones(exercise):
    shown = {question.case: question for question in exercise.questions()}
    for question in exercise.questions(SECRET)[len(shown) :]:
        pairs = zip(parts(question.inputs()), parts(shown[question.case].inputs()))
        assert any(one.shape != other.shape or not torch.equal(one, other) for one, other in pairs)


def test_hidden_seeds_differ_by_exercise_case_and_secret():
    random = [(exercise.name, case.name) for exercise in EXERCISES for case in exercise.cases if case.random]
    seeds = [hidden_seed(secret, *names) for secret in (SECRET, b"another", b"") for names in random]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds) and max(seeds) > 2**60
