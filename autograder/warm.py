"""The warm server: a process that has imported the heavy packages and nothing else (no thread, no CUDA, no reference).

Each submission is a fork of it, so that it does not wait for imports, and so is the local worker that judges (`crowd`),
which takes its submissions from the same server. Where there is no fork, a submission is started anew. Nothing heavy is
imported here: whoever is about to import for seconds starts the server first, and both import at the same time.
"""

import multiprocessing
import os
import sys
import threading
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path

# Submissions are run by several threads, for which multiprocessing's own bookkeeping is not made.
_LOCK = threading.RLock()
_context = None
forked = False  # whether this process is a fork of the server; `sandbox.preload` says so

# What a submission may know of the environment of whoever grades it.
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "TORCH_HOME", "XDG_CACHE_HOME")


# A fork copies the table of memory pages. With pages of 2 MB, where Linux and glibc have them, it takes a fifth of the
# time; Python's own allocator would not use them.
LARGE_PAGES = {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1", "PYTHONMALLOC": "malloc"} if sys.platform == "linux" else {}


def server():
    """Start the server if it is not there; does not wait until it is warm. Returns multiprocessing's context for it."""
    global _context
    with _LOCK:
        if _context is None:
            _context = _started()
        return _context


def _started():
    if sys.platform == "win32" or "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    if forked and sys.version_info < (3, 14):
        # multiprocessing documents that a child uses its parent's server, and has the address, but starts another one.
        forkserver._forkserver.ensure_running = lambda: None
        return context
    context.set_forkserver_preload(["autograder.sandbox.preload"])
    with _bare_environment():
        forkserver.ensure_running()
    return context


def start(target, *arguments):
    """Start a process that runs `target(*arguments, connection)`. Returns (process, our end of the connection)."""
    with _LOCK:
        context = server()
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
        with _without_main():
            process.start()
        theirs.close()  # the process has the only one that is left
        return process, ours


def wait(process, seconds):
    """Wait for the end of a process that is about to end. Returns its exit code, or None if it goes on."""
    with _LOCK:
        process.join(seconds)
        return process.exitcode


def kill(process):
    """Kill a process if it is there."""
    with _LOCK:
        if process.is_alive():
            process.kill()


@contextmanager
def _bare_environment():
    """Only harmless variables. A process's first environment stays readable in it as long as it lives."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ.update({name: value for name, value in kept.items() if name in ENVIRONMENT or name.startswith("CUDA_")})
    os.environ["HOME"] = "/"
    os.environ.update(LARGE_PAGES)
    os.environ["MPLCONFIGDIR"] = str(Path(__file__).parents[1] / ".cache" / "matplotlib")  # its list of fonts
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def _without_main():
    """multiprocessing imports the parent's main program into each child. A submission has no business with it."""
    main = sys.modules["__main__"]
    file, spec = main.__dict__.pop("__file__", None), main.__dict__.get("__spec__")
    main.__spec__ = None
    try:
        yield
    finally:
        main.__spec__ = spec
        if file is not None:
            main.__file__ = file
