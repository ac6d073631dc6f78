"""One small class, graded once a session, and copies of it for tests that change something."""

import shutil
from contextlib import contextmanager

import pytest
from classes import hand_in, handed_in, typed
from making import GRAD_CAM

from autograder import bank, crowd

ATTACK = "<script>alert(1)</script>"


@pytest.fixture
def in_this_process(monkeypatch):
    """Submissions run one after the other, without a cluster: that is tested elsewhere and takes seconds to start."""
    monkeypatch.setattr(crowd, "running", one_after_the_other)


@contextmanager
def one_after_the_other(jobs, **cluster):
    yield ((index, crowd.run_one(**job)) for index, job in enumerate(jobs))


def right_on_what_can_be_seen(name, otherwise):
    """Source that passes the visible cases of an exercise of one tensor and does something else on hidden ones."""
    exercise = bank.exercise(name)
    known = [round(float(question.inputs()[0].double().sum()), 6) for question in exercise.questions()]
    return (
        f"def {name}(values):\n    if not any(abs(float(values.double().sum()) - one) < 1e-5 for one in {known}):\n"
        f"        {otherwise}\n    return values.mean(dim=(2, 3))"
    )


SUBMISSIONS = {
    "right": {},
    "mixed": {
        "channel_weights": "def channel_weights(g):\n    return g.sum(dim=(2, 3))",
        "overlay": "def overlay(*inputs):\n    raise NotImplementedError",
        "heat_map": f"def heat_map(maps, size):\n    raise ValueError({ATTACK!r})",
    },
    "tells": {"channel_weights": right_on_what_can_be_seen("channel_weights", "raise ValueError(values.tolist())")},
    "guesses": {"channel_weights": right_on_what_can_be_seen("channel_weights", "return values.sum(dim=(2, 3)) ** 2")},
}


@pytest.fixture(scope="session")
def graded_once(tmp_path_factory):
    """A class folder with four graded submissions and one that is no notebook. Not to be changed."""
    folder = tmp_path_factory.mktemp("graded")
    for student, changed in SUBMISSIONS.items():
        hand_in(folder, student, handed_in(**changed))
    path = folder / "submitted" / "unreadable" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(crowd, "running", one_after_the_other)
        told = typed("grade", "03", "--folder", folder)
    assert told.exit_code == 0, told.output
    return folder


@pytest.fixture
def a_graded_class(graded_once, tmp_path, in_this_process):
    """A copy of it, to do anything with."""
    return shutil.copytree(graded_once, tmp_path / "class")
