"""Calling a student's function on one question, in whatever process that is, and keeping what happened."""

import traceback

import torch

from autograder.verdict import Record, Status


def ask(function, arguments, case_observe, inputs):
    """A Record of one call. Exceptions become records; interrupts and exits pass through.

    arguments: the names of the parameters, to say which of the inputs were changed in place.
    """
    before = [_copied(value) for value in inputs]
    try:
        value = case_observe(function, inputs)
    except NotImplementedError as error:
        if str(error):
            return failure(error)
        return Record(failure=Status.NOT_ATTEMPTED)
    except ImportError as error:
        return failure(error, Status.FORBIDDEN if getattr(error, "forbidden", False) else Status.ERROR)
    except MemoryError as error:
        told = "asked for more memory than there is."
        return Record(failure=Status.OUT_OF_MEMORY, message=told, traceback=own_lines(error))
    except Exception as error:
        return failure(error)
    changed = tuple(
        name
        for name, old, new in zip(arguments, before, inputs)
        if not _equal(old, new)
    )
    return Record(value, changed)


def failure(error, status=Status.ERROR):
    """An exception as a Record with the student's own lines."""
    message = f"{type(error).__name__}: {error}"[:600]
    return Record(failure=status, message=message, traceback=own_lines(error))


def own_lines(error, limit=6):
    """The traceback without the lines of installed files: what the student wrote, last call last."""
    found = traceback.TracebackException.from_exception(error, limit=-40)
    lines = []
    for frame in found.stack:
        if "ipykernel_" in frame.filename or frame.filename.startswith("<ipython-input"):
            place = "" if frame.name in ("<module>", "<cell line: 1>") else f", in {frame.name}"
            lines.append(f"line {frame.lineno}{place}\n    {(frame.line or '').strip()}")
    if isinstance(error, SyntaxError):
        lines.append(f"line {error.lineno}\n    {(error.text or '').strip()}")
    return "\n".join(lines[-limit:])[:2000]


def _copied(value):
    """A copy of tensors and of what holds them; everything else as it is."""
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {name: _copied(part) for name, part in value.items()}
    return [_copied(part) for part in value] if isinstance(value, (list, tuple)) else value


def _equal(old, new):
    if isinstance(old, torch.Tensor):
        same = isinstance(new, torch.Tensor) and old.shape == new.shape
        return same and torch.equal(old.nan_to_num(), new.detach().nan_to_num())
    if isinstance(old, dict):
        same = isinstance(new, dict) and old.keys() == new.keys()
        return same and all(_equal(part, new[name]) for name, part in old.items())
    if isinstance(old, list):
        return isinstance(new, (list, tuple)) and len(old) == len(new) and all(map(_equal, old, new))
    return True
