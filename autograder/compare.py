"""How an answer differs from the expected one, in a sentence that helps, or None where it does not.

Only values count: a tensor, an array or a list of numbers, float32 or float64, a tuple or a list are all
the same answer. Whole numbers, truth values and strings must be equal; other numbers within a tolerance
relative to the largest expected value.
"""

import re
from itertools import permutations

import numpy as np
import torch

from autograder.answers import describe

ORDINALS = ("first", "second", "third", "fourth", "fifth")


def difference(answer, expected, tolerance=1e-4, where="your answer"):
    """None if equal; otherwise one or two sentences.

    where: what `answer` is called in the sentence, for parts of a larger answer; None if only whether they differ is
           of interest: to find good words takes longer than to compare.
    """
    if isinstance(expected, dict):
        return _difference_of_dicts(answer, expected, tolerance, where)
    if isinstance(expected, (tuple, list)):
        return _difference_of_sequences(answer, expected, tolerance, where)
    if isinstance(expected, str) or expected is None:
        same = isinstance(answer, type(expected)) and answer == expected
        return None if same else f"{where} is {describe(answer)}, expected {describe(expected)}."
    yours, right = as_tensor(answer), as_tensor(expected)
    if yours is None:
        return f"{where} is {describe(answer)}, expected {describe(expected)}."
    return _difference_of_tensors(yours, right, tolerance, where)


def as_tensor(value):
    """A number, array, tensor or nested list of numbers as a tensor on the CPU; None for anything else."""
    try:
        return _as_tensor(value)
    except (RuntimeError, TypeError, ValueError, OverflowError):  # number types that torch lacks, tensors without data
        return None


def _as_tensor(value):
    if isinstance(value, torch.Tensor):
        value = value.dequantize() if value.is_quantized else value
        return value.detach().to_dense().cpu() if value.layout is not torch.strided else value.detach().cpu()
    if isinstance(value, (bool, int, float, np.generic, np.ndarray)):
        array = np.asarray(value)
        return torch.from_numpy(array.copy()) if array.dtype.kind in "biuf" else None
    if isinstance(value, (list, tuple)):
        parts = [as_tensor(part) for part in value]
        if not parts or any(part is None or part.shape != parts[0].shape for part in parts):
            return None
        return torch.stack([part.double() if part.is_floating_point() else part for part in parts])
    return None


def _difference_of_dicts(answer, expected, tolerance, where):
    if not isinstance(answer, dict):
        return f"{where} is {describe(answer)}, expected {describe(expected)}."
    for key in expected:
        if key not in answer:
            return f"{where} has no {key!r}."
        part = where if key == "answer" else where and f"{key!r} of {where}"
        found = difference(answer[key], expected[key], tolerance, part)
        if found and isinstance(expected[key], (bool, int)):
            found = f"{key}: {_word(answer[key])}, expected {_word(expected[key])}."
        if found:
            return found
    return None


def _word(value):
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)[:40]


def _difference_of_sequences(answer, expected, tolerance, where):
    if not isinstance(answer, (tuple, list)) and as_tensor(answer) is not None and as_tensor(expected) is not None:
        return _difference_of_tensors(as_tensor(answer), as_tensor(expected), tolerance, where)
    if not isinstance(answer, (tuple, list)) or len(answer) != len(expected):
        return f"{where} is {describe(answer)}, expected {describe(expected)}."
    if where and len(expected) == 2 and difference(answer[0], expected[0], tolerance):
        crossed = [difference(answer[i], expected[1 - i], tolerance) for i in (0, 1)]
        if crossed == [None, None]:
            return f"the two parts of {where} are right but in the other order."
    for index, (yours, right) in enumerate(zip(answer, expected)):
        if found := difference(yours, right, tolerance, _part(index, where)):
            return found
    return None


def _part(index, where):
    """What a part is called: "the first part of your answer"; and a part of that, "part 1.1 of your answer"."""
    if where is None:
        return None
    place, _, whole = where.partition(" part of ")
    if place.removeprefix("the ") in ORDINALS:
        return f"part {ORDINALS.index(place.removeprefix('the ')) + 1}.{index + 1} of {whole}"
    if numbered := re.match(r"part ([\d.]+) of ", where):
        return f"part {numbered[1]}.{index + 1} of {where.removeprefix(numbered[0])}"
    return f"the {ORDINALS[index]} part of {where}" if index < len(ORDINALS) else f"part {index + 1} of {where}"


def _difference_of_tensors(yours, right, tolerance, where):
    if yours.is_complex():
        return f"{where} is complex, expected {describe(right)}."
    if yours.shape != right.shape:
        return _difference_of_shapes(yours, right, tolerance, where) if where else "other shapes"
    if (right.dtype == torch.bool) != (yours.dtype == torch.bool):
        return f"{where} is {describe(yours)}, expected {describe(right)}."
    exact = not right.is_floating_point()
    if exact and torch.equal(yours.double(), right.double()):
        return None
    yours, right = yours.double() + 0.0, right.double() + 0.0  # −0.0 + 0.0 is 0.0, which is what the words should say
    if not exact and _close(yours, right, tolerance):
        return None
    return _explain(yours, right, tolerance, where) if where else "other values"


def _close(yours, right, tolerance):
    scale = right.abs().nan_to_num(posinf=0).max().item() if right.numel() else 0.0
    same = yours.isfinite() & right.isfinite() & ((yours - right).abs() <= tolerance * max(scale, 1e-12))
    return bool((same | (yours == right) | (yours.isnan() & right.isnan())).all())


def _difference_of_shapes(yours, right, tolerance, where):
    told = f"{where} has shape {tuple(yours.shape)}, expected {tuple(right.shape)}"
    if yours.squeeze().shape == right.squeeze().shape:
        squeezed = yours.squeeze().double(), right.squeeze().double()
        values = "the values are right" if _close(*squeezed, tolerance) else "the values differ too"
        return f"{told}; {values}."
    if sorted(yours.shape) == sorted(right.shape) and yours.dim() <= 4:
        for order in permutations(range(yours.dim())):
            turned = yours.permute(order)
            if turned.shape == right.shape and _close(turned.double(), right.double(), tolerance):
                return f"{told}; the values are right, the axes are in another order."
    return f"{told}."


def _explain(yours, right, tolerance, where):
    same = (yours == right) | (yours.isnan() & right.isnan())
    if not (yours.isfinite() | same).all() or not (right.isfinite() | same).all():
        return _explain_infinite(yours, right, same, where)
    if yours.dim() and len(yours) > 1 and _close(yours[0], right[0], tolerance):
        bad = [i for i in range(len(yours)) if not _close(yours[i], right[i], tolerance)]
        return f"{where} is right at index 0 of its first axis, but wrong from index {bad[0]} on."
    several = int((right != 0).sum()) > 1
    if several and _close(-yours, right, tolerance):
        return f"{where} is right but for the sign."
    finite = right.isfinite()
    factor = (yours * right)[finite].sum() / (right * right)[finite].sum().clamp(min=1e-300)
    if several and 1e-9 < abs(factor) and abs(factor - 1) > 1e-3 and _close(yours / factor, right, tolerance):
        return f"{where} is right up to a factor of {_number(factor.item())}."
    if (right < 0).any() and _close(yours, right.abs(), tolerance):
        return f"{where} has the right sizes but has lost the signs: every value is positive."
    offset = (yours - right)[finite].mean()
    if several and finite.sum() > 2 and _close(yours - offset, right, tolerance):
        return f"{where} is off by the same amount everywhere: {offset:+.4g}."
    error = (yours - right).abs().masked_fill(same, 0)
    place = tuple(int(i) for i in np.unravel_index(int(error.argmax()), tuple(error.shape)))
    at = f" at {list(place)}" if place else ""
    count = int((error > tolerance * right[finite].abs().max().clamp(min=1e-12)).sum())
    many = f" ({count} of {error.numel()} values differ)" if error.numel() > 1 else ""
    shape = f"{where} has the right shape {tuple(right.shape)}, but other values: largest" if place else f"{where}:"
    return f"{shape} difference {error[place]:.4g}{at}, yours {yours[place]:.5g}, expected {right[place]:.5g}{many}."


def _explain_infinite(yours, right, same, where):
    """For answers with infinities or NaN that are not expected, or without those that are."""
    lost, kept = ~yours.isfinite() & right.isfinite(), yours.isfinite() & ~right.isfinite()
    other = ~yours.isfinite() & ~right.isfinite() & ~same
    counted = [
        (lost, "not finite where finite values are expected"),
        (kept, f"finite where {_kinds(right[kept])} is expected"),
        (other, f"{_kinds(yours[other])} where {_kinds(right[other])} is expected"),
    ]
    counted = [(int(places.sum()), words) for places, words in counted if places.any()]
    place = tuple((lost | kept | other).nonzero()[0].tolist())
    numbers = f"yours {yours[place]:.4g}, expected {right[place]:.4g}"
    if same.numel() == 1:
        return f"{where} is not right: {numbers}."
    several = f" of {same.numel()} values of {where}"
    told = " and ".join(f"{count}{several * (not i)} {'is' if count == 1 else 'are'} {words}"
                        for i, (count, words) in enumerate(counted))  # fmt: skip
    return f"{told}, the first at {list(place)} ({numbers})."


def _kinds(values):
    """What values these are, each once: "-inf", or "nan or inf"."""
    return " or ".join(dict.fromkeys(f"{value:.4g}" for value in values.tolist()))


def _number(value):
    """0.25 as "1/4", 12 as "12"."""
    inverse = 1 / value
    if abs(value) < 1 and abs(inverse - round(inverse)) < 1e-3 * abs(inverse):
        return f"1/{round(inverse)}"
    return f"{value:.4g}"
