"""The warm server itself: a process that forks on request.

It has imported the heavy packages and nothing else: no thread, no CUDA, no reference. It is asked through a socket that
it was born with and that no fork keeps, so nobody else can ask it for anything. When the other end is closed it ends,
and with it all that it has forked (on Linux; see `child`).
"""

import os
import pickle
import signal
import socket
import struct
import sys
import traceback
from multiprocessing.connection import Connection

HEADER = struct.Struct("!qq")  # two whole numbers
START, WAIT = 0, 1


def main(descriptor):
    """Answer requests on a connected socket until the other end is closed; then end this process."""
    from autograder.sandbox import preload  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who grades decides what Ctrl-C ends
    with socket.socket(fileno=descriptor) as asked:
        while request := _request(asked):
            kind, number, data, descriptors = request
            if kind == START:
                number = _fork(asked, data, *descriptors)
                asked.sendall(HEADER.pack(number, 0))
            else:
                asked.sendall(HEADER.pack(*os.waitpid(number, os.WNOHANG)))
    os._exit(0)  # to take apart what was imported would take half a second


def _request(asked):
    """(kind, number, data, descriptors), or None at the end. The number is the data's length, or a process."""
    header, descriptors, _, _ = socket.recv_fds(asked, HEADER.size, 1)
    if not header:
        return None
    kind, number = HEADER.unpack(header + received(asked, HEADER.size - len(header)))
    return kind, number, received(asked, number) if kind == START else b"", descriptors


def received(connection, size):
    """So many bytes of a socket. Raises EOFError if it is closed before."""
    data = bytearray()
    while len(data) < size:
        more = connection.recv(min(size - len(data), 2**20))
        if not more:
            raise EOFError
        data += more
    return bytes(data)


def _fork(asked, data, descriptor):
    """Start a process that runs what was asked for. Returns its number."""
    child = os.fork()
    if child:
        os.close(descriptor)
        return child
    code = 1
    try:
        asked.close()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        target, arguments = pickle.loads(data)
        target(*arguments, Connection(descriptor, readable=False))
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
