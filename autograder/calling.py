"""Calling a student's function on one question, in whatever process that is, and keeping what happened."""

import copy
import traceback

import torch

from autograder.judge import Record
from autograder.verdict import Status


def ask(function, arguments, case_observe, inputs):
    """A Record of one call. Exceptions become records; interrupts and exits pass through.

    arguments: the names of the parameters, to say which of the inputs were changed in place.
    """
    before = [value.clone() if isinstance(value, torch.Tensor) else copy.copy(value) for value in inputs]
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
        if isinstance(old, torch.Tensor) and not _equal(old, new)
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


def _equal(old, new):
    return old.shape == new.shape and torch.equal(old.nan_to_num(), new.detach().nan_to_num())
