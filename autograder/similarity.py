"""Submissions whose code is alike, found by copydetect (winnowed fingerprints of tokens), for a person to read.

Compared is what students wrote themselves: code cells that are not in the release, without docstrings and comments,
every name replaced by one letter. What the release says is taken out as well. The share of a pair is the part of the
smaller one's code, by tokens, that stands in the other one too. PASSAGE and WINDOW are sized for functions of a few
lines: a passage of 25 characters of the form `V=V.V(V)*V` is always found, one below 20 never counts.
"""

import ast
from collections import Counter
from dataclasses import dataclass, field, replace
from statistics import median

import numpy as np
from markupsafe import Markup
from tqdm import tqdm

from autograder import course
from autograder.notebooks import Unreadable, parsed, read
from autograder.report import template

PASSAGE, WINDOW = 20, 6  # characters of filtered code
ENOUGH = 150  # characters of filtered code below which nothing can be said
SIDE_BY_SIDE = 40  # pairs; the table above them has all
# A share is measured passage by passage, which takes long; the part of the passages that two have in common is found
# for all pairs at once, and was at most 0.13 below it wherever a share was 0.8 or more (45,000 pairs of one class).
BELOW = 0.2
ROWS = 200  # submissions compared with all others at once


@dataclass(frozen=True)
class Pair:
    """Two students and the share of the smaller one's code that the other one has too.

    spread: in how many submissions a shared passage stands, the median. 2 says: in these two and nowhere else.
    code:   of both as HTML, the shared passages marked; None for pairs that are not shown side by side.
    """

    first: str
    second: str
    share: float
    spread: float
    code: tuple[str, str] | None = field(default=None, repr=False)


@dataclass
class Found:
    """The pairs, most alike first; how many submissions were compared; (student, reason) for the others."""

    pairs: list[Pair]
    compared: int
    left_out: list[tuple[str, str]]
    threshold: float


class Fingerprint:
    """What copydetect compares, under its names. Its own class hashes by Python's hash, which differs in every run."""

    k = PASSAGE

    def __init__(self, code, given=()):
        """given: passages that do not count."""
        from copydetect.utils import filter_code, get_token_coverage, winnow

        self.raw_code = code
        self.filtered_code, self.offsets = filter_code(code, "submission.py")
        passages = _hashed(self.filtered_code)
        hashes, places = winnow(passages, WINDOW, remove_duplicates=False) if len(passages) else ((), ())
        self.hash_idx = {}
        for passage, place in zip(hashes, places):
            if passage not in given:
                self.hash_idx.setdefault(passage, []).append(place)
        self.hashes = set(self.hash_idx)
        self.token_coverage = get_token_coverage(self.hash_idx, PASSAGE, len(self.filtered_code))


def _hashed(code):
    """A number for each passage of PASSAGE characters: a polynomial in them, modulo 2^64."""
    letters = np.frombuffer(code.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    if len(letters) < PASSAGE:
        return np.zeros(0, np.uint64)
    powers = np.uint64(0x9E3779B97F4A7C15) ** np.arange(PASSAGE, dtype=np.uint64)
    return np.lib.stride_tricks.sliding_window_view(letters, PASSAGE) @ powers


def compare(submitted, assignment, threshold):
    """Compare all submissions of an assignment in a folder of submissions."""
    from copydetect.utils import filter_code

    release = {cell.source for cell in read(course.release(assignment)).cells if cell.cell_type == "code"}
    given = set(_hashed(filter_code("\n".join(map(without_docstrings, sorted(release))), "release.py")[0]))
    prints, left_out = {}, []
    for path in sorted(submitted.glob(f"*/{assignment}")):
        try:
            code = own_code(read(path / f"{assignment}.ipynb"), release)
        except Unreadable as error:
            left_out.append((path.parent.name, str(error)))
            continue
        one = Fingerprint(code, given)
        if one.token_coverage < ENOUGH:
            left_out.append((path.parent.name, "too little code of their own"))
        else:
            prints[path.parent.name] = one
    return Found(_pairs(prints, threshold), len(prints), left_out, threshold)


def _pairs(prints, threshold):
    from copydetect import compare_files

    stands_in = Counter(passage for one in prints.values() for passage in one.hashes)
    found, names = [], list(prints)
    for one, other in _near(list(prints.values()), threshold - BELOW):
        first, second = prints[names[one]], prints[names[other]]
        share = min(1.0, float(max(compare_files(first, second)[1])))
        if share >= threshold:
            spread = median(stands_in[passage] for passage in first.hashes & second.hashes)
            found.append(Pair(names[one], names[other], share, spread))
    found.sort(key=lambda pair: (-pair.share, pair.spread, pair.first, pair.second))
    for index, pair in enumerate(found[:SIDE_BY_SIDE]):
        one, other = prints[pair.first], prints[pair.second]
        slices = compare_files(one, other)[2]
        found[index] = replace(pair, code=(_marked(one.raw_code, slices[0]), _marked(other.raw_code, slices[1])))
    return found


def _near(prints, least):
    """Positions of the pairs that have at least this part of the smaller one's passages in common."""
    from scipy.sparse import csr_array

    sizes = np.array([len(one.hashes) for one in prints])
    passages, columns = np.unique(np.concatenate([list(one.hashes) for one in prints] or [[]]), return_inverse=True)
    rows = np.repeat(np.arange(len(prints)), sizes)
    table = csr_array((np.ones(len(rows), np.int32), (rows, columns)), shape=(len(prints), max(1, len(passages))))
    for start in tqdm(range(0, len(prints), ROWS), "comparing", disable=None):
        shared = (table[start : start + ROWS] @ table.T).tocoo()
        one, other = shared.coords[0] + start, shared.coords[1]
        near = (one < other) & (shared.data >= least * np.minimum(sizes[one], sizes[other]))
        yield from zip(one[near].tolist(), other[near].tolist())


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
    if (tree := parsed(source)) is None:
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
