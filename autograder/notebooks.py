"""Notebooks as students hand them in: read what can be read, and put back what grading needs.

`repair` takes a submission and the release that it came from and returns a notebook whose graded cells are all
there, once each, with the release's metadata. Code that a student wrote is never changed.
"""

import ast
import copy
import hashlib
import json
import re
import threading
from collections import Counter
from functools import lru_cache
from uuid import uuid4

import nbformat
from nbformat.v4 import upgrade

MAX_BYTES = 50 * 2**20
MAX_CELLS = 2000
MAX_SOURCE = 2**20  # characters of code and text, without outputs and pictures; a page of them takes 1500 times that
MAX_PARSED = 250_000  # characters of code; what is parsed takes 600 times the memory
PREFIX = "course-"

# Python 3.11 counts how deep it is in a tree for all threads together, and stumbles if two of them are at it.
_PARSING = threading.Lock()


class Unreadable(ValueError):  # noqa: N818  what the file is
    """A file that is no notebook, with a sentence that says why."""


def read(path):
    """A notebook file in the current format. Raises Unreadable with one sentence."""
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise Unreadable(f"{path.name} has {size / 2**20:.0f} MB; clear its outputs and hand it in again")
        text = json.dumps(json.loads(path.read_text(encoding="utf-8-sig")), ensure_ascii=False)
        # Half a character, which JSON allows, could not be written to a file again.
        notebook = nbformat.reads(text.encode(errors="replace").decode(), as_version=4)
        if notebook.nbformat_minor < 5:
            notebook = upgrade(notebook, from_version=4, from_minor=notebook.nbformat_minor)
        if not isinstance(notebook.cells, list):
            raise Unreadable(f"{path.name} has no list of cells")
        for cell in notebook.cells:
            if not isinstance(cell.source, str) or cell.cell_type not in ("code", "markdown", "raw"):
                raise Unreadable(f"{path.name} has a cell that is no notebook cell")
        if len(notebook.cells) > MAX_CELLS:
            raise Unreadable(f"{path.name} has {len(notebook.cells)} cells, more than {MAX_CELLS}; take some out")
        if (size := sum(len(cell.source) for cell in notebook.cells)) > MAX_SOURCE:
            raise Unreadable(f"{path.name} has {size / 2**20:.1f} MB of code and text; put data into a file of its own")
        return notebook
    except Unreadable:
        raise
    except FileNotFoundError:
        raise Unreadable(f"{path.name} is not there") from None
    except Exception as error:  # nbformat raises whatever the file made it stumble over
        raise Unreadable(f"{path.name} cannot be read as a notebook ({type(error).__name__})") from None


def grade_id(cell):
    """The cell's name for nbgrader, or None."""
    data = cell.metadata.get("nbgrader")
    name = data.get("grade_id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else None


def is_test(cell):
    """Whether the cell is one where an exercise is judged: graded code that students do not write."""
    data = cell.metadata.get("nbgrader") or {}
    return cell.cell_type == "code" and bool(data.get("grade")) and not data.get("solution")


def repair(notebook, release):
    """A copy of the submission that can be graded and shown, and sentences that say what had to be put back.

    Of copies of a graded cell the last one counts; the others stay as ordinary cells.
    """
    notebook, notes = copy.deepcopy(notebook), []
    graded = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    last = {grade_id(cell): index for index, cell in enumerate(notebook.cells) if grade_id(cell) in graded}
    for index, cell in enumerate(notebook.cells):
        name = grade_id(cell)
        cell.metadata = nbformat.from_dict(_plain(cell.metadata))
        if name in graded and last[name] == index:
            original = graded[name]
            if cell.cell_type != original.cell_type:
                notebook.cells[index] = cell = nbformat.from_dict({**original, "source": cell.source})
                notes.append(f"the cell {name} had become another kind of cell; changed back.")
            if is_test(original) and cell.source.strip() != original.source.strip():
                cell.source = original.source
                notes.append(f"the test cell {name} had been edited; its original is used.")
            cell.metadata["nbgrader"] = copy.deepcopy(original.metadata["nbgrader"])
        else:
            cell.metadata.pop("nbgrader", None)
            if name in graded:
                notes.append(f"the cell {name} was there more than once; the last one counts.")
    for name, original in graded.items():
        if name not in last and original.metadata["nbgrader"].get("grade"):
            notebook.cells.insert(_place(notebook, release, name), copy.deepcopy(original))
            notes.append(f"the cell {name} was missing; put back.")
    texts = {cell.source for cell in release.cells}
    for cell in notebook.cells:
        if cell.cell_type != "code" and cell.source not in texts:
            _defuse(cell)
        _settle_pictures(cell)
        if cell.cell_type == "code":  # grading makes outputs of its own; those in the file may be anything
            cell.outputs, cell.execution_count = [], None
    make_ids_unique(notebook)
    notebook.metadata["kernelspec"] = copy.deepcopy(release.metadata.get("kernelspec", {}))
    return notebook, list(dict.fromkeys(notes))


def _plain(metadata):
    """Metadata that is a dict, with nbgrader's part a dict or absent, and tags a list of strings."""
    data = {key: value for key, value in dict(metadata).items() if key != "nbgrader" or isinstance(value, dict)}
    tags = data.get("tags", [])
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        data.pop("tags")
    return data


def _defuse(cell):
    """Make a student's text harmless as HTML: nbconvert would pass tags, raw cells and script links through."""
    source = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", cell.source)
    source = re.sub(r"&(?=#|tab;|newline;|colon;)", "&amp;", source, flags=re.IGNORECASE)
    cell.source = re.sub(r"(?i)\b(javascript|vbscript|data)\s*:(?=\S)", r"\1 :", source)
    cell.cell_type = "markdown"


def _settle_pictures(cell):
    """Pictures of the course's own texts give way to their descriptions, as do pictures that got lost.

    A class's feedback would carry them thousands of times, and nbconvert refuses a page with one that is missing.
    """
    own = grade_id(cell) is not None
    here = cell.get("attachments") or {}

    def settle(match):
        return match.group() if own and match.group(2) in here else f"*{match.group(1)}*"

    if cell.cell_type == "markdown":
        cell.source = re.sub(r"!\[([^\]]*)\]\(attachment:([^)]*)\)", settle, cell.source)
    if not own:
        cell.pop("attachments", None)


def _place(notebook, release, name):
    """Where a missing cell goes: after the nearest graded cell before it in the release that is still there."""
    order = [grade_id(cell) for cell in release.cells if grade_id(cell)]
    here = {grade_id(cell): index for index, cell in enumerate(notebook.cells) if grade_id(cell)}
    for earlier in reversed(order[: order.index(name)]):
        if earlier in here:
            return here[earlier] + 1
    return len(notebook.cells) if is_test(next(c for c in release.cells if grade_id(c) == name)) else 0


def make_ids_unique(notebook):
    """Give every cell an id of its own."""
    seen = set()
    for cell in notebook.cells:
        if not isinstance(cell.get("id"), str) or cell["id"] in seen:
            cell["id"] = uuid4().hex[:8]
        seen.add(cell["id"])


def given_id(cell):
    """The id of a cell as it is given out: a fingerprint of its text."""
    return PREFIX + hashlib.sha256(cell.source.strip().encode()).hexdigest()[:12]


def name_cells(notebook):
    """Give every cell of a release its id; of cells with the same text the later ones get a number."""
    seen = Counter()
    for cell in notebook.cells:
        name = given_id(cell)
        seen[name] += 1
        cell["id"] = name if seen[name] == 1 else f"{name}-{seen[name]}"


def is_untouched(cell):
    """Whether a cell is still as the course gave it out."""
    return re.fullmatch(given_id(cell) + r"(-\d+)?", cell.get("id", "")) is not None


def first_line(cell):
    """The first line of code in a cell that is no comment, magic or decorator: how people recognize it."""
    for line in cell.source.splitlines():
        if line.strip() and not line.lstrip().startswith(("#", "%", "!", "@")):
            return line.strip()[:60]
    return ""


def parsable(notebook):
    """Position -> source of the code cells, from the first to where there is too much to parse."""
    sources, left = {}, MAX_PARSED
    for index, cell in enumerate(notebook.cells):
        if cell.cell_type == "code" and (left := left - len(cell.source)) >= 0:
            sources[index] = cell.source
    return sources


def parsed(source):
    """The syntax tree, or None where it is no Python."""
    try:
        with _PARSING:
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def names_used(notebook):
    """For each function that the notebook defines at its top level, the names that its body uses."""
    used = {}
    for source in parsable(notebook).values():
        used |= _names_of_functions(source)
    return used


@lru_cache(maxsize=256)  # most cells of a class are the same
def _names_of_functions(source):
    functions = [node for node in getattr(parsed(source), "body", ()) if isinstance(node, ast.FunctionDef)]
    return {one.name: {node.id for node in ast.walk(one) if isinstance(node, ast.Name)} for one in functions}
