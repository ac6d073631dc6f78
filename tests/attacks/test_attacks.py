"""Every attack: no undeserved point, nothing outside changed, nothing read, nothing left running."""

import os
import socket
import time

import nbformat
import psutil
import pytest
from attacks import ESCAPES, FORGERIES, RUINS

from autograder import bank, grading, sandbox
from autograder.build import with_marks
from autograder.own import skeleton
from autograder.sandbox import landlock, parent
from autograder.verdict import Status

ASSIGNMENT = "03-grad-cam"
LIMITS = sandbox.Limits(cell_seconds=3, submission_seconds=30, memory=1800 * 2**20, processes=16, scratch=32 * 2**20)
CANARY, SECRET, TOKEN = "the-answer-of-another-student", "the-secret-of-the-instructor", "a-token-of-whoever-grades"



@pytest.fixture(params=["all walls", "Landlock alone"])
def walls(request, monkeypatch):
    """What the operating system does against an escape: everything, or what needs no namespaces."""
    if request.param == "Landlock alone":
        if landlock.version() < 6:
            pytest.skip("this kernel's Landlock does not stop all of them")
        monkeypatch.setattr(parent, "tier", lambda: ("reduced", ""))
    elif sandbox.tier()[0] != "full":
        pytest.skip("this machine allows no namespaces")


@pytest.fixture
def school(tmp_path):
    """A class folder with things to steal and to damage."""
    for name, content in (("submitted/bea/03.ipynb", CANARY), (".secret", SECRET), ("outside/grades", "bea 12")):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return tmp_path


def run(source, folder=None):
    """Grade a notebook that attacks in `channel_weights` and solves `overlay` honestly."""
    honest = with_marks(bank.exercise("overlay").reference)
    cells = [nbformat.v4.new_code_cell("import torch"), nbformat.v4.new_code_cell(source)]
    tests = {cell.metadata["nbgrader"]["grade_id"]: cell for cell in skeleton(ASSIGNMENT).cells}
    cells += [tests["channel_weights"], nbformat.v4.new_code_cell(honest), tests["overlay"]]
    hidden = [] if folder is None else [folder / "submitted", folder / ".secret"]
    graded = grading.grade(nbformat.v4.new_notebook(cells=cells), ASSIGNMENT, b"secret", limits=LIMITS, hidden=hidden)
    said = " ".join(content for shown in graded.run.outputs.values() for _, content in shown)
    return graded, {verdict.exercise: verdict for verdict in graded.verdicts}, said


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_earns_nothing_and_costs_nothing(name):
    if name.startswith("reading") and sandbox.tier()[0] != "full" and not landlock.version():
        pytest.skip("only walls by the operating system stop other programs")
    _, verdicts, said = run(FORGERIES[name])
    assert verdicts["channel_weights"].points == 0
    assert verdicts["channel_weights"].status is not Status.PASSED
    assert "STOLEN" not in said
    if name not in ("patched import system", "patched torch", "patched encoding", "patched status", "forged records"):
        assert verdicts["overlay"].passed  # those spoil the rest of their own submission


@pytest.mark.parametrize("name", RUINS)
def test_a_ruined_process_is_only_its_own(name):
    before = descendants()
    graded, verdicts, _ = run(RUINS[name])
    assert verdicts["channel_weights"].points == 0
    assert graded.run.seconds < LIMITS.submission_seconds + 10
    assert left_running(before) == []
    _, verdicts, _ = run(with_marks(bank.exercise("channel_weights").reference))
    assert verdicts["channel_weights"].passed and verdicts["overlay"].passed


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_gets_out_and_nothing_is_seen(name, walls, school, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", TOKEN)
    before, tree = descendants(), snapshot(school)
    with socket.create_server(("127.0.0.1", 0)) as server:
        places = {"canary": school / "submitted/bea/03.ipynb", "secret": school / ".secret"}
        places |= {"outside": school / "outside", "folder": school / "submitted", "port": server.getsockname()[1]}
        _, verdicts, said = run(ESCAPES[name].format(**places), school)
    assert verdicts["channel_weights"].points == 0
    assert not any(word in said for word in (CANARY, SECRET, TOKEN, "STOLEN"))
    assert snapshot(school) == tree
    assert not list(school.parent.parent.rglob("trace-of-an-attack"))
    assert not os.path.exists(os.path.join(os.path.dirname(grading.__file__), "..", "lib", "trace_of_an_attack.py"))
    assert left_running(before) == []


def test_the_suite_is_large_enough():
    assert len(FORGERIES) + len(RUINS) + len(ESCAPES) >= 40


def snapshot(folder):
    """Every file below a folder, with its content."""
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def descendants():
    """Numbers of the processes below this one, and so of the warm server's."""
    return {process.pid for process in psutil.Process().children(recursive=True)}


def left_running(before):
    """Names of processes that are new since then and still there after a moment."""
    for _ in range(40):
        new = [p for p in psutil.Process().children(recursive=True) if p.pid not in before and alive(p)]
        if len(new) <= (0 if before else 2):  # the warm server and its helper start with the first run
            return []
        time.sleep(0.05)
    return [process.cmdline() for process in new]


def alive(process):
    """Whether it is more than an entry that waits to be collected."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
