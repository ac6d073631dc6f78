"""Where the parts of the course are, and what an assignment is called."""

from functools import cache
from importlib.util import cache_from_source
from pathlib import Path

from autograder import bank

PACKAGE = Path(__file__).resolve().parent


@cache
def root():
    """The course's folder: the one that holds this package, `lib`, `solutions` and `assignments`."""
    return PACKAGE.parent


def assignment(name):
    """The full name of an assignment: "3", "03" and "grad-cam" all mean "03-grad-cam".

    Raises ValueError, with the names there are, if none or several are meant.
    """
    known = list(bank.ASSIGNMENTS)
    wanted = str(name).strip("/").split("/")[-1].removesuffix(".ipynb")
    if wanted.isdigit():
        found = [one for one in known if int(one.split("-")[0]) == int(wanted)]
    else:
        exact = [one for one in known if wanted in (one, one.partition("-")[2])]
        found = exact or [one for one in known if wanted in one]
    if len(found) != 1:
        told = "no assignment" if not found else "several assignments"
        raise ValueError(f"{told} called {name!r}; there {'are' if len(known) > 1 else 'is'} {', '.join(known)}")
    return found[0]


def solution(name):
    """The solution notebook of an assignment."""
    return root() / "solutions" / name / f"{name}.ipynb"


def release(name):
    """The notebook that students get."""
    return root() / "assignments" / name / f"{name}.ipynb"


def hidden_at_grading(name):
    """Files and folders that a student's process may not open while this assignment is graded."""
    examined = [root() / (module.replace(".", "/") + ".py") for module in bank.examined(name)]
    examined += [cache_from_source(str(file)) for file in examined]
    places = [root() / "solutions", PACKAGE / "bank", root() / "gradebook.db", root() / ".secret", root() / ".cache"]
    places += [root() / part for part in ("submitted", "autograded", "feedback", "tests", ".git")]
    return tuple(str(place) for place in [*examined, *places])
