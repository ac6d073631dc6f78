"""From `lib` and the solution notebooks to everything that is generated.

    solution cell   the function of `lib`, to the letter, with its body between the solution marks
    test cell       check(name), with the exercise's points
    outputs         by running the notebook, again only if the code in its cells has changed
    pictures        what a cell tagged picture:NAME shows, wherever a text says attachment:NAME.jpg (or .png),
                    so that a student sees the expected picture before having made it
    tables          what a cell of any notebook tagged table:NAME shows, wherever a text of any notebook has the
                    marks <!-- table:NAME of NOTEBOOK --> and <!-- end of table -->
    hand-in         what the last text of every notebook says from "## Hand in" on
    release         by nbgrader, from the solution
    README          table, pictures and counts, from the notebooks (readme.py)

`problems` finds what is stale and changes nothing.
"""

import ast
import hashlib
import inspect
import json
import re
import shutil
import tempfile
import textwrap
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path
from time import perf_counter

import nbformat
from PIL import Image

from autograder import bank, course, online, readme
from autograder.notebooks import grade_id, is_test, name_cells
from autograder.with_nbgrader import nbgrader_config, run_converter

DIGEST = "executed"
WIDGET = "application/vnd.jupyter.widget-view+json"
LONG = 4  # seconds; what is imported takes two
LARGEST = 1_000_000  # bytes of a notebook; beyond that, pictures in texts are made smaller
TABLES = re.compile(r"(<!-- table:([\w-]+) of ([\w-]+) -->\n).*?(<!-- end of table -->)", re.DOTALL)
HAND_IN = """## Hand in

Save, and in a terminal, in the course's folder, run

```
python -m autograder pack {number} --id YOUR-ID
```

It runs the saved notebook from top to bottom as grading will, in a fresh process, tells you what is right, and writes
`{name}.YOUR-ID.ipynb`, without outputs and without traces of your machine: hand in that file where your
instructor asks for it. If an exercise that was right is wrong there, it used something from an older state of your
notebook. Whoever learns alone runs `python -m autograder check {number}`, which judges alike and writes nothing."""


def with_marks(function):
    """The source of a function, its body after the docstring between nbgrader's solution marks."""
    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    lines = source.rstrip("\n").splitlines()
    after = definition.body[0].end_lineno if ast.get_docstring(definition) else definition.body[0].lineno - 1
    return "\n".join([*lines[:after], "    ### BEGIN SOLUTION", *lines[after:], "    ### END SOLUTION"])


def put_functions(notebook, assignment):
    """Write the functions, checks and points into a notebook's graded cells. Returns whether anything changed."""
    before = json.dumps(notebook, sort_keys=True)
    for cell in notebook.cells:
        name = grade_id(cell)
        if name and name.endswith("-solution"):
            cell.source = with_marks(bank.exercise(name.removesuffix("-solution")).reference)
            cell.metadata["nbgrader"] = _metadata(name, solution=True)
        elif is_test(cell):
            cell.source = f"check({name})"
            cell.metadata["nbgrader"] = _metadata(name, grade=True, locked=True, points=bank.exercise(name).points)
        elif cell.cell_type == "markdown":
            cell.source = TABLES.sub(_with_rows, cell.source)
        if "## Hand in" in cell.source and cell is notebook.cells[-1]:
            words = HAND_IN.format(number=assignment[:2], name=assignment)
            cell.source = cell.source.partition("## Hand in")[0] + words
        tags = cell.metadata.get("tags", [])
        if "show" in tags and "nbval-skip" not in tags:
            cell.metadata["tags"] = [*tags, "nbval-skip"]
    return json.dumps(notebook, sort_keys=True) != before


def _with_rows(marks):
    start, name, notebook, end = marks.groups()
    return f"{start}\n{table(notebook, name)}\n\n{end}"


def table(notebook, name):
    """The table that a cell tagged table:NAME of a solution notebook shows. Raises ValueError if there is none."""
    for cell in nbformat.read(course.solution(notebook), as_version=4).cells:
        if f"table:{name}" in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "text/markdown" in output.get("data", {}):
                    return output["data"]["text/markdown"].strip()
    raise ValueError(f"{notebook} has no cell that is tagged table:{name} and shows a table")


def _metadata(name, grade=False, solution=False, locked=False, points=None):
    data = {"grade": grade, "grade_id": name, "locked": locked, "solution": solution, "task": False}
    return {**data, "schema_version": 3} | ({} if points is None else {"points": points})


def digest(notebook):
    """A fingerprint of what is executed: the code cells and their tags."""
    code = [(cell.source, cell.metadata.get("tags", [])) for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(code).encode()).hexdigest()[:16]


def execute(notebook, folder):
    """Run every cell of a notebook in `folder` and keep what it shows. Raises if a cell fails.

    returns: [(number, seconds), ...] of the cells in which a reader waits for long and sees no progress.
    """
    from nbclient import NotebookClient

    begun, waits = {}, []

    def begin(cell, cell_index):
        begun[cell_index] = perf_counter()

    def end(cell, cell_index, execute_reply):
        seconds = perf_counter() - begun[cell_index]
        if seconds > LONG and not any(map(_is_progress, cell.outputs)):
            waits.append((cell_index, seconds))

    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    client = NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": folder}},
        extra_arguments=["--log-level=ERROR"], on_cell_start=begin, on_cell_executed=end,
    )  # fmt: skip
    client.execute()
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            # Warnings and progress bars are of the machine that built it, not of the course.
            cell.outputs = [
                output
                for output in cell.outputs
                if output.get("name") != "stderr" and WIDGET not in output.get("data", {})
            ]
    notebook.metadata.pop("widgets", None)
    attach_pictures(notebook)
    for scale in (0.8, 0.7, 0.6):
        if len(nbformat.writes(notebook).encode()) > LARGEST:
            attach_pictures(notebook, scale)
    notebook.metadata[DIGEST] = digest(notebook)
    return waits


def _is_progress(output):
    """Whether an output is a bar of tqdm's."""
    return WIDGET in output.get("data", {}) or (output.get("name") == "stderr" and "%|" in output.get("text", ""))


def attach_pictures(notebook, scale=1):
    """Put the pictures that cells show into the texts that refer to them. Raises ValueError for a missing one.

    scale: makes photographs in texts smaller than those that the cells show.
    """
    pictures = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("picture:"):
                shown = [output.get("data", {}) for output in cell.outputs]
                for kind, ending in (("image/jpeg", "jpg"), ("image/png", "png")):
                    for data in shown:
                        if kind in data:
                            shrunk = _smaller(data[kind], scale) if ending == "jpg" and scale < 1 else data[kind]
                            pictures[f"{tag.removeprefix('picture:')}.{ending}"] = {kind: shrunk}
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            wanted = re.findall(r"attachment:([\w.-]+)", cell.source)
            missing = [name for name in wanted if name not in pictures]
            if missing:
                raise ValueError(f"no cell shows {missing[0]}, which a text refers to; tag one picture:NAME")
            cell.pop("attachments", None)
            if wanted:
                cell["attachments"] = {name: pictures[name] for name in wanted}


def _smaller(jpeg, scale):
    """A JPEG in base64, its sides times `scale`."""
    picture, buffer = Image.open(BytesIO(b64decode(jpeg))), BytesIO()
    picture.resize([round(side * scale) for side in picture.size], Image.Resampling.LANCZOS).save(
        buffer, "JPEG", quality=60, optimize=True
    )
    return b64encode(buffer.getvalue()).decode()


def build(name, say=print, force=False):
    """Bring one assignment up to date: solution cells, outputs, release."""
    path = course.solution(name)
    notebook = nbformat.read(path, as_version=4)
    changed = put_functions(notebook, name)
    stale = force or notebook.metadata.get(DIGEST) != digest(notebook)
    if stale:
        say(f"{name}: running the solution notebook")
        for number, seconds in execute(notebook, str(path.parent)):
            say(f"{name}: cell {number} took {seconds:.1f} s and showed no progress (tqdm, or lib.progress)")
    if changed or stale:
        nbformat.write(notebook, path)
        say(f"{name}: solution notebook written")
    fresh = release_text(name)
    target = course.release(name)
    if not target.exists() or target.read_text(encoding="utf-8") != fresh:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fresh, encoding="utf-8")
        say(f"{name}: release written")
    for other in _quoting(name) if stale else ():
        build(other, say)


def _quoting(name):
    """The other assignments whose texts show a table of this one."""
    paths = {other: course.solution(other) for other in bank.ASSIGNMENTS if other != name}
    return [
        other
        for other, path in paths.items()
        if path.exists() and f" of {name} -->" in path.read_text(encoding="utf-8")
    ]


def problems(names):
    """Sentences that say what is stale; none if all is as a build would leave it."""
    found = []
    for name in names:
        if not course.solution(name).exists():
            found.append(f"{name}: there is no solution notebook")
            continue
        notebook = nbformat.read(course.solution(name), as_version=4)
        if put_functions(notebook, name):
            found.append(f"{name}: a solution or test cell differs from lib and the exercises")
        if notebook.metadata.get(DIGEST) != digest(notebook):
            found.append(f"{name}: the solution notebook has not been run since its code changed")
        target = course.release(name)
        if not target.exists() or target.read_text(encoding="utf-8") != release_text(name):
            found.append(f"{name}: the release differs from what the solution gives")
    found += readme.problems()
    return found


def release_text(name):
    """The release of an assignment as nbgrader makes it, as the text of an .ipynb file."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import SaveCells

    steps = GenerateAssignment.class_traits()["preprocessors"].make_dynamic_default()
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "solutions" / name
        source.mkdir(parents=True)
        shutil.copy(course.solution(name), source)
        config = nbgrader_config(scratch)
        config.CourseDirectory.assignment_id = name
        config.GenerateAssignment.no_database = True
        config.GenerateAssignment.preprocessors = [step for step in steps if step is not SaveCells]
        run_converter(GenerateAssignment, config)
        notebook = nbformat.read(Path(scratch) / "assignments" / name / f"{name}.ipynb", as_version=4)
    for key in (DIGEST, "celltoolbar"):
        notebook.metadata.pop(key, None)
    online.prepare(notebook, name)
    name_cells(notebook)
    return nbformat.writes(notebook) + "\n"
