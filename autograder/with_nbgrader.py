"""nbgrader's own steps, called in this process: its start-up of seconds is paid once, not once a submission."""

import logging
import os
import sys
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from autograder import course


def nbgrader_config(folder):
    """The course's nbgrader configuration with `folder` as the course directory."""
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", str(course.root())).load_config()
    config.CourseDirectory.root = str(folder)
    return config


def run_converter(kind, config, log=None):
    """Run one of nbgrader's converters. Raises its NbGraderException if anything could not be converted.

    log: a logging.Logger for what nbgrader says; default: errors only, to stderr.
    """
    from nbgrader.coursedir import CourseDirectory

    find_programs()
    converter = kind(coursedir=CourseDirectory(config=config), config=config)
    converter.log = log or _errors()
    converter.start()


@contextmanager
def quick_gradebook():
    """nbgrader opens the gradebook for each step of each submission, and compiles its queries anew each time. Here it
    opens it with the same engine, which remembers them: a third of the time of writing. And the version of a new
    gradebook, for which it starts a program of seconds, is read here."""
    from nbgrader import api

    originals = api.create_engine, api.get_alembic_version
    api.create_engine, api.get_alembic_version = cache(api.create_engine), gradebook_version
    try:
        yield
    finally:
        api.create_engine, api.get_alembic_version = originals


def gradebook_version():
    """What a new gradebook says its version is: the last of nbgrader's migrations."""
    from alembic.script import ScriptDirectory
    from nbgrader.dbutil import ALEMBIC_DIR

    return ScriptDirectory(ALEMBIC_DIR).get_current_head()


def find_programs():
    """Put the environment's programs on the path: nbgrader starts `alembic` by name, activated environment or not."""
    programs = str(Path(sys.executable).parent)
    if programs not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = programs + os.pathsep + os.environ.get("PATH", "")


def _errors():
    log = logging.getLogger("autograder.nbgrader")
    log.setLevel(logging.ERROR)
    return log
