import json
import math
from fractions import Fraction
from struct import pack

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from autograder import answers
from autograder.answers import NotAnAnswer, decode, encode

DTYPES = st.sampled_from([np.float32, np.float64, np.float16, np.int64, np.int32, np.uint8, np.bool_])
ARRAYS = DTYPES.flatmap(lambda kind: arrays(kind, array_shapes(min_dims=0, min_side=0, max_dims=4, max_side=4)))
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | ARRAYS | ARRAYS.map(torch.from_numpy)
KEYS = st.text() | st.integers() | st.booleans() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(KEYS, inner), max_leaves=20
)


def same(one, other):
    """Equal in type and in value, NaN and all."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor):
        return one.dtype == other.dtype and one.shape == other.shape and same(one.tolist(), other.tolist())
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(same, one.values(), other.values()))
    return one == other or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def safetensors(header, data=b""):
    """A block as safetensors lays it out, whatever the header says."""
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    return pack("<Q", len(header)) + header + data


EMPTY = safetensors({})


def wire(tree, block=EMPTY):
    tree = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return pack(">I", len(tree)) + tree + block


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"0": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


def rejected(data):
    """Whether the bytes are refused, in the one way that the reader knows; anything else that is raised is a bug."""
    try:
        decode(data)
    except NotAnAnswer:
        return True
    return False


@given(VALUES)
def test_an_answer_comes_back_as_it_was_sent(value):
    assert same(decode(encode(value)), value)


def test_shared_strided_and_lazy_memory_comes_back_as_plain_values():
    base = torch.arange(12.0).view(3, 4)
    views = base.T, base[::2, 1::2], base[:1].expand(5, 4), torch._neg_view(base), base.clone().requires_grad_()
    for value in views:
        found = decode(encode(value))
        assert torch.equal(found, value.detach()) and found.is_contiguous() and not found.requires_grad
    assert decode(encode(torch.nn.Parameter(torch.ones(2)))).__class__ is torch.Tensor
    assert np.array_equal(decode(encode(np.ones((3, 3))[::-1, ::2])), np.ones((3, 2)))


def test_numpy_scalars_come_back_as_numbers():
    assert decode(encode([np.float32(0.5), np.int8(3), np.bool_(True)])) == [0.5, 3, True]


@pytest.mark.parametrize("value", [
    object(), len, b"bytes", {1, 2}, 1j, torch.eye(2).to_sparse(), torch.ones(2, device="meta"), np.array(["a"]),
    np.array([{}]), np.ones(2, np.longdouble), np.ones(2, ">f4"), np.datetime64(1, "s"), 10**500, 10**5000, -(10**500),
    [[0.0] * 300] * 300, [0] * answers.MAX_NODES, "x" * (answers.MAX_STRING + 1), {object(): 1}, torch.nn.Linear(2, 2),
], ids=lambda value: type(value).__name__)  # fmt: skip
def test_what_no_exercise_returns_is_refused_where_it_is_sent(value):
    with pytest.raises(NotAnAnswer):
        encode(value)


def test_a_value_nested_without_end_is_refused_where_it_is_sent():
    endless = []
    endless.append(endless)
    deep = 0
    for _ in range(answers.MAX_DEPTH + 1):
        deep = [deep]
    for value in (endless, deep):
        with pytest.raises(NotAnAnswer):
            encode(value)
    assert decode(encode(deep[0])) == deep[0]


def test_too_large_an_answer_is_refused_with_its_size():
    with pytest.raises(NotAnAnswer, match="80 MB, more than the 64 MB"):
        encode(torch.zeros(20 * 2**20))


def test_everything_that_is_sent_can_be_read():
    """Limits are the same on both sides: one answer must not end a submission."""
    limits = [0] * (answers.MAX_NODES - 1), 10**400 - 1, -(10**400) + 1, "x" * answers.MAX_STRING
    for value in limits:
        assert decode(encode(value)) == value


@given(st.binary(max_size=300))
def test_noise_is_no_answer(data):
    assert rejected(data)


@given(VALUES, st.data())
def test_an_answer_cut_short_or_with_a_byte_changed_never_raises_anything_else(value, data):
    sent = encode(value)
    assert rejected(sent[: data.draw(st.integers(0, len(sent) - 1))])
    changed = bytearray(sent)
    changed[data.draw(st.integers(0, len(sent) - 1))] ^= data.draw(st.integers(1, 255))
    assert rejected(bytes(changed)) in (True, False)


@pytest.mark.parametrize("data", [
    b"", b"abc", b"\0" * 4, b"\xff" * 4, b"\xff" * 100, b"\0" * 100, pack(">I", 2**32 - 1) + b"[]",
    wire(b"[" * 100_000), wire(b"[" * 100_000 + b"]" * 100_000), wire(b"\xff\xfe"), wire(b"NaN"), wire(b""),
    wire(["none"], b""), wire(["none"], b"\xff" * 8), wire(["none"], pack("<Q", 2**63) + b"{}"),
    *(wire(["none"], safetensors(header)) for header in (b"[" * 1000, b"null", {"0": 3}, entry(), entry(shape=(-2,)))),
    *(wire(["none"], safetensors(entry(offsets=offsets), b"\0" * 8)) for offsets in ((0, 2**60), (8, 0), (0, 4))),
    *(wire(["none"], safetensors(entry(shape=shape), b"\0" * 8)) for shape in ((2**62, 2**62), (3,))),
    wire(["none"], safetensors(entry("F9"), b"\0" * 8)),
])  # fmt: skip
def test_bytes_that_lie_about_themselves_are_no_answer(data):
    assert rejected(data)


@pytest.mark.parametrize("tree", [
    1, None, "", "none", [], {}, {"none": 1}, [["x"]], [None], ["what"], ["tensor"], ["tensor", "1"], ["tensor", {}],
    ["tensor", None], ["array", ["tensor", "0"]], ["int"], ["int", 5], ["int", []], ["int", "x"], ["int", "9" * 402],
    ["int", ["9"]], ["float", "x"], ["float", []], ["float", 10**400], ["bool"], ["str"], ["str", 1], ["list", 1],
    ["list", ["x"]], ["tuple", None], ["dict", ["int", "1"]], ["dict", ["list"], ["none"]],
    ["list", *[["none"]] * answers.MAX_NODES],
], ids=lambda tree: json.dumps(tree)[:30])  # fmt: skip
def test_trees_of_the_wrong_types_are_no_answer(tree):
    assert rejected(wire(tree, safetensors(entry(), b"\0" * 8)))


def test_half_a_character_is_replaced_so_that_it_can_be_written_to_a_file():
    assert decode(encode("a\ud800b")) == "a?b"


def test_reading_runs_no_code():
    import pickle

    class Bomb:
        def __reduce__(self):
            return exec, ("raise SystemExit('ran')",)

    assert rejected(pickle.dumps(Bomb())) and rejected(wire(pickle.dumps(Bomb())))
    assert rejected(wire(["none"], pickle.dumps(Bomb())))


@pytest.mark.parametrize("value, words", [
    (torch.zeros(2, 3), "a float32 tensor of shape (2, 3)"), (np.zeros(2, int), "a int64 array of shape (2,)"),
    ((1, 2), "a tuple of 2"), ({"a": 1}, "a dict of 1"), (0.123456, "the number 0.1235"),
    ("x" * 50, f"the string '{'x' * 40}'"), (None, "None"), (True, "bool True"), (float("nan"), "float nan"),
    (Fraction(1, 3), "Fraction: 1/3"),
])  # fmt: skip
def test_a_value_in_a_few_words(value, words):
    assert answers.describe(value) == words
