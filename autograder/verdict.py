"""What a student's function did with a question, and the judge's word on the exercise."""

from dataclasses import dataclass, field
from enum import Enum


class Status(Enum):
    """How an exercise can end. The value is the word that people read."""

    PASSED = "correct"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"
    ERROR = "error"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Record:
    """What happened to one question: an answer, or what came in its place.

    value:     the answer, if `failure` is None.
    changed:   names of the arguments that the function altered in place.
    failure:   None, or the status that stands in the answer's place.
    message:   the exception's own line, or why there is no answer.
    traceback: the student's own lines.
    """

    value: object = None
    changed: tuple[str, ...] = ()
    failure: Status | None = None
    message: str = ""
    traceback: str = ""


@dataclass(frozen=True)
class Verdict:
    """What is said about one exercise, the same on all surfaces.

    message:   one to three sentences for the student.
    case:      the name of the case that decided it, "" where none did.
    mistake:   the name of the recognized mistake, "" where none was.
    given:     what the inputs of that case were, in words.
    traceback: the student's own lines, where there was an exception.
    yours, expected: the answers to show side by side, where that helps and the case is not hidden.
    """

    exercise: str
    status: Status
    message: str
    points: int = 0
    out_of: int = 0
    case: str = ""
    mistake: str = ""
    given: str = ""
    traceback: str = ""
    yours: object = field(default=None, compare=False, repr=False)
    expected: object = field(default=None, compare=False, repr=False)

    @property
    def passed(self):
        return self.status is Status.PASSED
