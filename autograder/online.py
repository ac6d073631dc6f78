"""Opening a notebook on a rented machine: Colab and Binder, once the course is published on GitHub.

Where it is published stands in pyproject.toml, as Repository under [project.urls]. Without that there are no badges and
no first cell. Binder installs requirements.txt by itself, with the Python of runtime.txt.
"""

import re
import tomllib

from nbformat.v4 import new_code_cell

from autograder import course

COLAB = "https://colab.research.google.com/github/{place}/blob/main/assignments/{name}/{name}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{place}/main?labpath=assignments/{name}/{name}.ipynb"
FETCH = """\
# On a rented machine such as Colab: fetch the course. Where it is installed, this does nothing.
import importlib.util
import sys

if importlib.util.find_spec("autograder") is None:
    !git clone --quiet --depth 1 {url} course
    %pip install --quiet --no-deps {network}
    sys.path.insert(0, "course")"""


def repository():
    """The URL of the course on GitHub, or None."""
    path = course.root() / "pyproject.toml"
    settings = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {"project": {}}
    url = settings["project"].get("urls", {}).get("Repository", "")
    return url.rstrip("/") if re.fullmatch(r"https://github\.com/[\w.-]+/[\w.-]+/?", url) else None


def badges(name):
    """Links that open the release of an assignment, in Markdown; "" where the course is not published."""
    url = repository()
    if url is None:
        return ""
    place = url.removeprefix("https://github.com/")
    links = {"Colab": COLAB.format(place=place, name=name), "Binder": BINDER.format(place=place, name=name)}
    return " ".join(f"[Open in {where}]({link})" for where, link in links.items())


def prepare(notebook, name):
    """Put badges and the first cell into a release, where the course is published."""
    if repository() is None:
        return
    notebook.cells[0].source += f"\n\n{badges(name)}"
    requirements = (course.root() / "requirements.txt").read_text(encoding="utf-8")
    network = next(line for line in requirements.splitlines() if line.startswith("efficientnet"))
    source = FETCH.format(url=repository(), network=network)
    notebook.cells.insert(1, new_code_cell(source, metadata={"tags": ["show", "nbval-skip"]}))
