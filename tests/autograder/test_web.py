"""The web edition: every page, every picture with words, and nothing that solves an exercise."""

import html
import re

import pytest
from making import ALL
from mkdocs.commands.build import build
from mkdocs.config import load_config
from test_release import body

from autograder import bank, web


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    web.write(folder)
    build(load_config(str(folder / "mkdocs.yml"), site_dir=str(folder / "site"), strict=True))
    return folder


def pages(site):
    return {path.name: path.read_text(encoding="utf-8") for path in (site / "site").glob("*.html")}


def test_there_is_a_page_for_each_assignment_and_the_first_one_leads_to_all(site):
    assert {f"{name}.html" for name in bank.ASSIGNMENTS} < set(pages(site))
    for name in bank.ASSIGNMENTS:
        assert f'href="{name}.html"' in pages(site)["index.html"]


def test_every_picture_is_there_and_has_words(site):
    for name, text in pages(site).items():
        pictures = re.findall(r"<img[^>]*>", text)
        assert pictures or name in ("404.html", "search.html")
        for picture in pictures:
            source, alt = (re.search(rf'{key}="([^"]*)"', picture) for key in ("src", "alt"))
            assert alt and len(alt.group(1)) > 10, picture
            assert (site / "site" / source.group(1)).exists(), picture


def test_formulas_reach_the_page_as_they_were_written(site):
    assert r"\sum_i a_i^2" in pages(site)["06-deepdream.html"]


def test_nothing_solves_an_exercise_or_speaks_to_those_who_write_code(site):
    text = html.unescape("\n".join((site / "docs" / f"{name}.md").read_text() for name in bank.ASSIGNMENTS))
    for _, exercise in ALL:
        assert not [line for line in body(exercise.reference) if line in text]
    for word in ("<details>", "attachment:", "Before you write code", "Model answer", "BEGIN SOLUTION", "Hand in"):
        assert word not in text, word
