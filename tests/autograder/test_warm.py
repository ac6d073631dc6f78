"""The warm server, and the program that grades, which need not be warm itself."""

import os
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest
from classes import handed_in
from making import GRAD_CAM

from autograder import course, sandbox, warm

fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork, and so no warm server")


def answer(value, connection):
    connection.send((value, os.getppid(), "torch" in sys.modules))


def leave(code, connection):
    os._exit(code)


def fail(connection):
    raise ZeroDivisionError


def sleep(connection):
    time.sleep(60)


def open_files(connection):
    connection.send(os.listdir("/proc/self/fd"))


def test_a_function_runs_in_a_process_of_its_own_and_answers():
    big = bytes(3 * 2**20)  # more than a socket holds at once
    process, ours = warm.start(answer, big)
    value, _, has_torch = ours.recv()
    assert value == big and has_torch == hasattr(os, "fork")
    assert process.wait(10) == 0 and process.pid != os.getpid()
    with pytest.raises(EOFError):
        ours.recv()


@fork
def test_all_are_forks_of_one_server_which_is_not_this_process():
    parents = [warm.start(answer, n)[1].recv()[1] for n in range(3)]
    assert len(set(parents)) == 1 and parents[0] != os.getpid()


def test_exit_codes_come_back():
    assert [warm.start(leave, code)[0].wait(10) for code in (0, 3)] == [0, 3]
    assert warm.start(fail)[0].wait(10) == 1


@fork
def test_a_process_is_waited_for_only_so_long_and_can_be_killed():
    process, _ = warm.start(sleep)
    assert process.wait(0.1) is None
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
    process.kill()  # once more does nothing


@pytest.mark.skipif(sys.platform != "linux", reason="/proc lists open files")
def test_a_fork_holds_nothing_by_which_the_server_could_be_asked():
    process, ours = warm.start(open_files)
    assert len(ours.recv()) == 5  # the three of every process, its connection, and the listing itself


@fork
def test_a_server_that_was_lost_is_started_again():
    process, _ = warm.start(sleep)
    server = warm._server.process
    server.kill()
    server.wait()
    assert process.wait(10) is not None
    assert warm.start(answer, 1)[1].recv()[0] == 1


WORKER = """
import sys
sys.path[:] = {path!r}
from autograder import sandbox
print("ready", flush=True)
sandbox.run(sandbox.Request((sandbox.Cell(0, "while True:\\n    pass"),)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends at its limit of time")
def test_a_submission_ends_with_the_process_that_runs_it():
    worker = subprocess.Popen([sys.executable, "-c", WORKER.format(path=sys.path)], stdout=subprocess.PIPE, text=True)
    assert worker.stdout.readline() == "ready\n"
    below, walled = psutil.Process(worker.pid), sandbox.tier()[0] == "full"
    try:
        wait_for(lambda: len(below.children(recursive=True)) >= (4 if walled else 2))  # the server, and what it forked
        started = below.children(recursive=True)
    finally:
        worker.kill()
        worker.wait()
    gone, left = psutil.wait_procs(started, timeout=10)
    assert gone and not left


def wait_for(found, seconds=60):
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_the_program_that_grades_needs_no_torch_itself(tmp_path):
    if sandbox.tier()[0] != "full":
        pytest.skip("without walls it runs and judges the submissions itself")
    path = tmp_path / "submitted" / "ada" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(handed_in(channel_weights="def channel_weights(gradients):\n    return gradients.sum((2, 3))"), path)
    program = f"""
import sys
from autograder.cli import app
if __name__ == "__main__":
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
