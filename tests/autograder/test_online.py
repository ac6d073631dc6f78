"""Badges and the first cell, for a course that is published and for one that is not."""

import importlib.util
import subprocess
import sys

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell

from autograder import bank, build, course, online, readme

URL = "https://github.com/somebody/looking"
NAME = "03-grad-cam"


@pytest.fixture
def published(monkeypatch):
    monkeypatch.setattr(online, "repository", lambda: URL)


def test_the_address_is_read_from_the_settings(monkeypatch, tmp_path):
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    for url, expected in ((URL, URL), (f"{URL}/", URL), ("https://example.org/x", None), ("", None)):
        (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n[project.urls]\nRepository = "{url}"\n')
        assert online.repository() == expected


def test_a_published_release_can_be_opened_elsewhere_and_is_otherwise_the_same(published, monkeypatch):
    release = nbformat.reads(build.release_text(NAME), as_version=4)
    assert f"github/somebody/looking/blob/main/assignments/{NAME}/{NAME}.ipynb" in release.cells[0].source
    assert f"mybinder.org/v2/gh/somebody/looking/main?labpath=assignments/{NAME}" in release.cells[0].source
    assert f"git clone --quiet --depth 1 {URL} course" in release.cells[1].source
    monkeypatch.setattr(online, "repository", lambda: None)
    plain = nbformat.reads(build.release_text(NAME), as_version=4)
    assert [cell.source for cell in release.cells[2:]] == [cell.source for cell in plain.cells[1:]]
    assert "colab" not in plain.cells[0].source and "clone" not in plain.cells[1].source


def test_the_table_links_to_both(published):
    table = readme._table()
    assert table.count("[Open in Colab]") == table.count("[Open in Binder]") == len(bank.ASSIGNMENTS)


def run_first_cell(monkeypatch, source):
    shell = InteractiveShell()
    monkeypatch.setattr(sys, "path", list(sys.path))
    result = shell.run_cell(source)
    result.raise_error()


def test_the_first_cell_fetches_the_course_where_it_is_missing(monkeypatch, tmp_path):
    course_there = tmp_path / "there"
    (course_there / "autograder").mkdir(parents=True)
    (course_there / "autograder" / "__init__.py").write_text("")
    for words in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x@y", "commit", "-qm", "x"]):
        subprocess.run(["git", *words], cwd=course_there, check=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    source = online.FETCH.format(url=course_there.as_uri(), network="--help > /dev/null")
    run_first_cell(monkeypatch, source)
    assert (tmp_path / "here" / "course" / "autograder" / "__init__.py").exists()


def test_the_first_cell_does_nothing_where_the_course_is(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    run_first_cell(monkeypatch, online.FETCH.format(url="file:///nowhere", network="nothing"))
    assert not list(tmp_path.iterdir())
