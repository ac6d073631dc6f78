"""One warm server for a whole run: the program that grades asks it for workers, and these for submissions."""

import os
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from classes import handed_in
from making import GRAD_CAM

from autograder import course, sandbox, warm
from autograder.with_nbgrader import find_programs, gradebook_version

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork, and so no warm server")


def parents(connection):
    """In a fork: the number of its own parent, and of that of a fork that it asks for itself."""
    process, ours = warm.start(parent)
    connection.send((os.getppid(), ours.recv()))
    warm.wait(process, 5)


def parent(connection):
    connection.send(os.getppid())


def endless(connection):
    """In a fork: a submission that has no end."""
    connection.send(True)
    sandbox.run(sandbox.Request((sandbox.Cell(0, "while True:\n    pass"),)))


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="a worker starts a server of its own")
def test_a_fork_of_the_server_has_its_forks_made_by_the_same_server():
    context = warm.server()
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=parents, args=(theirs,))
    process.start()
    theirs.close()
    mine, below = ours.recv()
    process.join()
    assert mine == below != os.getpid()


def test_a_submission_ends_with_the_worker_that_asked_for_it():
    if sandbox.tier()[0] != "full":
        pytest.skip("without walls it ends with the run")
    ours, theirs = warm.server().Pipe(duplex=False)
    worker = warm.server().Process(target=endless, args=(theirs,))
    worker.start()
    assert ours.recv()
    server = psutil.Process(worker.pid).parent()
    try:
        submission = wait_for(lambda: [p for p in server.children() if p.pid != worker.pid and p.children()])
    finally:
        worker.kill()
    gone, left = psutil.wait_procs(submission, timeout=10)
    assert gone and not left


def wait_for(found, seconds=30):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)
    return found()


def test_the_program_that_grades_needs_no_torch_itself(tmp_path):
    path = tmp_path / "submitted" / "ada" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(handed_in(channel_weights="def channel_weights(gradients):\n    return gradients.sum((2, 3))"), path)
    program = f"""
import sys
from autograder.cli import app
for _ in range(2):  # once to run it, and once by the result that is kept
    try:
        app(["grade", "03", "--folder", {str(tmp_path)!r}])
    except SystemExit as end:
        assert not end.code
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=course.root(), capture_output=True, text=True)
    assert done.stdout.endswith("False\n"), done.stdout + done.stderr
    assert "channel_weights, summed over positions (1)" in " ".join(done.stdout.split())


def test_the_version_of_a_new_gradebook_is_what_nbgrader_would_find():
    from nbgrader import api

    find_programs()
    assert gradebook_version() == api.get_alembic_version()
