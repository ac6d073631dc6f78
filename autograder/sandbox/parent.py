"""The trusted side: starts a student's process, listens, watches time and memory, and ends it.

Each is a fork of the warm server (`autograder.warm`). Several threads may run submissions side by side.
"""

import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import replace
from functools import cache
from types import NoneType

import psutil

from autograder import warm
from autograder.sandbox import landlock, walls
from autograder.sandbox.protocol import Run, pack
from autograder.verdict import Record, Status

GRACE_SECONDS = 3  # what an interrupted cell gets to end by itself before the process is ended
TOTAL_BYTES = 512 * 2**20
POLL_SECONDS = 0.05


@cache
def tier():
    """How strictly student code is isolated on this machine: "full" or "reduced", and what that means, in words."""
    reason = "walls need Linux"
    if sys.platform == "linux":
        # A small process of its own: walls need a single thread, and the warm server need not be warm yet.
        with tempfile.TemporaryDirectory(prefix="probe-") as scratch:
            probe = [sys.executable, "-I", walls.__file__, scratch]
            reason = subprocess.run(probe, capture_output=True, text=True).stdout or "the kernel gave no answer"
    if reason == "ok":
        return "full", (
            "Submissions have users, processes, network and files of their own: no network, a read-only system, one "
            "scratch folder in memory, no sight of references, other submissions or the gradebook."
        )
    if landlock.version():
        return "reduced", (
            f"No namespaces ({reason}), but Landlock: a submission cannot read references, other submissions or the "
            "gradebook, writes in its scratch folder only, and signals nobody outside. It sees that other processes "
            f"are there, and {'may send datagrams' if landlock.version() >= 4 else 'has the network'}. "
            "Allow user namespaces for all walls."
        )
    return "reduced", (
        f"No walls by the operating system ({reason}). A submission is a process of its own with limits on time, "
        "memory and output, and cannot import or open the references from Python; but it has this user's rights to "
        "files and network. Grade submissions that you do not trust on Linux, or on a machine that holds nothing else."
    )


def run(request):
    """Run a submission to its end, whatever it does. Returns a Run; never raises for what a student wrote."""
    started = time.monotonic()
    scratch = tempfile.mkdtemp(prefix="submission-")
    try:
        _copy_files(request.folder, scratch, request.limits.file_size)
        result = _listen(request, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    result.seconds = time.monotonic() - started
    return result


def _listen(request, scratch):
    from autograder.sandbox.child import main

    result, frames = Run(tier=tier()[0]), queue.Queue()
    data = pack(replace(request, walled=result.tier == "full"))
    process, ours = warm.start(main, data, scratch)
    threading.Thread(target=_read, args=(ours, frames), daemon=True).start()
    limits = request.limits
    start = cell_start = look = time.monotonic()
    cell, waited_for, ready = request.cells[0].index if request.cells else 0, False, False
    try:
        while True:
            with suppress(queue.Empty):
                frame = frames.get(timeout=POLL_SECONDS)
                if frame is None:
                    break
                if frame["kind"] == "garbage":
                    result.ended = (Status.ERROR, cell, "sent something that is no answer")
                    return result
                if frame["kind"] == "end":
                    waited_for = True
                    break
                ready = ready or frame["kind"] == "ready"
                if frame["kind"] == "begin" and frame.get("cell") != cell:
                    cell, cell_start = _index(frame, request), time.monotonic()
                _keep(frame, result, cell)
            # Also between frames: a process that never stops sending must not keep anybody from looking.
            now = time.monotonic()
            if now < look:
                continue
            look = now + POLL_SECONDS
            memory, processes = _use(process.pid)
            if now - cell_start > limits.cell_seconds + GRACE_SECONDS:
                result.ended = (Status.TIMED_OUT, cell, f"ran longer than {limits.cell_seconds:g} s")
            elif now - start > limits.submission_seconds:
                told = f"the notebook as a whole ran longer than {limits.submission_seconds:g} s"
                result.ended = (Status.TIMED_OUT, cell, told)
            elif memory > limits.memory:
                told = f"used more than {limits.memory / 2**30:.1f} GB of memory"
                result.ended = (Status.OUT_OF_MEMORY, cell, told)
            elif processes > limits.processes:
                result.ended = (Status.FORBIDDEN, cell, f"started more than {limits.processes} processes")
            if result.ended:
                return result
        if not ready:
            raise RuntimeError("the sandbox could not be set up; its message stands above. Nobody was graded by this.")
        if not waited_for:
            code = process.wait(2)
            result.ended = (Status.ERROR, cell, f"ended the Python process ({_how(code)})")
        return result
    finally:
        _end(process)  # and with it the reading


def _read(connection, frames):
    """Frames into a queue, until the process ends or says something that is none; then the connection is closed.

    Nobody else may close it: the number of what is closed may be another submission's at the next moment.
    """
    from autograder.answers import MAX_BYTES, NotAnAnswer, decode  # with torch: not for those who only ask for the tier

    total, last = 0, {"kind": "garbage"}
    with connection:
        try:
            while total < TOTAL_BYTES:
                data = connection.recv_bytes(MAX_BYTES + 2**20)
                total += len(data)
                frame = decode(data)
                if not _is_frame(frame):
                    break
                frames.put(frame)
        except EOFError:
            last = None
        except (OSError, NotAnAnswer):
            pass
    frames.put(last)


FIELDS = {
    "kind": str, "cell": int, "items": list, "error": (str, NoneType), "failure": (str, NoneType),
    "changed": tuple, "message": str, "traceback": str,
}  # fmt: skip


def _is_frame(value):
    """Whether its fields have the right types; the other side may send anything."""
    if not isinstance(value, dict) or "kind" not in value:
        return False
    return all(isinstance(value[field], kind) for field, kind in FIELDS.items() if field in value)


def _index(frame, request):
    """The cell that a frame names, if there is such a cell."""
    known = [cell.index for cell in request.cells]
    return frame.get("cell") if frame.get("cell") in known else known[0]


def _keep(frame, result, cell):
    """Put what a frame says into the result."""
    kind = frame.get("kind")
    if kind == "outputs":
        items = [item for item in frame.get("items", []) if isinstance(item, tuple) and len(item) == 2]
        result.outputs[cell] = [(str(kind), str(content)) for kind, content in items]
        if frame.get("error"):
            result.errors[cell] = str(frame["error"])
    elif kind == "record":
        failure = frame.get("failure")
        if failure not in (None, *Status.__members__):
            return
        record = Record(
            value=frame.get("value"),
            changed=tuple(str(name) for name in frame.get("changed", ())),
            failure=None if failure is None else Status[failure],
            message=str(frame.get("message", "")),
            traceback=str(frame.get("traceback", "")),
        )
        result.records.setdefault(cell, []).append(record)


def _use(pid):
    """Resident bytes of a process and all below it, and how many are below it."""
    memory, below = 0, []
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        below = process.children(recursive=True)
        for one in [process, *below]:
            with suppress(psutil.Error):
                memory += one.memory_info().rss
    return memory, len(below)


def _end(process):
    """End the process and everything that it started."""
    found = []
    with suppress(psutil.Error):
        found = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, 9)
    for child in found:
        with suppress(psutil.Error):
            child.kill()
    process.wait(5)


def _how(code):
    """An exit code in words. Behind walls a signal is reported as 128 and its number, as shells do."""
    number = -code if code is not None and code < 0 else (code or 0) - 128
    return f"killed by signal {number}" if number > 0 else f"exit status {code}"


def _copy_files(folder, scratch, largest):
    """Files that were handed in beside the notebook: plain, small enough, and no other notebooks."""
    if folder is None:
        return
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        plain = os.path.isfile(path) and not os.path.islink(path)
        if plain and not name.endswith(".ipynb") and os.path.getsize(path) <= largest:
            shutil.copy(path, os.path.join(scratch, name))
