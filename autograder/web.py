"""The course's texts and pictures as a web site, for reading: no code, no hints, no solutions.

    python -m autograder.web FOLDER     writes pages and a configuration for MkDocs; `make site` builds it
"""

import re
import sys
from base64 import b64decode
from pathlib import Path

import nbformat
import yaml

from autograder import bank, course, readme

DETAILS = re.compile(r"<details>.*?</details>\s*", re.DOTALL)
HAND_IN = re.compile(r"^## (Hand in|Written questions)\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
BEFORE = re.compile(r"^\*\*Before you write code:\*\*.*?(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)
PICTURE = re.compile(r"!\[([^\]]*)\]\(attachment:([\w.-]+)\)")
MATHJAX = "https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-mml-chtml.js"
SETTINGS = {
    "site_name": "Looking into networks",
    "theme": {"name": "readthedocs", "highlightjs": False},
    "use_directory_urls": False,
    "markdown_extensions": [{"pymdownx.arithmatex": {"generic": True}}, "tables", "attr_list"],
    "extra_javascript": ["math.js", MATHJAX],
}
MATH = "window.MathJax = {tex: {inlineMath: [['\\\\(', '\\\\)']], displayMath: [['\\\\[', '\\\\]']]}};\n"


def write(folder):
    """Write mkdocs.yml and docs/ with a page for each assignment and a first page with all of them."""
    folder = Path(folder)
    docs = folder / "docs"
    docs.mkdir(parents=True, exist_ok=True)
    (docs / "math.js").write_text(MATH, encoding="utf-8")
    pages = [{"Looking into networks": "index.md"}]
    tiles = []
    for name in bank.ASSIGNMENTS:
        notebook = nbformat.read(course.release(name), as_version=4)
        title = notebook.metadata["course"]["title"]
        (docs / f"{name}.md").write_text(page(notebook, docs, name), encoding="utf-8")
        pages.append({f"{name[:2]} {title}": f"{name}.md"})
        tiles.append(tile(name, title, docs))
    (docs / "index.md").write_text(first_page(docs) + "\n\n".join(tiles) + "\n", encoding="utf-8")
    settings = yaml.safe_dump(SETTINGS | {"nav": pages}, sort_keys=False, allow_unicode=True)
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")


def page(notebook, docs, name):
    """The texts of a release as Markdown; their pictures are written to docs/pictures."""
    texts = []
    for cell in notebook.cells:
        graded = cell.metadata.get("nbgrader")
        if cell.cell_type != "markdown" or graded:
            continue
        for file, data in cell.get("attachments", {}).items():
            path = docs / "pictures" / f"{name[:2]}-{file}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b64decode(next(iter(data.values()))))
        text = PICTURE.sub(rf"![\1](pictures/{name[:2]}-\2)", readable(cell.source))
        texts.append(text.strip())
    return "\n\n".join(filter(None, texts)) + "\n"


def readable(source):
    """A text without what is only for those who write code, and with a card's title as a title."""
    text = BEFORE.sub("", HAND_IN.sub("", DETAILS.sub("", source)))
    return re.sub(r"^### Exercise (\d+) · (.*?) &nbsp;.*$", r"### \2", text, flags=re.MULTILINE)


def tile(name, title, docs):
    """An assignment on the first page: its picture and its name, both leading to it."""
    alt, data = readme.goal(nbformat.read(course.release(name), as_version=4))
    (docs / "pictures").mkdir(exist_ok=True)
    small = course.root() / readme.PICTURES / f"{name[:2]}.jpg"
    (docs / "pictures" / small.name).write_bytes(small.read_bytes())
    return f"**[{name[:2]} {title}]({name}.md)**\n\n[![{alt}](pictures/{small.name}){{ width=360 }}]({name}.md)"


def first_page(docs):
    """What the README says first, with its picture."""
    text = (course.root() / "README.md").read_text(encoding="utf-8").partition("\n```")[0]
    (docs / "pictures").mkdir(exist_ok=True)
    banner = course.root() / readme.PICTURES / "course.jpg"
    (docs / "pictures" / "course.jpg").write_bytes(banner.read_bytes())
    return text.replace(f"]({readme.PICTURES}/", "](pictures/") + "\n\n"


if __name__ == "__main__":
    write(sys.argv[1])
