"""Our sandbox and judge inside nbgrader: `nbgrader autograde` and formgrader's button run this.

nbgrader reads a submission (`SubmissionExporter`), writes a sanitized copy, and passes that through
`Run` and `Judge` in place of its own `Execute`. `Judge` leaves in each test cell one verdict card and one
execute_result whose text is the points; nbgrader's `SaveAutoGrades` stores the latter, its feedback shows the
former. What a student's cells printed is kept as text and pictures only.
"""

import hashlib
import json
import re
from html import escape
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades

from autograder import bank, cache, course, render, sandbox
from autograder.classroom import secret
from autograder.graded import where_it_ended
from autograder.notebooks import Unreadable, grade_id, is_test, read, repair
from autograder.verdict import Status, Verdict

NOTES = "autograder_notes"


class SubmissionExporter(NotebookExporter):
    """Reads submissions that stock nbgrader stumbles over, and repairs what students deleted, copied or edited."""

    def from_filename(self, filename, resources=None, **options):
        """Read a notebook file; from a file that is none, the untouched release with a note."""
        path = Path(filename).absolute()
        assignment = resources["nbgrader"]["assignment"] if resources else ""
        if self.parent._sanitizing:
            notebook = self._repaired(path, read(_release(self.parent.coursedir, assignment, path.name)))
        else:
            notebook = read(path)  # our own sanitized copy
        resources = self._init_resources(resources)
        resources["metadata"].update(name=path.stem, path=str(path.parent))
        return self.from_notebook_node(notebook, resources=resources, **options)

    def _repaired(self, path, release):
        try:
            notebook, notes = repair(read(path), release)
        except Unreadable as error:
            notebook, notes = repair(release, release)[0], [f"{error}."]
        for note in notes:
            self.log.info("%s: %s", path, note)
        notebook.metadata[NOTES] = notes
        return notebook


def _release(coursedir, assignment, name):
    place = Path(coursedir.format_path(coursedir.release_directory, ".", assignment))
    return place / name


class Run(NbGraderPreprocessor):
    """Runs the notebook in the sandbox and keeps the verdicts for `Judge`."""

    def preprocess(self, nb, resources):
        """Grade; the notebook itself is not changed here."""
        assignment = resources["nbgrader"]["assignment"]
        if assignment not in bank.ASSIGNMENTS:
            raise ValueError(f"{assignment} has no exercises here; known are {', '.join(bank.ASSIGNMENTS)}")
        coursedir = self.parent.parent.coursedir if hasattr(self.parent, "parent") else None
        place = Path(coursedir.root) if coursedir else course.root()
        resources["graded"] = cache.graded(
            nb,
            assignment,
            secret(place),
            place / cache.FOLDER,
            folder=resources["metadata"]["path"],
            limits=limits(self.config),
            hidden=class_files(coursedir) if coursedir else (),
            cards=True,
        )
        return nb, resources


def class_files(coursedir):
    """What one submission must not see of its class: the others, the gradebook, the secret."""
    root = Path(coursedir.root)
    folders = (
        coursedir.submitted_directory, coursedir.autograded_directory, coursedir.feedback_directory,
        coursedir.source_directory, "gradebook.db", ".secret", ".cache", "grades.csv",
    )  # fmt: skip
    return [str(root / folder) for folder in folders]


def limits(config):
    """Limits from `c.Sandbox` in nbgrader_config.py, for example `c.Sandbox.cell_seconds = 30`."""
    chosen = config.get("Sandbox", {})
    return sandbox.Limits(**{key: chosen[key] for key in sandbox.Limits.__dataclass_fields__ if key in chosen})


class Judge(NbGraderPreprocessor):
    """Writes verdicts and points into the test cells, and what the other cells showed into theirs."""

    def preprocess(self, nb, resources):
        """Replace all outputs; nothing a student's process said is kept as markup."""
        graded = resources["graded"]
        notes = nb.metadata.pop(NOTES, [])
        verdicts = {verdict.exercise: verdict for verdict in graded.verdicts}
        cards = dict(zip(verdicts, graded.cards))
        for index, cell in enumerate(nb.cells):
            if cell.cell_type != "code":
                continue
            cell.execution_count = None
            if is_test(cell):
                verdict = verdicts[grade_id(cell)]
                about = [note for note in notes if _about(note, grade_id(cell))]
                cell.outputs = _judged(verdict, cards[verdict.exercise], about)
                _log(self.log, resources, index, verdict)
            else:
                cell.outputs = [_output(kind, content) for kind, content in graded.run.outputs.get(index, [])]
        told = [note for note in notes if not any(_about(note, name) for name in verdicts)]
        told.append("given cells on which nothing graded depends were not run, so they show nothing here")
        if graded.run.ended:
            told.append(where_it_ended(nb, graded.run))
        nb.metadata["autograder"] = {
            "verdicts": [_summary(verdict) for verdict in graded.verdicts],
            "notes": list(notes),
            "tier": graded.run.tier,
            "seconds": round(graded.run.seconds, 2),
        }
        _tell(nb, told, graded.run.tier)
        return nb, resources


class SaveGrades(SaveAutoGrades):
    """As nbgrader's, but a grade given by hand asks for another look only if what it was given for has changed.

    What a cell was when it was last graded is kept as a digest in `.cache/answers` of the class folder.
    """

    def preprocess(self, nb, resources):
        """Store the grades; remember what they were for."""
        names = resources["nbgrader"]
        place = Path(self.parent.parent.coursedir.root) / ".cache" / "answers" / names["student"]
        path = place / f"{names['assignment']}.json"
        points = {verdict.exercise: verdict.points for verdict in resources["graded"].verdicts}
        sources = {grade_id(cell): cell.source for cell in nb.cells if grade_id(cell)}
        self._before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        self._now = {
            name: hashlib.sha256(
                json.dumps([source, sources.get(f"{name}-solution"), points.get(name)]).encode()
            ).hexdigest()
            for name, source in sources.items()
        }
        nb, resources = super().preprocess(nb, resources)
        place.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(self._now), encoding="utf-8")
        return nb, resources

    def _add_score(self, cell, resources):
        name = grade_id(cell)
        grade = self.gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
        settled = grade.manual_score is not None and not grade.needs_manual_grade
        super()._add_score(cell, resources)
        if settled and self._before.get(name) == self._now[name]:
            grade.needs_manual_grade = False
            self.gradebook.db.commit()


def _about(note, name):
    """Whether a note names this exercise, and not just one whose name contains it."""
    return re.search(rf"\b{re.escape(name)}\b", note)


def _summary(verdict):
    """What tables and JSON files say about a verdict."""
    return {
        "exercise": verdict.exercise,
        "status": verdict.status.value,
        "points": verdict.points,
        "out_of": verdict.out_of,
        "case": verdict.case,
        "mistake": verdict.mistake,
        "message": verdict.message,
    }


def _judged(verdict, card, notes):
    html, text = card
    html += "".join(map(render.note, notes))
    shown = new_output("display_data", {"text/html": html, "text/plain": text})
    points = new_output("execute_result", {"text/plain": str(verdict.points)}, execution_count=None)
    return [shown, points]


def _output(kind, content):
    if kind == "stream":
        return new_output("stream", name="stdout", text=content)
    if kind == "error":
        headline, _, lines = content.partition("\n")
        name, _, value = headline.partition(": ")
        return new_output("error", ename=name, evalue=value, traceback=[lines, headline])
    if kind in ("image/png", "image/jpeg"):
        return new_output("display_data", {kind: content})
    return new_output("display_data", {"text/plain": content})


def _tell(nb, notes, tier):
    """A first cell for the reader of the feedback: what was put back, and how the notebook was run."""
    words = list(notes)
    if tier != "full":
        words.append("graded without full isolation")
    if words:
        source = "**Notes from grading.** " + " ".join(escape(_sentence(word)) for word in words)
        nb.cells.insert(0, nbformat.v4.new_markdown_cell(source))


def _sentence(words):
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _log(log, resources, index, verdict: Verdict):
    if verdict.status in (Status.PASSED, Status.NOT_ATTEMPTED):
        return
    who, what = resources["nbgrader"]["student"], resources["nbgrader"]["notebook"]
    log.info("%s, %s, cell %d, %s: %s", who, what, index + 1, verdict.exercise, verdict.status.value)
