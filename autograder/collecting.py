"""From what students sent, however it came, to submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb.

    packed     03-grad-cam.ada.ipynb                                    as `pack` writes it
    a folder   ada/anything.ipynb                                       one folder a student
    Canvas     lovelaceada_1234_5678_03-grad-cam.ipynb                  a zip of all submissions
    Moodle     Ada Lovelace_1234_assignsubmission_file/anything.ipynb   a zip of all submissions

What the learning management system says about who sent a file counts, not what is in the file: there, a student could
write somebody else's name.
"""

import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from autograder import bank
from autograder.notebooks import MAX_BYTES

CANVAS = re.compile(r"(?P<student>[^_/]+)_(?:LATE_)?\d+_\d+_(?P<file>.+)")
MOODLE = re.compile(r"(?P<student>[^/]+?)_\d+_assignsubmission_file_?")
COPY = re.compile(r" ?\(\d+\)$")  # what browsers add to the name of a second download


@dataclass
class Collected:
    """What became of the files.  new, replaced, same: students.  left: (file, why)."""

    new: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)


def collect(sources, assignment, submitted, replace=False):
    """Put notebooks where grading looks for them.

    sources:   files, zip files and folders.
    submitted: the folder that holds a folder a student.
    replace:   whether a newer file takes the place of another that the student handed in before.
    returns:   Collected. Two files of one student are both left alone, since which one counts is for a person to say.
    Raises ValueError for a source that is not there or no zip.
    """
    done, by_student = Collected(), {}
    for source in map(Path, sources):
        for name, content in _files(source, done):
            student, problem = whose(name, assignment)
            if problem:
                done.left.append((name, problem))
            else:
                by_student.setdefault(student, []).append((name, content))
    for student, files in sorted(by_student.items()):
        if len({content for _, content in files}) > 1:
            done.left += [(name, f"one of {len(files)} different files of {student}; give one") for name, _ in files]
            continue
        name, content = files[0]
        path = Path(submitted) / student / assignment / f"{assignment}.ipynb"
        if path.exists() and path.read_bytes() == content:
            done.same.append(student)
        elif path.exists() and not replace:
            done.left.append((name, f"{student} handed in another file before; --replace takes the new one"))
        else:
            (done.replaced if path.exists() else done.new).append(student)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return done


def whose(name, assignment):
    """(student, "") for the path of a notebook inside its source, or ("", why nobody can tell)."""
    path = PurePosixPath(name)
    parts = (*path.parts[:-1], path.name.removesuffix(".ipynb"))
    if other := [part for part in parts for known in bank.ASSIGNMENTS if known != assignment and known in part]:
        return "", f"is of another assignment, as {other[0]!r} says"
    stem = COPY.sub("", parts[-1])
    for part in parts[:-1]:
        if match := MOODLE.fullmatch(part):
            return _safe(match["student"])
    if stem.startswith(f"{assignment}."):
        return _safe(stem.removeprefix(f"{assignment}."))
    if match := CANVAS.fullmatch(stem):
        return _safe(match["student"])
    if folders := [part for part in parts[:-1] if part != assignment]:
        return _safe(folders[-1])
    return "", f"its name does not say whose it is; call it {assignment}.STUDENT.ipynb, or put it into a folder STUDENT"


def _safe(student):
    """A student's name can be a folder: no separators, no hidden files, no + (which nbgrader splits at)."""
    student = student.strip()
    if not student or student.startswith(".") or re.search(r"[/\\+:*?\"<>|\x00-\x1f]", student):
        return "", f"{student!r} cannot be the name of a student's folder"
    return student, ""


def _files(source, done):
    """(path inside the source, content) of every notebook in it."""
    if source.is_dir():
        for path in sorted(source.rglob("*.ipynb")):
            name = path.relative_to(source).as_posix()
            if path.is_symlink() or not path.is_file() or _hidden(name):
                done.left.append((name, "not a plain file")) if not _hidden(name) else None
            elif path.stat().st_size > MAX_BYTES:
                done.left.append((name, _large()))
            else:
                yield name, path.read_bytes()
    elif source.suffix == ".ipynb" and source.is_file():
        yield source.name, source.read_bytes()
    elif source.is_file() and zipfile.is_zipfile(source):
        yield from _zipped(source, done)
    else:
        raise ValueError(f"{source} is no folder, no zip file and no notebook; give what your students' files came in")


def _zipped(source, done):
    """The notebooks of a zip, read with a bound: what its directory says about sizes is the sender's word."""
    with zipfile.ZipFile(source) as archive:
        for entry in archive.infolist():
            if not entry.filename.endswith(".ipynb") or entry.is_dir() or _hidden(entry.filename):
                continue
            try:
                with archive.open(entry) as file:
                    content = file.read(MAX_BYTES + 1)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError) as error:
                done.left.append((entry.filename, f"cannot be unpacked ({error})"))
                continue
            if len(content) > MAX_BYTES:
                done.left.append((entry.filename, _large()))
            else:
                yield entry.filename, content


def _hidden(name):
    """Checkpoints, and what macOS puts into zips."""
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _large():
    return f"larger than {MAX_BYTES // 2**20} MB; ask for it with its outputs cleared"
