"""Processes that need not wait for imports: each is a fork of the warm server (`warm_server`).

Where there is no fork, each is started anew. Nothing heavy is imported here: whoever is about to import for seconds
starts the server first, and both import at the same time.
"""

import multiprocessing
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from autograder.warm_server import HEADER, START, WAIT, received

POLL_SECONDS = 0.005

# What a submission may know of the environment of whoever grades it.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "TORCH_HOME", "XDG_CACHE_HOME")

# A fork copies the table of memory pages. With pages of 2 MB, where Linux and glibc have them, it takes a fifth of the
# time; Python's own allocator would not use them.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"} if sys.platform == "linux" else {}

_LOCK = threading.Lock()  # submissions are run by several threads
_server = None


def start_server():
    """Start the server if it is not there, and there can be one; does not wait until it is warm."""
    with _LOCK:
        if hasattr(os, "fork"):
            _running()


def start(target, *arguments):
    """Start a process that runs `target(*arguments, connection)`. Returns (process, our end of the connection).

    target, arguments: picklable.
    returns: something with a `pid`, `kill()`, and `wait(seconds)`, which gives the exit code, or None if it goes on.
    """
    if not hasattr(os, "fork"):
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = _Spawned(target=target, args=(*arguments, theirs), daemon=True)
        process.start()
        theirs.close()  # the process has the only one that is left
        return process, ours
    data = pickle.dumps((target, arguments))
    ours, theirs = os.pipe()
    with _LOCK:
        server = _running()
        try:
            pid, _ = server.ask(START, len(data), data, theirs)
        finally:
            os.close(theirs)
    return _Fork(server, pid), Connection(ours, writable=False)


def _running():
    global _server
    if _server is None or _server.process.poll() is not None:
        _server = _Server()
    return _server


class _Server:
    def __init__(self):
        ours, theirs = socket.socketpair()
        program = f"import sys; sys.path[:] = {sys.path!r}; from autograder import warm_server; "
        self.asking = ours
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-c", f"{program}warm_server.main({theirs.fileno()})"], pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL, env=_bare_environment(),
            )  # fmt: skip

    def ask(self, kind, number, data=b"", descriptor=None):
        """Send a request and return the two numbers of the answer."""
        header = HEADER.pack(kind, number)
        if descriptor is None:
            self.asking.sendall(header)
        else:
            socket.send_fds(self.asking, [header], [descriptor])
            self.asking.sendall(data)
        return HEADER.unpack(received(self.asking, HEADER.size))


class _Fork:
    """A process of the server's. It keeps its number until `wait` has given its exit code."""

    def __init__(self, server, pid):
        self.server, self.pid, self.code = server, pid, None

    def kill(self):
        if self.code is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while self.code is None:
            try:
                with _LOCK:
                    ended, status = self.server.ask(WAIT, self.pid)
            except (EOFError, OSError):  # the server has ended, and what it forked with it
                ended, status = self.pid, signal.SIGKILL
            if ended:
                self.code = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > end:
                return None
            else:
                time.sleep(POLL_SECONDS)
        return self.code


class _Spawned(multiprocessing.get_context("spawn").Process):
    def wait(self, seconds):
        self.join(seconds)
        return self.exitcode


def _bare_environment():
    """Only harmless variables. A process's first environment stays readable in it as long as it lives."""
    kept = {name: value for name, value in os.environ.items() if name in ENVIRONMENT or name.startswith("CUDA_")}
    fonts = str(Path(__file__).parents[1] / ".cache" / "matplotlib")  # matplotlib's list of them
    return {**kept, "HOME": "/", "MPLCONFIGDIR": fonts, **LARGE_PAGES}
