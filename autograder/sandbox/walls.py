"""Walls around a student's process by the Linux kernel: its own users, mounts, processes, network and IPC.

A process that was forked warm cannot be started under bubblewrap, which runs a new program; so this does what
bubblewrap does, with the same system calls, after the fork:

    system       /usr, /etc and the like, read-only
    elsewhere    empty (homes, /tmp, /var, other disks), but for Python's and the course's own folders
    hidden       the references, solutions, other submissions and the gradebook are empty
    scratch      the one place to write: a file system in memory, with a size, gone afterwards
    network      a loopback device that is down
    processes    only its own; whatever a cell leaves behind ends with the submission
    privileges   none, and no way to get any

Needs Linux with unprivileged user namespaces; `build` raises OSError where something is missing, and the
sandbox then says that it is not isolated in full.
"""

import ctypes
import os
import signal
import struct
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWUSER = 0x20000, 0x8000000, 0x10000000
CLONE_NEWPID, CLONE_NEWNET = 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
SYS_MOUNT_SETATTR, AT_RECURSIVE, AT_FDCWD, MOUNT_ATTR_RDONLY = 442, 0x8000, -100, 1
CAPABILITY_VERSION_3 = 0x20080522

# What programs need of the system. Everything else, such as homes, is no business of a submission.
SYSTEM = {"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr", "etc", "dev", "proc", "sys", "nix"}


def build(scratch, size, hidden, needed):
    """Wall in this process, which must have a single thread, and return in a child of it that is all there is.

    scratch: a folder; becomes a writable file system of `size` bytes that holds copies of the folder's files.
    hidden:  files and folders that become empty.
    needed:  folders that stay readable although they are below a private place.
    The process that called waits for the child outside of the walls, and ends as it ends.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    _check(libc.unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _mount(libc, "none", "/", None, MS_REC | MS_PRIVATE)
    _hide(libc, scratch, size, hidden, needed)
    _fork_and_relay(libc)  # the first process of the new process space
    try:
        _mount(libc, "proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    except OSError:  # some containers allow no second one
        _mount(libc, "none", "/proc", "tmpfs", MS_RDONLY)
    _set_read_only(libc, "/", True)
    for place in (scratch, "/dev/shm"):
        _set_read_only(libc, place, False)
    os.chdir(scratch)
    _fork_and_relay(libc)  # the first process only reaps; the student's own has an ordinary number
    _check(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    header, nothing = struct.pack("=II", CAPABILITY_VERSION_3, 0), struct.pack("=6I", 0, 0, 0, 0, 0, 0)
    _check(libc.capset(header, nothing), "capset")


def _hide(libc, scratch, size, hidden, needed):
    """Empty the private places, bring back what is needed below them, and put the scratch folder in memory."""
    files = {name: Path(scratch, name).read_bytes() for name in os.listdir(scratch)}
    kept = [(path, os.open(path, os.O_PATH)) for path in dict.fromkeys(needed) if os.path.isdir(path)]
    private = [f"/{name}" for name in os.listdir("/") if name not in SYSTEM]
    private = [place for place in [*private, "/dev/shm"] if os.path.isdir(place) and not os.path.islink(place)]
    for place in private:
        _mount(libc, "none", place, "tmpfs", MS_NOSUID | MS_NODEV, "size=64m,mode=755")
    for path, descriptor in kept:
        if any(path.startswith(place + "/") for place in private):
            os.makedirs(path, exist_ok=True)
            _mount(libc, f"/proc/self/fd/{descriptor}", path, None, MS_BIND | MS_REC)
        os.close(descriptor)
    for path in hidden:
        if os.path.isdir(path):
            _mount(libc, "none", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV, "size=4k")
        elif os.path.exists(path):
            _mount(libc, "/dev/null", path, None, MS_BIND)
    os.makedirs(scratch, exist_ok=True)
    _mount(libc, "none", scratch, "tmpfs", MS_NOSUID | MS_NODEV, f"size={size},mode=700")
    for name, content in files.items():
        Path(scratch, name).write_bytes(content)


def _fork_and_relay(libc):
    """Return in a child. This process waits for it, dies with it, and takes it along if it is killed itself."""
    child = os.fork()
    if child == 0:
        _check(libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "pdeathsig")
        return
    while True:
        ended, status = os.wait()
        if ended == child:
            code = os.waitstatus_to_exitcode(status)
            # A signal is told on as a shell does, since the first process of a space cannot signal itself.
            os._exit(code if code >= 0 else 128 - code)


def _set_read_only(libc, path, read_only):
    """Make a mount, and if it is being closed all below it, read-only; or one mount writable again."""
    closing, opening = (MOUNT_ATTR_RDONLY, 0) if read_only else (0, MOUNT_ATTR_RDONLY)
    attributes = struct.pack("=QQQQ", closing, opening, 0, 0)
    flags = AT_RECURSIVE if read_only else 0
    result = libc.syscall(SYS_MOUNT_SETATTR, AT_FDCWD, path.encode(), flags, attributes, len(attributes))
    _check(result, f"mount_setattr {path}")


def _mount(libc, source, target, kind, flags, options=None):
    encode = (value.encode() if value is not None else None for value in (source, str(target), kind))
    _check(libc.mount(*encode, flags, options.encode() if options else None), f"mount {target}")


def _check(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def probe(scratch):
    """Print whether walls can be built here: "ok", or the reason why not."""
    try:
        build(scratch, 2**20, (), ())
        told = "ok"
    except Exception as error:
        told = str(error)
    os.write(1, told.encode())


if __name__ == "__main__":
    probe(sys.argv[1])
