"""What adding.md says, done in a copy of the course."""

import os
import re
import shutil
import subprocess
import sys

import nbformat
import pytest

from autograder import course
from autograder.notebooks import grade_id

TEXT = (course.PACKAGE / "adding.md").read_text(encoding="utf-8")
REFERENCE, EXERCISE, PACKAGE, ENTRY, NOTEBOOK = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
NAME = "16-heat-maps"
FILES = {
    "lib/center_of_mass.py": REFERENCE,
    "autograder/bank/heat_maps/center_of_mass.py": EXERCISE,
    "autograder/bank/heat_maps/__init__.py": PACKAGE,
}


def run(folder, *words):
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore", "COLUMNS": "120"}
    return subprocess.run([sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A course with the new assignment, built."""
    folder = tmp_path_factory.mktemp("course")
    for part in ("lib", "autograder", "nbgrader_config.py", "README.md"):
        source = course.root() / part
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / part)
    for part in ("solutions", "assignments"):
        (folder / part).mkdir()
    for name, text in FILES.items():
        assert f"`{name}`" in TEXT
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    listed = folder / "autograder" / "bank" / "__init__.py"
    listed.write_text(listed.read_text(encoding="utf-8").replace("ASSIGNMENTS = {\n", "ASSIGNMENTS = {\n" + ENTRY))
    made = run(folder, "-c", NOTEBOOK)
    assert made.returncode == 0, made.stderr
    built = run(folder, "-m", "autograder", "build", "16")
    assert built.returncode == 0, built.stderr
    return folder


def test_the_release_and_the_table_are_made(copy):
    release = nbformat.read(copy / "assignments" / NAME / f"{NAME}.ipynb", as_version=4)
    sources = {grade_id(cell): cell.source for cell in release.cells}
    assert "raise NotImplementedError" in sources["center_of_mass-solution"]
    assert sources["center_of_mass"] == "check(center_of_mass)"
    assert "[Heat maps](assignments/16-heat-maps/" in (copy / "README.md").read_text(encoding="utf-8")
    assert run(copy, "-m", "autograder", "build", "16", "--check").returncode == 0


def test_check_knows_right_and_wrong_and_the_hint(copy):
    path = copy / "assignments" / NAME / f"{NAME}.ipynb"
    fresh = path.read_text(encoding="utf-8")
    for words, expected, code in (
        ("    return reference(maps)", "✓ center_of_mass", 0),
        ("    return reference(maps).flip(1)", "You have the column first", 1),
    ):
        notebook = nbformat.reads(fresh, as_version=4)
        cell = next(cell for cell in notebook.cells if grade_id(cell) == "center_of_mass-solution")
        source = REFERENCE.partition("import torch")[2].replace("def center_of_mass", "def reference")
        cell.source = f"{source}\n\ndef center_of_mass(maps):\n{words}"
        nbformat.write(notebook, path)
        told = run(copy, "-m", "autograder", "check", "16")
        assert told.returncode == code and expected in told.stdout, told.stdout + told.stderr
    path.write_text(fresh, encoding="utf-8")
    assert "How heavy is each row" in run(copy, "-m", "autograder", "hint", "16", "center_of_mass").stdout


def test_the_made_up_class_is_graded_as_it_must_be(copy):
    told = run(copy, "-m", "autograder", "demo", "16")
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
