"""The student's process: runs the cells in an IPython shell, answers questions, and sends what happens.

Nothing here is trusted afterwards. There is no reference, no expected value and no score in this process.
"""

import ctypes
import os
import signal
import sys
import tempfile
import threading
import time
from contextlib import suppress

from autograder.answers import NotAnAnswer, encode
from autograder.calling import ask, own_lines
from autograder.sandbox import landlock
from autograder.sandbox.protocol import unpack
from autograder.verdict import Status


class CellTimeout(BaseException):
    """Raised inside a cell whose time is up. Not an Exception, so that `except Exception` does not swallow it."""


def main(data, scratch, connection):
    """Entry of the process. data: a packed Request. connection: where frames go."""
    request = unpack(data)
    _settle(scratch, connection, request)

    def send(**frame):
        connection.send_bytes(encode(frame))

    from autograder.sandbox import guard
    from autograder.sandbox.shell import make_shell

    send(kind="ready")
    shell = make_shell(request.limits.output)
    guard.install(request.forbidden, request.hidden)
    for cell in request.cells:
        send(kind="begin", cell=cell.index)
        if cell.questions:
            _answer(cell, shell.user_ns, request.limits, send)
        else:
            _run(cell, shell, request.limits, send)
    send(kind="end")
    # The other side ends this process, and finds what it started as long as it is there. Threads and exit
    # handlers that a student left are of no interest.
    time.sleep(60)
    os._exit(0)


def _settle(scratch, connection, request):
    """A session of its own, no input, no terminal, walls, a working folder, limits of the operating system."""
    limits, needed = request.limits, _needed()
    if hasattr(signal, "SIGKILL") and sys.platform == "linux":  # PR_SET_PDEATHSIG: if grading is killed, so is this
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if request.walled:
        from autograder.sandbox import walls

        walls.build(scratch, limits.scratch, request.hidden, needed)
    os.chdir(scratch)
    sys.path.append("")  # last, so that a file handed in cannot stand in for an installed module
    os.environ["HOME"] = os.environ["TMPDIR"] = os.environ["MPLCONFIGDIR"] = tempfile.tempdir = scratch
    with open(os.devnull, "r+b") as null:
        for stream in (0, 1, 2):
            os.dup2(null.fileno(), stream)
    if hasattr(os, "setsid"):
        with suppress(OSError):
            os.setsid()
        import resource

        if sys.platform == "linux":  # PR_SET_CHILD_SUBREAPER: what a cell starts stays below this process, to be ended
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

        os.closerange(3, connection.fileno())
        os.closerange(connection.fileno() + 1, 1024)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limits.file_size, limits.file_size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if request.walled:  # elsewhere the limit counts all processes of this user
            resource.setrlimit(resource.RLIMIT_NPROC, (8 * limits.processes, 8 * limits.processes))
        seconds = int(limits.submission_seconds) + 60
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    landlock.restrict(scratch, request.hidden, needed)
    import torch

    torch.set_num_threads(1)

    import autograder

    autograder.check = lambda function: None  # questions are asked by the grading, at the test cells


def _needed():
    """Folders that Python, this package and the networks are read from."""
    import torch

    import autograder

    course = os.path.dirname(os.path.dirname(os.path.abspath(autograder.__file__)))
    return tuple(os.path.realpath(place) for place in (sys.prefix, sys.base_prefix, course, torch.hub.get_dir()))


def _run(cell, shell, limits, send):
    shell.start_cell()
    with _time_limit(limits.cell_seconds):
        result = shell.run_cell(cell.source, store_history=False)
    error = result.error_before_exec or result.error_in_exec
    told = None
    if error is not None:
        told = f"{type(error).__name__}: {error}"[:600] if not isinstance(error, CellTimeout) else str(error)
        shell.outputs.append(("error", f"{told}\n{own_lines(error)}"))
    send(kind="outputs", items=[tuple(item) for item in shell.outputs], error=told)


def _answer(cell, names, limits, send):
    for question in cell.questions:
        function = names.get(question.exercise)
        if not callable(function):
            told = f"there is no function called {question.exercise} when its check is reached."
            send(kind="record", failure=Status.NOT_ATTEMPTED.name, message=told)
            return
        try:
            with _time_limit(limits.cell_seconds):
                record = ask(function, question.arguments, question.observe, question.inputs)
        except CellTimeout as error:
            send(kind="record", failure=Status.TIMED_OUT.name, message=str(error))
            return
        except BaseException as error:  # SystemExit, KeyboardInterrupt and their like
            told = f"{question.exercise} ends the program ({type(error).__name__})."
            send(kind="record", failure=Status.ERROR.name, message=told)
            return
        frame = {"kind": "record", "changed": record.changed}
        if record.failure is not None:
            send(**frame, failure=record.failure.name, message=record.message, traceback=record.traceback)
            return
        try:
            send(**frame, value=record.value)
        except NotAnAnswer as error:
            send(kind="record", failure=Status.ERROR.name, message=f"returns {error}; no exercise asks for that.")
            return


class _time_limit:  # noqa: N801  reads as what it does
    """Interrupt the block after so many seconds, where the operating system has alarms."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __enter__(self):
        if hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGALRM, self._ring)
            signal.setitimer(signal.ITIMER_REAL, self.seconds)

    def __exit__(self, *error):
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _ring(self, number, frame):
        raise CellTimeout(f"ran longer than {self.seconds:g} s.")
