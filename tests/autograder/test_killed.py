"""A grading run that is killed in the middle: the next one goes on, loses nothing and runs nothing twice.

KILLS=20 repeats it, each time at another moment.
"""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from classes import ALL_POINTS, handed_in, points
from making import GRAD_CAM

from autograder import course

STUDENTS = ("ada", "ben", "cleo", "dan")


@pytest.fixture
def a_class(tmp_path):
    """Four right submissions, no two alike."""
    for student in STUDENTS:
        notebook = handed_in()
        notebook.cells[0].source += f"\n# {student}"
        path = tmp_path / "submitted" / student / GRAD_CAM / f"{GRAD_CAM}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    return tmp_path


def grading(folder):
    """The command, started; it and its processes are a group of their own."""
    command = [sys.executable, "-m", "autograder", "grade", "03", "--folder", folder, "--workers", "2"]
    with open(folder / "said.txt", "a") as file:
        return subprocess.Popen(command, cwd=course.root(), stdout=file, stderr=file, start_new_session=True)


def kept(folder):
    """Results, each with the time when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in (folder / ".cache" / "graded").glob("*.graded")}


def wait_for(condition, run, seconds=300):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end and run.poll() is None, "the run ended, or hangs, before it could be killed"
        time.sleep(0.02)


def all_right(folder):
    total = dict.fromkeys(STUDENTS, 0)
    for (student, _), score in points(folder).items():
        total[student] += score
    return total == dict.fromkeys(STUDENTS, ALL_POINTS)


@pytest.mark.parametrize("moment", range(int(os.environ.get("KILLS", 1))))
def test_a_killed_run_goes_on_where_it_was(a_class, moment):
    run = grading(a_class)
    wait_for(lambda: len(kept(a_class)) >= 1 + moment % len(STUDENTS), run)
    time.sleep(0.3 * (moment // len(STUDENTS)))  # later and later, and in the end while the gradebook is written
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    before = kept(a_class)
    assert grading(a_class).wait() == 0, (a_class / "said.txt").read_text()[-2000:]
    after = kept(a_class)
    assert len(after) == len(STUDENTS) and before.items() <= after.items()
    assert all_right(a_class)
    assert "Warning" not in (a_class / "said.txt").read_text()


def test_a_lost_worker_costs_nothing(a_class):
    run = grading(a_class)
    wait_for(lambda: kept(a_class), run)
    (worker,) = [p for p in psutil.Process(run.pid).children() if "spawn_main" in " ".join(p.cmdline())]
    worker.kill()  # the only one, at two submissions; another is started in its place
    assert run.wait() == 0, (a_class / "said.txt").read_text()[-2000:]
    assert len(kept(a_class)) == len(STUDENTS) and all_right(a_class)
