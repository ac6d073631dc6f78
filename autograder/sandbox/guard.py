"""Inside the student's process: what may not be imported or opened, with a sentence that says why.

An audit hook cannot be removed again from Python. It keeps honest code honest and stops most of the rest; walls
that hold against native code are those of the operating system.
"""

import os
import sys


class Forbidden(ImportError):  # noqa: N818  it is shown to students under this name
    """An import that grading does not allow."""

    forbidden = True


class _Finder:
    def __init__(self, modules):
        self.modules = modules

    def find_spec(self, name, path=None, target=None):
        for module in self.modules:
            if name == module or name.startswith(module + "."):
                raise Forbidden(
                    f"{name} is not there at grading: it holds what this assignment asks you to write. "
                    "Use the functions of your own notebook."
                )
        return None


def install(modules, paths):
    """From now on refuse these modules and paths in this process.

    modules: names; what was imported already is taken away.  paths: files and folders.
    """
    for name in list(sys.modules):
        if any(name == module or name.startswith(module + ".") for module in modules):
            parent, _, child = name.rpartition(".")
            vars(sys.modules.get(parent, sys)).pop(child, None)
            del sys.modules[name]
    sys.meta_path.insert(0, _Finder(tuple(modules)))
    hidden = tuple(os.path.realpath(path) for path in paths)
    real, join = os.path.realpath, os.sep

    def watch(event, arguments):
        if event in ("open", "os.listdir", "os.scandir", "os.rename", "os.link", "os.symlink") and arguments:
            for argument in arguments[:2]:
                if not isinstance(argument, (str, bytes)):
                    continue
                path = real(argument if isinstance(argument, str) else os.fsdecode(argument))
                for place in hidden:
                    if path == place or path.startswith(place + join):
                        raise PermissionError(f"{os.path.basename(path)} cannot be opened at grading")

    sys.addaudithook(watch)
