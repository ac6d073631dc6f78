"""A wall that needs no rights of its own: Linux's Landlock, from 5.13 on, by three system calls.

A process tells the kernel which folders it will still read and write, and can never take it back; nor can any
process that it starts. It stands behind the walls of `walls`, and where those cannot be built (containers that allow
no user namespaces) it stands alone. Then it does most of what they do:

    reading   system, Python and the course, but for the references, other submissions and the gradebook
    writing   the scratch folder
    network   no TCP (kernel 6.7)
    signals   none to processes outside (kernel 6.12); and nobody outside can be traced

Linux kernel documentation, "Landlock: unprivileged access control".
"""

import ctypes
import os
import struct
import sys
from contextlib import suppress
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all processors
ASK_VERSION, PATH_BENEATH, PR_SET_NO_NEW_PRIVS = 1, 1, 38

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14
READING, OF_FILES = EXECUTE | READ_FILE | READ_DIR, EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE
RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1}  # to files, by version: more are known from 2 and 3 on
TCP, SIGNALS = 0b11, 0b11  # bind and connect; abstract sockets and signals

SYSTEM = ("/usr", "/etc", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/proc", "/sys", "/dev", "/opt", "/nix")
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/shm")


def version():
    """Landlock's version in this kernel; 0 where there is none."""
    if sys.platform != "linux":
        return 0
    return max(ctypes.CDLL(None).syscall(CREATE_RULESET, None, 0, ASK_VERSION), 0)


def restrict(scratch, hidden, needed):
    """Give up everything but reading what is needed and writing in a scratch folder. Returns whether there is Landlock.

    hidden: files and folders inside of readable ones that must not be read.
    needed: folders to be read besides the system's.
    Raises OSError if the kernel refuses. To be called before any thread exists.
    """
    found = version()
    if not found:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    rights = RIGHTS[min(found, 3)]
    attributes = struct.pack("=QQQ", rights, TCP if found >= 4 else 0, SIGNALS if found >= 6 else 0)
    size = 24 if found >= 6 else 16 if found >= 4 else 8
    rules = _check(libc.syscall(CREATE_RULESET, attributes, size, 0), "landlock_create_ruleset")
    hidden = [os.path.realpath(path) for path in hidden]
    try:
        for place in (*SYSTEM, *needed):
            for path, right in _readable(os.path.realpath(place), hidden):
                _allow(libc, rules, path, right)
        for place in (scratch, *DEVICES, *map(str, Path("/dev").glob("nvidia*"))):
            _allow(libc, rules, place, rights)
        _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
        _check(libc.syscall(RESTRICT_SELF, rules, 0), "landlock_restrict_self")
    finally:
        os.close(rules)
    return True


def _readable(place, hidden):
    """What to allow so that all of a place but the hidden can be read: (path, rights) pairs.

    A right to a folder is one to all below it, so a folder that hides something is allowed part by part.
    """
    if any(place == path or place.startswith(path + "/") for path in hidden):
        return
    if not any(path.startswith(place.rstrip("/") + "/") for path in hidden):
        yield place, READING
        return
    yield place, READ_DIR
    with suppress(OSError):
        for entry in os.scandir(place):
            if not entry.is_symlink():
                yield from _readable(entry.path, hidden)


def _allow(libc, rules, path, rights):
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no right
    try:
        rule = struct.pack("=Qi", rights if os.path.isdir(path) else rights & OF_FILES, place)
        _check(libc.syscall(ADD_RULE, rules, PATH_BENEATH, rule, 0), f"landlock_add_rule {path}")
    finally:
        os.close(place)


def _check(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
