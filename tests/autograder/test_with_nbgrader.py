"""nbgrader's gradebook without its detours: the same in the end."""

import sqlite3
from contextlib import closing, suppress

import pytest
from nbgrader import api
from sqlalchemy import event

from autograder.with_nbgrader import find_programs, gradebook_version, quick_gradebook


@pytest.fixture
def stored(tmp_path):
    """A new gradebook's address, and a function that reads the students in it from the disk."""
    find_programs()
    with quick_gradebook(), api.Gradebook(f"sqlite:///{tmp_path}/gradebook.db"):
        pass

    def students():
        with closing(sqlite3.connect(tmp_path / "gradebook.db")) as file:
            return {name for (name,) in file.execute("SELECT id FROM student")}

    return f"sqlite:///{tmp_path}/gradebook.db", students


def test_a_gradebook_is_written_when_it_is_closed(stored):
    address, students = stored
    with quick_gradebook():
        with api.Gradebook(address) as book:
            book.add_student("ada")
            book.add_student("ben").first_name = "Ben"
            assert {student.id for student in book.students} == {"ada", "ben"} and students() == set()
        assert students() == {"ada", "ben"}
        with api.Gradebook(address) as book:
            assert book.find_student("ben").first_name == "Ben"


def test_what_was_done_before_an_error_stays_as_with_nbgrader_itself(stored):
    address, students = stored
    with quick_gradebook(), suppress(ZeroDivisionError), api.Gradebook(address) as book:
        book.add_student("ada")
        raise ZeroDivisionError
    assert students() == {"ada"}


def test_to_open_it_again_asks_nothing_and_every_course_is_there(stored):
    address, _ = stored
    asked = []
    with quick_gradebook():
        for course in ("painting", "music"):
            with api.Gradebook(address, course) as book:
                event.listen(book.engine, "before_cursor_execute", lambda *about: asked.append(about[2]))
        before = len(asked)
        with api.Gradebook(address, "painting") as book:
            assert book.course_id == "painting" and len(asked) == before
            assert book.db.query(api.Course).filter(api.Course.id == "painting").one() and len(asked) > before
    with api.Gradebook(address, "music") as book:
        assert {course.id for course in book.db.query(api.Course)} >= {"painting", "music"}


def test_sqlite_is_told_how_large_its_tables_are(stored, tmp_path):
    """So that it looks up one student's grade by the student, and not among those of the whole class."""
    address, _ = stored
    with quick_gradebook():
        for number in range(70):
            with api.Gradebook(address) as book:
                book.add_student(f"student-{number}")
    with closing(sqlite3.connect(tmp_path / "gradebook.db")) as file:
        ((rows,),) = file.execute("SELECT stat FROM sqlite_stat1 WHERE tbl = 'student'")
    assert rows.split()[0] == "64"


def test_afterwards_nbgrader_is_as_before(stored):
    address, students = stored
    with api.Gradebook(address) as book:
        book.add_student("cleo")
        assert students() == {"cleo"}


def test_the_version_of_a_new_gradebook_is_what_nbgrader_would_find(stored, tmp_path):
    assert gradebook_version() == api.get_alembic_version()
    with closing(sqlite3.connect(tmp_path / "gradebook.db")) as file:
        assert file.execute("SELECT version_num FROM alembic_version").fetchall() == [(gradebook_version(),)]
