"""The README and the pages beside it say what is so: generated parts, links, commands, pictures."""

import re
import subprocess
import sys

import pytest
from PIL import Image

from autograder import bank, course, readme

ROOT = course.root()
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "autograder/README.md", "autograder/term.md",
         "autograder/adding.md", "autograder/many-machines.md")  # fmt: skip


def text(page):
    return (ROOT / page).read_text(encoding="utf-8")


def test_what_is_generated_is_up_to_date():
    assert readme.problems() == []


def test_a_stale_table_or_picture_is_found(monkeypatch, tmp_path):
    monkeypatch.setattr(readme, "goal", lambda notebook: ("other words", "b3RoZXI="))
    found = readme.problems()
    assert any("course.jpg" in one for one in found) and any("table" in one for one in found)


def test_the_table_names_every_assignment_with_a_picture_that_has_words():
    for name in bank.ASSIGNMENTS:
        row = next(line for line in text("README.md").splitlines() if line.startswith(f"| {name[:2]} |"))
        assert f"(assignments/{name}/{name}.ipynb)" in row and re.search(r'alt="[^"]{10,}"', row)
        with Image.open(ROOT / readme.PICTURES / f"{name[:2]}.jpg") as picture:
            assert picture.width == 2 * readme.WIDTH
    assert sum(path.stat().st_size for path in (ROOT / readme.PICTURES).iterdir()) < 600_000


def test_the_counts_are_those_of_the_bank():
    every = [exercise for name in bank.ASSIGNMENTS for exercise in bank.exercises(name)]
    words = " ".join(text("README.md").split())
    assert f"{len(every)} exercises" in words
    assert f"{sum(len(exercise.mistakes) for exercise in every)} mistakes" in words


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)\)", text(page)):
        if not target.startswith("http"):
            assert ((ROOT / page).parent / target).exists(), target


def test_every_command_that_is_named_is_one():
    told = {}
    for page in PAGES:
        for words in re.findall(r"python -m autograder ((?:export )?[a-z]+)", text(page)):
            told.setdefault(words, page)
    helps = {}
    for group in ((), ("export",)):
        command = [sys.executable, "-W", "ignore", "-m", "autograder", *group, "--help"]
        helps[group] = subprocess.run(command, cwd=ROOT, capture_output=True, text=True).stdout
    for words, page in told.items():
        *group, name = words.split()
        assert re.search(rf"│ {name}\b", helps[tuple(group)]), f"{page}: {words}"


def test_make_has_every_target_that_is_named():
    makefile = text("Makefile")
    for page in PAGES:
        for target in re.findall(r"\bmake ([a-z]+)(?=[ `\n]*(?:NAME|#|`|\n))", text(page)):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{page}: make {target}"


def test_the_number_of_attacks_is_that_of_the_suite():
    sys.path.insert(0, str(ROOT / "tests" / "attacks"))
    from attacks import ESCAPES, FORGERIES, RUINS

    count = len(FORGERIES) + len(RUINS) + len(ESCAPES)
    assert f"| {count} of {count} | `pytest tests/attacks` |" in text("README.md")
