"""Submissions whose code is alike, found by copydetect (winnowed fingerprints of tokens), for a person to read.

Compared is what students wrote themselves: code cells that are not in the release, without docstrings and comments,
every name replaced by one letter. What the release says is taken out as well. The share of a pair is the part of the
smaller one's code, by tokens, that stands in the other one too. PASSAGE and WINDOW are sized for functions of a few
lines: a passage of 25 characters of the form `V=V.V(V)*V` is always found, one below 20 never counts.
"""

import ast
import io
from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from statistics import median

import numpy as np
from markupsafe import Markup
from tqdm import tqdm

from autograder import course
from autograder.notebooks import Unreadable, read
from autograder.report import template

PASSAGE, WINDOW = 20, 6  # characters of filtered code
ENOUGH = 150  # characters of filtered code below which nothing can be said
SIDE_BY_SIDE = 40  # pairs; the table above them has all


@dataclass(frozen=True)
class Pair:
    """Two students and the share of the smaller one's code that the other one has too.

    spread: in how many submissions a shared passage stands, the median. 2 says: in these two and nowhere else.
    """

    first: str
    second: str
    share: float
    spread: float
    code: tuple[str, str] = field(repr=False)  # as HTML, the shared passages marked


@dataclass
class Found:
    """The pairs, most alike first; how many submissions were compared; (student, reason) for the others."""

    pairs: list[Pair]
    compared: int
    left_out: list[tuple[str, str]]
    threshold: float


def compare(submitted, assignment, threshold):
    """Compare all submissions of an assignment in a folder of submissions."""
    from copydetect import CodeFingerprint
    from copydetect.utils import filter_code, hashed_kgrams

    release = {cell.source for cell in read(course.release(assignment)).cells if cell.cell_type == "code"}
    given = filter_code("\n".join(map(without_docstrings, release)), "release.py")[0]
    given = np.unique(hashed_kgrams(given, PASSAGE))
    prints, left_out = {}, []
    for path in sorted(submitted.glob(f"*/{assignment}")):
        try:
            code = own_code(read(path / f"{assignment}.ipynb"), release)
        except Unreadable as error:
            left_out.append((path.parent.name, str(error)))
            continue
        one = CodeFingerprint("submission.py", PASSAGE, WINDOW, boilerplate=given, fp=io.StringIO(code))
        if one.token_coverage < ENOUGH:
            left_out.append((path.parent.name, "too little code of their own"))
        else:
            prints[path.parent.name] = one
    return Found(_pairs(prints, threshold), len(prints), left_out, threshold)


def _pairs(prints, threshold):
    from copydetect import compare_files

    stands_in = Counter(passage for one in prints.values() for passage in one.hashes)
    found, count = [], len(prints) * (len(prints) - 1) // 2
    pairs = combinations(prints.items(), 2)
    for (first, one), (second, other) in tqdm(pairs, "comparing", count, unit="pair", disable=None):
        shared = one.hashes & other.hashes
        # Counting shared passages is quick and nearly the share; only what comes near is measured.
        if not shared or len(shared) < (threshold - 0.3) * min(len(one.hashes), len(other.hashes)):
            continue
        _, shares, slices = compare_files(one, other)
        share = min(1.0, float(max(shares)))
        if share >= threshold:
            spread = median(stands_in[passage] for passage in shared)
            code = _marked(one.raw_code, slices[0]), _marked(other.raw_code, slices[1])
            found.append(Pair(first, second, share, spread, code))
    return sorted(found, key=lambda pair: (-pair.share, pair.spread, pair.first, pair.second))


def _marked(code, slices):
    from copydetect.utils import highlight_overlap

    return Markup(highlight_overlap(code, slices.astype(int), "<mark>", "</mark>", escape_html=True)[0])


def own_code(notebook, release):
    """What a student wrote: the code cells that the release does not have, without docstrings."""
    cells = (cell.source for cell in notebook.cells if cell.cell_type == "code" and cell.source not in release)
    return "\n\n".join(filter(None, (without_docstrings(source).strip() for source in cells)))


def without_docstrings(source):
    """Python source without docstrings; as it is where it is no Python."""
    lines = source.splitlines()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and ast.get_docstring(node, False):
            first = node.body[0]
            lines[first.lineno - 1 : first.end_lineno] = [None] * (first.end_lineno - first.lineno + 1)
    return "\n".join(line for line in lines if line is not None)


def write(path, found, assignment):
    """Write the page."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page = template("similarity.html.j2").render(found=found, assignment=assignment, shown=found.pairs[:SIDE_BY_SIDE])
    path.write_text(page, encoding="utf-8")
