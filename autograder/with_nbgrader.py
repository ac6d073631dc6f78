"""nbgrader's own steps, called in this process: its start-up of seconds is paid once, not once a submission."""

import logging
import os
import sys
from contextlib import contextmanager
from functools import partial
from itertools import count
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
    """nbgrader's gradebook without its detours, the same in the end. Half of the time of writing:

    engine    nbgrader opens the gradebook for each step of each submission, looks for its tables, its version and its
              course, and compiles its queries anew; here it does so once, and the same engine remembers them
    commits   it waits for the disk after each cell; here once, when it closes the gradebook
    version   of a new gradebook it asks a program that takes seconds to start; here it is read
    counts    without knowing how many rows its tables have, SQLite finds a grade by looking at those of all students;
              here it counts them as they double
    """
    from nbgrader import api
    from sqlalchemy import text
    from sqlalchemy.orm import Session

    class Patient(Session):
        def commit(self):
            self.flush()
            self.expire_all()

    close_at_once, closed = api.Gradebook.close, count(1)
    open_anew, known = api.Gradebook.__init__, {}

    def begin(book, url, course_id="default_course", authenticator=None):
        if (url, course_id) not in known:
            open_anew(book, url, course_id, authenticator)
            known[url, course_id] = book.engine
        else:
            book.engine, book.course_id, book.authenticator = known[url, course_id], course_id, authenticator
            book.db = api.scoped_session(api.sessionmaker(autoflush=True, bind=book.engine, future=True))

    def close(book):
        number = next(closed)
        if book.engine.dialect.name == "sqlite" and number >= 64 and not number & (number - 1):
            book.db.execute(text("ANALYZE"))
        Session.commit(book.db())
        close_at_once(book)

    changed = {
        "__init__": (api.Gradebook, open_anew, begin),
        "sessionmaker": (api, api.sessionmaker, partial(api.sessionmaker, class_=Patient)),
        "get_alembic_version": (api, api.get_alembic_version, gradebook_version),
        "close": (api.Gradebook, close_at_once, close),
    }
    for name, (owner, _, ours) in changed.items():
        setattr(owner, name, ours)
    try:
        yield
    finally:
        for name, (owner, original, _) in changed.items():
            setattr(owner, name, original)


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
