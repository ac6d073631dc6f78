import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autograder.compare import as_tensor, difference

FLOATS = st.floats(-1e3, 1e3, width=32)
ARRAYS = arrays(np.float32, array_shapes(max_dims=4, max_side=4), elements=FLOATS)
RIGHT = torch.tensor([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]])

# One of everything that a student may return or send.
ANYTHING = [
    None, True, 3, 2.5, 10**400, float("nan"), 1j, "word", b"bytes", object(), len, set(), {}, [], (), [[]], [None],
    ["a", 1], [1, 2.5, True], {1: 2}, np.array("x"), np.array([1, 2]), np.zeros(0), np.ones(2, np.longdouble),
    np.ones(2, ">f4"), np.datetime64(3, "s"), np.array([{}]), torch.ones(0), torch.eye(2).to_sparse(),
    torch.ones(2, device="meta"), torch.ones(2, dtype=torch.complex64), torch.ones(2, dtype=torch.bfloat16),
    torch.ones(2, requires_grad=True), torch.tensor(float("inf")), {"answer": torch.ones(2), "hooks": torch.ones(2)},
    {"answer": 1, "hooks": "x", "mode": [1]}, [torch.ones(2), torch.ones(3)], torch.float32,
]  # fmt: skip
EXPECTED = [
    None, "word", 3, 2.5, True, RIGHT, RIGHT.int(), RIGHT > 0, (RIGHT, RIGHT[0]), [1, 2], torch.ones(0),
    {"answer": RIGHT, "hooks": 0, "mode": False}, torch.tensor([float("nan"), float("inf")]),
]  # fmt: skip


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda expected: repr(expected)[:30])
def test_without_words_the_same_differs(expected):
    for answer in [*ANYTHING, *EXPECTED]:
        assert (difference(answer, expected, where=None) is None) == (difference(answer, expected) is None)


@given(ARRAYS)
def test_an_answer_equals_itself_in_any_container_and_precision(values):
    right = torch.from_numpy(values)
    doubles = right.double(), values.astype(np.float64), values.tolist()
    for same in (right, values, right.clone().requires_grad_(), *doubles):
        assert difference(same, right) is None


@given(ARRAYS, st.floats(0.01, 10))
def test_the_tolerance_is_relative_to_the_largest_value(values, factor):
    right = torch.from_numpy(values).double()
    right.view(-1)[0] = largest = 1e3
    other = right.clone()
    other.view(-1)[-1] += 1e-4 * largest * factor * (1 if other.view(-1)[-1] < 0 else -1)
    assert (difference(other, right) is None) == (factor < 1 - 1e-6) or abs(factor - 1) < 1e-6


@given(st.sampled_from(EXPECTED), st.sampled_from(ANYTHING))
def test_whatever_is_returned_there_is_a_sentence_or_none(expected, answer):
    found = difference(answer, expected)
    assert found is None or (isinstance(found, str) and found.endswith("."))


@pytest.mark.parametrize("answer, expected", [
    (5, 5), (5.0, 5), (np.int64(5), 5), (True, True), (np.bool_(True), True), ("a", "a"), (None, None),
    ([1, 2], torch.tensor([1, 2])), ((1.5, 2), [1.5, 2.0]), ([True, False], torch.tensor([True, False])),
    (torch.tensor(2.5), 2.5), (torch.tensor([1, 2], dtype=torch.int32), np.array([1, 2])), ({"a": 1, "b": 2}, {"a": 1}),
    (torch.eye(3).to_sparse(), torch.eye(3)), (np.ones(2, np.float16), torch.ones(2)), (torch.zeros(0), torch.zeros(0)),
    (torch.tensor([float("nan"), float("inf")]), torch.tensor([float("nan"), float("inf")])),
])  # fmt: skip
def test_only_values_count(answer, expected):
    assert difference(answer, expected) is None


@pytest.mark.parametrize("answer, expected", [
    (4, 5), (1, True), (True, 1), (5.01, 5), ("b", "a"), (None, "a"), ("None", None), (0, None), ([1, 2, 3], [1, 2]),
    (torch.tensor([1.0, 0.0]), torch.tensor([True, False])), (torch.tensor([1.0000001e-7]), torch.tensor([0.0])),
    (torch.tensor([float("inf")]), torch.tensor([float("-inf")])), (torch.zeros(0), torch.zeros(0, 2)),
    (torch.tensor([float("nan")]), torch.tensor([1.0])), (torch.ones(2, dtype=torch.complex64), torch.ones(2)),
    ({"a": 2}, {"a": 1}), ({}, {"a": 1}), (1, {"a": 1}), ([], torch.zeros(0, 2)), (object(), 1), (len, torch.ones(1)),
    (torch.ones(2, device="meta"), torch.ones(2)), ({"a": torch.ones(2)}, {"a": 1}),
])  # fmt: skip
def test_other_values_are_not_the_answer(answer, expected):
    assert difference(answer, expected)


@pytest.mark.parametrize("answer, told", [
    (-RIGHT, "right but for the sign"),
    (RIGHT / 6, "right up to a factor of 1/6"),
    (RIGHT * 1.0005, "other values"),  # "a factor of 1" would help nobody
    (RIGHT * 2.5, "right up to a factor of 2.5"),
    (RIGHT.abs(), "lost the signs"),
    (RIGHT + 0.25, "off by the same amount everywhere: +0.25"),
    (RIGHT[None], "has shape (1, 2, 3), expected (2, 3); the values are right"),
    (RIGHT[None] + RIGHT.exp(), "has shape (1, 2, 3), expected (2, 3); the values differ too"),
    (RIGHT.T, "has shape (3, 2), expected (2, 3); the values are right, the axes are in another order"),
    (RIGHT[:, :2], "has shape (2, 2), expected (2, 3)."),
    (RIGHT * torch.tensor([[1.0], [3.0]]), "right at index 0 of its first axis, but wrong from index 1 on"),
    (RIGHT.log(), "2 of 6 values of your answer are not finite where finite values are expected, the first at [0, 1]"),
    (RIGHT.to(torch.complex64), "is complex"),
    ("many", "is the string 'many', expected a float32 tensor of shape (2, 3)"),
    (None, "is None, expected a float32 tensor of shape (2, 3)"),
    (RIGHT > 0, "is a bool tensor of shape (2, 3), expected a float32 tensor"),
])  # fmt: skip
def test_the_sentence_says_how_it_differs(answer, told):
    assert told in difference(answer, RIGHT)


HOLES = torch.tensor([[1.0, -torch.inf], [3.0, -torch.inf], [5.0, 6.0]])


@pytest.mark.parametrize("answer, told", [
    (HOLES.clamp(min=0), "2 of 6 values of your answer are finite where -inf is expected, the first at [0, 1] (yours "
                         "0, expected -inf)."),
    (HOLES.flip(0), "1 of 6 values of your answer is not finite where finite values are expected and 1 is finite where "
                    "-inf is expected, the first at [0, 1] (yours 6, expected -inf)."),
    (-HOLES, "2 of 6 values of your answer are inf where -inf is expected, the first at [0, 1]"),
    (HOLES.nan_to_num(nan=0, neginf=torch.nan), "2 of 6 values of your answer are nan where -inf is expected"),
    (HOLES / 2, "right up to a factor of 1/2"),
    (HOLES - 3, "off by the same amount everywhere: -3"),
    (HOLES + torch.tensor([[1.0], [0.0], [2.0]]), "largest difference 2 at [2, 0], yours 7, expected 5 (3 of 6 values"),
])  # fmt: skip
def test_infinities_that_are_expected_are_no_difference_and_those_that_are_not_are_told(answer, told):
    assert told in difference(answer, HOLES)


def test_a_single_number_that_is_not_finite_has_no_place():
    told = difference(float("nan"), 1.0)
    assert told == "your answer is not right: yours nan, expected 1."


def test_the_largest_difference_is_named_with_its_place_and_both_values():
    answer = RIGHT.clone()
    answer[0, 1], answer[1, 2] = -2.5, 1
    told = difference(answer, RIGHT)
    assert "largest difference 7 at [1, 2], yours 1, expected -6 (2 of 6 values differ)" in told


def test_a_difference_below_the_first_index_is_not_called_right_at_index_0():
    assert "index 0" not in difference(RIGHT + torch.tensor([[1.0], [0.0]]), RIGHT)


def test_parts_of_a_pair_are_told_apart():
    pair = (RIGHT, RIGHT[0])
    assert difference(pair[::-1], pair) == "the two parts of your answer are right but in the other order."
    assert "the second part of your answer" in difference((RIGHT, RIGHT[1]), pair)
    assert "a tuple of 3, expected a tuple of 2" in difference((RIGHT, RIGHT, RIGHT), pair)


def test_parts_of_parts_are_numbered():
    whole = [(RIGHT, (RIGHT[0], RIGHT[1]))] * 6
    assert difference([*whole[:5], (RIGHT, (RIGHT[0], "b"))], whole).startswith("part 6.2.2 of your answer is")
    assert difference([(RIGHT, "b"), *whole[1:]], whole).startswith("part 1.2 of your answer is")
    assert difference([*whole[:5], "b"], whole).startswith("part 6 of your answer is")
    assert difference({"a": [[RIGHT, "b"]]}, {"a": [[RIGHT, RIGHT]]}).startswith("part 1.2 of 'a' of your answer is")


def test_what_an_observer_saw_is_said_in_words():
    right = {"answer": RIGHT, "hooks left on the network": 0, "mode of the network changed": False}
    assert difference(right | {"hooks left on the network": 2}, right) == "hooks left on the network: 2, expected 0."
    assert difference(right | {"mode of the network changed": True}, right) == (
        "mode of the network changed: yes, expected no."
    )
    assert difference(right | {"answer": -RIGHT, "hooks left on the network": 2}, right).endswith("but for the sign.")
    assert "has no 'hooks left on the network'" in difference({"answer": RIGHT}, right)


@given(st.sampled_from(ANYTHING))
def test_as_tensor_gives_a_tensor_on_the_cpu_or_none(value):
    found = as_tensor(value)
    assert found is None or (isinstance(found, torch.Tensor) and not found.requires_grad)
