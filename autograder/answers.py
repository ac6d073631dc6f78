"""Answers on the wire: JSON for the tree, safetensors for the arrays. Never a pickle.

A student's process writes them, the judge reads them; so reading checks every length before it believes it.
Layout: 4 bytes length of the JSON, the JSON, then one safetensors block. In the JSON every node is a list
whose first item says what it is: ["int", 3], ["float", "nan"], ["tensor", "0"], ["tuple", node, node].
"""

import json
import math
from struct import pack, unpack

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

MAX_BYTES = 64 * 2**20
MAX_NODES = 20_000
MAX_DEPTH = 12
MAX_STRING = 2_000_000
MAX_DIGITS = 400


class NotAnAnswer(ValueError):  # noqa: N818  what the value is, not what went wrong
    """A value of a kind that no exercise returns, or bytes that are no answer."""


def encode(value):
    """Any answer to bytes. Raises NotAnAnswer for other types, and for more than MAX_BYTES."""
    tensors = {}
    try:
        tree = json.dumps(_node(value, tensors, 0, [0])).encode()
        data = save(tensors)
    except NotAnAnswer:
        raise
    except Exception as error:  # sparse, quantized and meta tensors, number types that torch lacks
        raise NotAnAnswer(f"a value that cannot be stored ({type(error).__name__})") from None
    size = len(tree) + len(data)
    if size > MAX_BYTES:
        raise NotAnAnswer(f"{size / 2**20:.0f} MB, more than the {MAX_BYTES // 2**20} MB an answer may have")
    return pack(">I", len(tree)) + tree + data


def decode(data):
    """Bytes back to the answer. Raises NotAnAnswer for anything that `encode` would not have written."""
    if not 4 <= len(data) <= MAX_BYTES + 2**20:
        raise NotAnAnswer(f"{len(data)} bytes")
    length = unpack(">I", data[:4])[0]
    try:
        tree = json.loads(data[4 : 4 + length])
        tensors = load(bytes(data[4 + length :]))
        return _value(tree, tensors, 0, [0])
    except (ValueError, SafetensorError, RecursionError, KeyError, TypeError, IndexError, OverflowError) as error:
        raise NotAnAnswer(f"unreadable: {error}") from None


def _node(value, tensors, depth, seen):
    seen[0] += 1
    if depth > MAX_DEPTH:
        raise NotAnAnswer(f"a value nested more than {MAX_DEPTH} deep")
    if seen[0] > MAX_NODES:
        raise NotAnAnswer(f"more than {MAX_NODES} values outside of tensors and arrays")
    if value is None:
        return ["none"]
    if isinstance(value, torch.Tensor):
        # A plain, contiguous copy: subclasses, gradients and shared memory stay behind.
        plain = value.detach().as_subclass(torch.Tensor).to("cpu", copy=True).resolve_conj().contiguous()
        tensors[str(len(tensors))] = plain
        return ["tensor", str(len(tensors) - 1)]
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "biuf":
            raise NotAnAnswer(f"an array of {value.dtype}")
        return ["array", _node(torch.from_numpy(np.array(value)), tensors, depth, seen)[1]]
    if isinstance(value, (bool, np.bool_)):
        return ["bool", bool(value)]
    if isinstance(value, (int, np.integer)):
        if abs(int(value)) >= 10**MAX_DIGITS:
            raise NotAnAnswer(f"an integer of more than {MAX_DIGITS} digits")
        return ["int", str(int(value))]
    if isinstance(value, (float, np.floating)):
        return ["float", repr(float(value))]
    if isinstance(value, str):
        if len(value) > MAX_STRING:
            raise NotAnAnswer(f"a string of {len(value)} characters")
        return ["str", str(value)]
    if isinstance(value, (list, tuple)):
        kind = "tuple" if isinstance(value, tuple) else "list"
        return [kind, *(_node(item, tensors, depth + 1, seen) for item in value)]
    if isinstance(value, dict):
        items = (_node(item, tensors, depth + 1, seen) for pair in value.items() for item in pair)
        return ["dict", *items]
    raise NotAnAnswer(f"a value of type {type(value).__name__}")


def _value(node, tensors, depth, seen):
    seen[0] += 1
    if depth > MAX_DEPTH or seen[0] > MAX_NODES:
        raise NotAnAnswer("too deep or too many values")
    if not isinstance(node, list):
        raise NotAnAnswer("a node that is no list")
    kind, *rest = node
    if kind == "none":
        return None
    if kind == "tensor":
        return tensors[rest[0]]
    if kind == "array":
        return tensors[rest[0]].numpy()
    if kind == "bool":
        return rest[0] is True
    if kind == "int":
        if len(rest[0]) > MAX_DIGITS + 1:
            raise NotAnAnswer(f"an integer of more than {MAX_DIGITS} digits")
        return int(rest[0])
    if kind == "float":
        return float(rest[0])
    if kind == "str" and isinstance(rest[0], str):
        return rest[0].encode(errors="replace").decode()  # half a character could not be written to a file
    values = [_value(item, tensors, depth + 1, seen) for item in rest]
    if kind == "list":
        return values
    if kind == "tuple":
        return tuple(values)
    if kind == "dict":
        return dict(zip(values[::2], values[1::2], strict=True))
    raise NotAnAnswer(f"a node of kind {kind!r}")


def describe(value):
    """A value in a few words: "float32 tensor (2, 3)", "the number 0.5", "a tuple of 2"."""
    if isinstance(value, torch.Tensor):
        kind = str(value.dtype).removeprefix("torch.")
        return f"{'an' if kind[0] == 'i' else 'a'} {kind} tensor of shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {tuple(value.shape)}"
    if isinstance(value, (list, tuple, dict)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, float) and math.isfinite(value):
        return f"the number {value:.4g}"
    if isinstance(value, str):
        return f"the string {value[:40]!r}"
    if value is None:
        return "None"
    colon = "" if isinstance(value, (int, float)) else ":"
    return f"{type(value).__name__}{colon} {str(value)[:60]}"
