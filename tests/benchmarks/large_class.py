"""A large class of small submissions, graded by `python -m autograder grade`: whether time and memory stay flat.

SUBMISSIONS=10000 for ten thousand (the default is 200). Every tenth part of the class is a line: seconds a submission
and the largest memory that all processes of the grading together had meanwhile. The last line compares the last tenth
with the second, since the first has the start in it.
"""

import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import nbformat
import psutil

from autograder import bank, course, own
from autograder.build import with_marks

NAME = "03-grad-cam"
PARTS = 10


def run(measure):
    count = int(os.environ.get("SUBMISSIONS", 200))
    with tempfile.TemporaryDirectory() as folder:
        make_class(Path(folder), count)
        command = [sys.executable, "-W", "ignore", "-m", "autograder", "grade", "03", "--folder", folder]
        with open(Path(folder, "said.txt"), "w") as said:
            grading = subprocess.Popen(command, cwd=course.root(), stdout=said, stderr=said)
        seconds, memory = watch(grading, Path(folder, ".cache", "written"), count)
        assert grading.returncode == 0, Path(folder, "said.txt").read_text()[-2000:]
    print(
        f"large class: {seconds[-1] / seconds[1]:.2f} times the seconds and {memory[-1] / memory[1]:.2f} times the "
        f"memory of its second tenth ({count} small submissions in {sum(seconds) * count / PARTS:.0f} s)"
    )


def make_class(folder, count):
    """Submissions with one right function and nothing else, no two alike."""
    notebook = own.skeleton(NAME)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(with_marks(bank.exercise("overlay").reference)))
    source = notebook.cells[0].source
    for number in range(count):
        notebook.cells[0].source = f"{source}\n# by student {number}"
        path = folder / "submitted" / f"student-{number:05}" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def watch(grading, written, count):
    """Seconds a submission and most memory, for each tenth of the class."""
    seconds, memory, most, start = [], [], 0, time.perf_counter()
    while grading.poll() is None:
        time.sleep(1)
        most = max(most, resident(grading.pid))
        done = sum(1 for _ in written.iterdir()) if written.is_dir() else 0
        while len(seconds) < PARTS and done >= (len(seconds) + 1) * count // PARTS:
            now = time.perf_counter()
            seconds.append((now - start) / (count / PARTS))
            memory.append(most)
            print(f"{done:6d} submissions: {seconds[-1]:.3f} s each, {most / 2**30:.2f} GB", flush=True)
            most, start = resident(grading.pid), now
    return seconds, memory


def resident(pid):
    """Memory of a process and all below it, shared pages counted once (Linux), in bytes."""
    total = 0
    with suppress(psutil.Error):
        for one in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.Error):
                total += one.memory_full_info().pss
    return total
