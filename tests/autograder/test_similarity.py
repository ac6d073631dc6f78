"""Pairs of submissions: a copy with other names is found, independent right solutions are not."""

import ast
import importlib
import inspect
import os
import random
import re
import subprocess
import sys

import pytest
from classes import NAMES, hand_in, handed_in, typed
from making import GRAD_CAM, source_of

from autograder import course, similarity
from autograder.notebooks import read

INDEPENDENT = 10


def ways():
    """Exercise -> its right solutions: the reference and the alternatives, each as source."""
    found = {name: [source_of(name)] for name in NAMES}
    for name, function in vars(importlib.import_module("alternatives.grad_cam")).items():
        if "__" in name.strip("_"):
            exercise = name.split("__")[0]
            found[exercise].append(inspect.getsource(function).replace(name, exercise))
    return found


def renamed(source):
    """The same code with other names, comments and blank lines."""
    nodes = ast.walk(ast.parse(source))
    names = sorted({node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)})
    for number, name in enumerate(names):
        source = re.sub(rf"\b{name}\b", f"mine_{number}", source)
    return "# all my own work\n" + source.replace("\n    return", "\n\n    # and out\n    return")


@pytest.fixture(scope="module")
def a_class(tmp_path_factory):
    """Ten who chose among right solutions on their own, one who copied from the first, others who wrote little."""
    folder, choose, known = tmp_path_factory.mktemp("similar"), random.Random(3), ways()
    for number in range(INDEPENDENT):
        chosen = {name: choose.choice(known[name]) for name in NAMES}
        hand_in(folder, f"own-{number}", handed_in(**chosen))
        if number == 0:
            first = chosen
    hand_in(folder, "copied", handed_in(**{name: renamed(source) for name, source in first.items()}))
    part = {name: renamed(first[name]) for name in NAMES[:7]} | {name: known[name][-1] for name in NAMES[7:]}
    hand_in(folder, "copied-in-part", handed_in(**part))
    hand_in(folder, "untouched", read(course.release(GRAD_CAM)))
    hand_in(folder, "little", handed_in(**dict.fromkeys(NAMES, "1 + 1")))
    path = folder / "submitted" / "broken" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{")
    return folder


def test_a_copy_with_other_names_is_found_and_independent_solutions_are_not(a_class):
    told = typed("similarity", "03", "--folder", a_class)
    pairs = [line for line in told.stdout.splitlines() if "%  " in line]
    assert told.exit_code == 0 and pairs[0].split() == ["100%", "copied", "and", "own-0"]
    assert not [line for line in pairs if "copied" not in line]
    page = (a_class / f"similarity-{GRAD_CAM}.html").read_text(encoding="utf-8")
    assert "A pair is a question, not proof." in page and "mine_0" in page and "<mark>" in page


def test_a_copy_in_part_comes_next_and_the_threshold_decides(a_class):
    found = similarity.compare(a_class / "submitted", GRAD_CAM, 0.3)
    shares = {frozenset((pair.first, pair.second)): pair.share for pair in found.pairs}
    ordered = [pair.share for pair in found.pairs]
    assert ordered == sorted(ordered, reverse=True) and min(ordered) >= 0.3
    part = shares[frozenset(("copied-in-part", "own-0"))]
    assert shares[frozenset(("copied", "own-0"))] == 1 > part > 0.5
    independent = [share for pair, share in shares.items() if not any("copied" in name for name in pair)]
    assert independent and max(independent) < part


def test_another_run_finds_the_same(a_class):
    """Python's own hashes differ from run to run."""
    say = "import sys, pathlib; from autograder.similarity import compare\n"
    say += "print([str(pair) for pair in compare(pathlib.Path(sys.argv[1]), sys.argv[2], 0.3).pairs])"
    command = [sys.executable, "-W", "ignore", "-c", say, a_class / "submitted", GRAD_CAM]
    one, other = (
        subprocess.run(command, cwd=course.root(), env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE)
        for seed in "12"
    )
    assert b"own-0" in one.stdout and one.stdout == other.stdout


def test_no_pair_is_lost_by_counting_first(a_class, monkeypatch):
    def pairs():
        return similarity.compare(a_class / "submitted", GRAD_CAM, 0.5).pairs

    counted = pairs()
    monkeypatch.setattr(similarity, "BELOW", 1)  # every pair is measured
    monkeypatch.setattr(similarity, "ROWS", 3)
    assert pairs() == counted


def test_who_wrote_nothing_to_compare_is_named_and_text_of_the_release_does_not_count(a_class):
    found = similarity.compare(a_class / "submitted", GRAD_CAM, 0.8)
    assert dict(found.left_out) == {
        "broken": "03-grad-cam.ipynb cannot be read as a notebook (JSONDecodeError)",
        "little": "too little code of their own", "untouched": "too little code of their own",
    }  # fmt: skip
    assert found.compared == INDEPENDENT + 2


def test_docstrings_and_the_releases_cells_are_not_compared():
    release = read(course.release(GRAD_CAM))
    given = {cell.source for cell in release.cells if cell.cell_type == "code"}
    assert similarity.own_code(release, given) == ""
    with_one = 'def f(x):\n    """One.\n\n    Two.\n    """\n    return x'
    assert similarity.without_docstrings(with_one) == "def f(x):\n    return x"
    assert similarity.without_docstrings("def f(") == "def f("


def test_names_and_code_are_text_on_the_page(tmp_path):
    code = handed_in(overlay=source_of("overlay") + "\n    '<script>alert(1)</script>'")
    for student in ("<script>alert(2)", "other"):
        hand_in(tmp_path, student, code)
    told = typed("similarity", "03", tmp_path / "page.html", "--folder", tmp_path)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert told.exit_code == 0 and "100%" in told.stdout
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_where_nobody_handed_in_the_expected_place_is_named(tmp_path):
    told = typed("similarity", "03", "--folder", tmp_path)
    assert told.exit_code == 2 and "no submissions of" in told.stderr
