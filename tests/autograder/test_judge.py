from dataclasses import replace
from functools import partial

import pytest
import torch
from making import SECRET, verdict_on

from autograder import bank
from autograder.exercise import Case, Exercise, Mistake
from autograder.judge import given, judge, name_the_cause
from autograder.numerals import rounded
from autograder.verdict import Record, Status, Verdict


def half(values, scale):
    """Half of the values, times the scale.

    values, scale: (N,), a number.
    """
    return values / 2 * scale


def noise(count):
    return lambda g: (torch.randn(count, generator=g), 3)


HALF = Exercise(
    half,
    cases=(
        Case("two numbers", lambda g: (torch.tensor([2.0, -4.0]), 1), random=False),
        Case("five numbers", noise(5)),
        Case("seven numbers", noise(7)),
    ),
    mistakes=(
        Mistake("not halved", lambda values, scale: values * scale, "you have not halved."),
        Mistake("scale left out", lambda values, scale: values / 2, "you left out the scale."),
        Mistake("fails on five", lambda values, scale: values / 2 if len(values) != 5 else 1 / 0, "you stop at five."),
    ),
    points=3,
    success="Halves are whole.",
)
QUESTIONS = HALF.questions(SECRET)


def records(function=half, **changed):
    """One record a question; `changed` puts something else in place of record number n."""
    made = [Record(question.answer(function)) for question in QUESTIONS]
    for place, record in changed.items():
        made[int(place.removeprefix("at"))] = record
    return made


def error(status=Status.ERROR):
    return Record(failure=status, message="ValueError: no", traceback="line 1")


def test_all_right_earns_all_points_and_names_the_visible_cases():
    verdict = judge(HALF, QUESTIONS, records())
    assert (verdict.status, verdict.points, verdict.out_of) == (Status.PASSED, 3, 3)
    assert verdict.message == (
        "correct on 3 cases (two numbers; five numbers; seven numbers) and on 2 more with other numbers. "
        "Halves are whole."
    )


@pytest.mark.parametrize("turn, words", [
    (lambda answer: list(answer), "But it is a list, and cells to come may need a tensor: `torch.stack` makes one. "),
    (lambda answer: answer.numpy(), "But it is an array, and cells to come may need a tensor: `torch.from_numpy`"),
    (lambda answer: answer.double(), ""),
])  # fmt: skip
def test_right_numbers_of_another_kind_pass_with_a_word_on_it(turn, words):
    verdict = judge(HALF, QUESTIONS, records(lambda *inputs: turn(half(*inputs))))
    assert (verdict.status, verdict.points) == (Status.PASSED, 3)
    assert words in verdict.message and ("But" in verdict.message) == bool(words)


@pytest.mark.parametrize("place", range(len(QUESTIONS)))
def test_one_wrong_answer_anywhere_earns_nothing_and_is_named(place):
    verdict = judge(HALF, QUESTIONS, records(**{f"at{place}": Record(QUESTIONS[place].answer(half) + 1)}))
    assert (verdict.status, verdict.points, verdict.case) == (Status.WRONG, 0, QUESTIONS[place].name)
    assert QUESTIONS[place].name in verdict.message


def test_the_first_question_not_answered_well_decides():
    wrong = Record(torch.zeros(5))
    assert judge(HALF, QUESTIONS, records(at1=wrong, at2=error())).status is Status.WRONG
    assert judge(HALF, QUESTIONS, records(at1=error(), at2=wrong)).status is Status.ERROR
    assert judge(HALF, QUESTIONS, records(at2=wrong, at4=Record(None))).case == "seven numbers"


def test_a_failure_ends_the_records_and_decides():
    verdict = judge(HALF, QUESTIONS, records()[:2] + [error()])
    assert (verdict.status, verdict.message, verdict.points) == (Status.ERROR, "ValueError: no", 0)
    assert verdict.case == "seven numbers" and verdict.given.startswith("values: [") and verdict.traceback


@pytest.mark.parametrize("count", range(len(QUESTIONS)))
def test_fewer_records_than_questions_are_never_a_pass(count):
    with pytest.raises(ValueError, match=f"{count} records for 5 questions"):
        judge(HALF, QUESTIONS, records()[:count])


def test_records_beyond_the_questions_count_for_nothing():
    assert judge(HALF, QUESTIONS, records() + [error()]).passed
    assert not judge(HALF, QUESTIONS, records(at0=Record(0.0)) + records()).passed


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PASSED])
def test_no_failure_earns_points(status):
    verdict = judge(HALF, QUESTIONS, [error(status)])
    assert (verdict.status, verdict.points, verdict.out_of) == (status, 0, 3)


def test_a_failure_cannot_call_itself_correct_into_points():
    assert judge(HALF, QUESTIONS, [error(Status.PASSED)]).points == 0


def test_inputs_changed_in_place_are_wrong_although_the_values_are_right():
    def in_place(values, scale):
        return values.div_(2).mul(scale)

    verdict = verdict_on(HALF, in_place)
    assert (verdict.status, verdict.mistake, verdict.points) == (Status.WRONG, "inputs changed", 0)
    assert "changes values in place" in verdict.message


def test_wrong_values_come_before_inputs_changed():
    verdict = judge(HALF, QUESTIONS, records(at0=Record(torch.zeros(2), changed=("values",))))
    assert verdict.mistake != "inputs changed" and "values are right" not in verdict.message


@pytest.mark.parametrize("mistake", HALF.mistakes[:2], ids=lambda mistake: mistake.name)
def test_a_known_mistake_is_recognized_by_all_its_answers(mistake):
    verdict = judge(HALF, QUESTIONS, records(mistake.function))
    assert (verdict.mistake, verdict.message) == (mistake.name, mistake.hint)


def test_a_mistake_made_in_one_case_only_is_recognized_by_that_case():
    other = QUESTIONS[2].answer(HALF.mistakes[1].function)
    assert judge(HALF, QUESTIONS, records(at2=Record(other))).mistake == "scale left out"


def test_a_mistake_is_recognized_though_the_function_fails_elsewhere_for_another_reason():
    made = records(lambda values, scale: values / 2)[:2] + [error()]
    assert judge(HALF, QUESTIONS, made).mistake == "scale left out"
    made[1] = Record(torch.zeros(5))
    assert judge(HALF, QUESTIONS, made).mistake == ""


def test_truth_values_that_agree_with_a_mistake_by_chance_are_not_taken_for_it():
    game = bank.exercise("pointing_game")
    questions = game.questions()
    made = [Record(question.answer(game.reference)) for question in questions]
    mistake = next(mistake for mistake in game.mistakes if mistake.name == "x and y swapped")
    made[1] = Record(questions[1].answer(mistake.function))
    verdict = judge(game, questions, made)
    assert verdict.status is Status.WRONG and verdict.mistake == ""


def test_a_value_nobody_foresaw_is_described_and_only_visible_cases_show_the_numbers():
    visible = judge(HALF, QUESTIONS, records(at1=Record(torch.zeros(5))))
    hidden = judge(HALF, QUESTIONS, records(at3=Record(torch.zeros(5))))
    assert visible.expected is not None and torch.equal(visible.yours, torch.zeros(5))
    assert hidden.expected is None and hidden.yours is None
    assert visible.message.startswith("for five numbers, your answer")
    assert hidden.case == "five numbers, other numbers"


def test_not_attempted_says_where_to_start_unless_there_is_more_to_say():
    assert "Start with the docstring" in judge(HALF, QUESTIONS, [Record(failure=Status.NOT_ATTEMPTED)]).message
    told = Record(failure=Status.NOT_ATTEMPTED, message="there is no function called half.")
    assert judge(HALF, QUESTIONS, [told]).message == "there is no function called half."


def test_inputs_are_given_in_words():
    network = torch.nn.Sequential(torch.nn.ReLU())
    told = given(("net", "x", "y", "k"), (network, torch.rand(31), torch.tensor(1 / 3), "a"))
    assert told == "net: a network of 1 layer; x: a float32 tensor of shape (31,); y: 0.3333; k: 'a'"
    told = given(("steps", "parts", "many"), ([4], (torch.zeros(1, 2), 0.5), [0] * 9))
    assert told == "steps: [4]; parts: [[[0.0, 0.0]], the number 0.5]; many: a list of 9"


def test_single_layers_functions_and_generators_are_given_in_words():
    doubled = torch.nn.Linear(1, 1, bias=False)
    doubled.weight.data.fill_(2)
    told = given(("f", "g", "h"), (torch.nn.Identity(), torch.nn.Sigmoid(), doubled))
    assert told == "f: the identity; g: the layer Sigmoid(); h: the layer " + (
        "Linear(in_features=1, out_features=1, bias=False) with weight [[2.0]]"
    )
    assert "with" not in given(("wide",), (torch.nn.Linear(31, 1, bias=False),))
    loss, generator = partial(half, scale=1), torch.Generator().manual_seed(7)
    told = given(("loss", "half", "generator"), (loss, half, generator))
    assert told == "loss: a function; half: a function; generator: a torch.Generator with seed 7"


# Causes


def chain(first, second, case="some case", **used):
    """Verdicts on `half`, and on `whole`, which builds on it."""
    whole = Exercise(lambda values: values, (), (), points=2, success="", builds_on=("half", "third"))
    whole.reference.__name__ = "whole"
    verdicts = [
        Verdict("half", first, "one", points=3 * (first is Status.PASSED), out_of=3, case="c"),
        Verdict("whole", second, "two", points=2 * (second is Status.PASSED), out_of=2, case=case, mistake="m"),
    ]
    return verdicts, name_the_cause(verdicts, [HALF, whole], **used)


@pytest.mark.parametrize("second", [Status.WRONG, Status.ERROR, Status.TIMED_OUT])
def test_an_earlier_exercise_is_named_as_the_cause(second):
    _, told = chain(Status.WRONG, second)
    assert told[1].status is Status.WRONG and (told[1].points, told[1].out_of, told[1].mistake) == (0, 2, "")
    assert told[1].message.startswith("your whole calls half, which is not right yet.")


def test_a_later_exercise_that_is_not_attempted_stays_so_and_names_what_it_needs():
    _, told = chain(Status.NOT_ATTEMPTED, Status.NOT_ATTEMPTED, case="")
    assert told[1].status is Status.NOT_ATTEMPTED and "half" in told[1].message


@pytest.mark.parametrize("first, second, case", [
    (Status.PASSED, Status.WRONG, "c"), (Status.WRONG, Status.PASSED, "c"), (Status.WRONG, Status.ERROR, ""),
])  # fmt: skip
def test_nothing_else_is_blamed_on_an_earlier_exercise(first, second, case):
    before, told = chain(first, second, case if second is not Status.PASSED else "")
    assert told == before


def test_only_what_the_student_really_calls_is_a_cause():
    before, told = chain(Status.WRONG, Status.WRONG, used={"whole": {"torch", "other"}})
    assert told == before
    assert "calls half" in chain(Status.WRONG, Status.WRONG, used={"whole": {"half"}})[1][1].message
    assert chain(Status.WRONG, Status.WRONG, used={})[1] == before


def test_a_pass_is_never_taken_away_by_an_earlier_failure():
    before, told = chain(Status.ERROR, Status.PASSED, case="")
    assert told == before and told[1].points == 2


def test_several_causes_are_listed():
    half_too = replace(HALF, reference=lambda values: values)
    half_too.reference.__name__ = "third"
    whole = Exercise(lambda values: values, (), (), points=2, success="", builds_on=("half", "third"))
    whole.reference.__name__ = "whole"
    wrong = [Verdict(name, Status.WRONG, "", case="c") for name in ("half", "third", "whole")]
    assert "half and third, which are not right yet" in name_the_cause(wrong, [HALF, half_too, whole])[2].message


def root(start, steps):
    """A number whose square is the first one's, after so many steps from one.

    start, steps: a number of at least one, a count. Newton's method.
    """
    x = torch.ones(1)
    for _ in range(steps):
        x = (x + start / x) / 2
    return x


def close_to_the_root(inputs, x):
    start, _ = inputs
    return {"square within a hundredth": bool(((x.reshape(1) ** 2 - start).abs() < start / 100).all())}


ROOT = Exercise(
    root,
    cases=(Case("five steps", lambda g: (1 + torch.rand(1, generator=g).item(), 5), measure=close_to_the_root),),
    mistakes=(
        Mistake("not halved", lambda start, steps: start + torch.ones(1), "you have not halved."),
        Mistake("start itself", lambda start, steps: torch.full((1,), start), "this is the start."),
        Mistake("half", lambda start, steps: torch.full((1,), start / 2), "this is half."),
    ),
    points=1,
    success="Good.",
)


def by_bisection(start, steps):
    low, high = 0.0, start + 1
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if middle**2 < start else (low, middle)
    return torch.tensor([low])


def test_what_is_measured_counts_and_not_the_number():
    assert verdict_on(ROOT, by_bisection, SECRET).passed
    assert not torch.equal(by_bisection(2.0, 5), root(2.0, 5))


def test_what_misses_its_goal_is_told_the_goal():
    verdict = verdict_on(ROOT, lambda start, steps: torch.zeros(1), SECRET)
    assert verdict.message == "for five steps, square within a hundredth: no, expected yes."
    assert verdict_on(ROOT, lambda start, steps: torch.full((1,), torch.nan)).status is Status.WRONG


def test_a_mistake_is_known_where_a_goal_is_measured():
    assert verdict_on(ROOT, ROOT.mistakes[0].function, SECRET).mistake == "not halved"


@pytest.mark.parametrize("answer", ["1.41", None, torch.zeros(2, 2), {"x": 1.4}])
def test_what_cannot_be_measured_is_described(answer):
    verdict = verdict_on(ROOT, lambda start, steps: answer)
    assert verdict.status is Status.WRONG and "expected" in verdict.message and "hundredth" not in verdict.message


def test_what_an_observer_saw_is_compared_beside_what_is_measured():
    def observe(function, inputs):
        return {"calls": 1 if function is root else 2, "answer": function(*inputs)}

    observed = replace(ROOT, cases=(replace(ROOT.cases[0], observe=observe),), _expected={})
    assert verdict_on(observed, root).passed
    assert verdict_on(observed, by_bisection).message == "for five steps, calls: 2, expected 1."


def test_no_zero_is_shown_with_a_sign():
    assert str(rounded([[-0.0, -0.5], [1 / 3, float("-inf")]])) == "[[0.0, -0.5], [0.3333, -inf]]"
    zero = Case("zero", lambda g: (-torch.zeros(1), 1), random=False)
    exercise = replace(HALF, cases=(zero,), mistakes=(), _expected={})
    told = verdict_on(exercise, lambda values, scale: torch.ones(1)).message
    assert "expected 0" in told and "expected -0" not in told
