"""Grades for Canvas and Moodle in the files that those import, and our grading as Gradescope runs it."""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile

import nbformat
import pytest
from classes import ALL_POINTS, NAMES, handed_in, typed
from conftest import SUBMISSIONS
from making import GRAD_CAM
from nbformat.v4 import new_code_cell

from autograder import exports, gradescope
from autograder.classroom import Classroom

OUT_OF = ALL_POINTS + 4  # with the written answers

CANVAS = f"""\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,{GRAD_CAM} (77),Other (78),Current Score
    Points Possible,,,,,{OUT_OF},10,(read only)
"Ng, Right",11,S1,right@uni.edu,"One, Two",,3,50
"Ma, Mixed",12,S2,MIXED,One,1,4,50
"Al, Absent",13,S3,absent,One,5,4,50
"""
MOODLE = f"""Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,\
Last modified (grade),Feedback comments
Participant 21,Right Ng,right@uni.edu,Submitted,,{OUT_OF}.00,Yes,-,
Participant 22,Mixed,mixed.ma@uni.edu,Submitted,2.00,{OUT_OF}.00,Yes,"Monday, 1 June 2026",good
Participant 23,Absent Al,absent@uni.edu,No submission,1.50,{OUT_OF}.00,Yes,-,
"""


@pytest.fixture
def earned(graded_once):
    found = exports.scores(Classroom(graded_once), [GRAD_CAM])
    return {student: of_one[GRAD_CAM].points for student, of_one in found.items()}


def rows_of(path, key):
    with open(path, encoding="utf-8-sig", newline="") as lines:
        return {row[key]: row for row in csv.DictReader(lines)}


def export(folder, tmp_path, system, roster, *words):
    (tmp_path / "roster.csv").write_text(roster, encoding="utf-8")
    words = [tmp_path / "out.csv", "--roster", tmp_path / "roster.csv", *words]
    return typed("export", system, *words, "--folder", folder), tmp_path / "out.csv"


def test_canvas_gets_its_own_rows_and_columns_back_with_the_grades_in_them(graded_once, tmp_path, earned):
    told, file = export(graded_once, tmp_path, "canvas", CANVAS)
    with open(file, encoding="utf-8-sig") as lines:
        header, possible, *_ = csv.reader(lines)
    column = f"{GRAD_CAM} (77)"
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", column]
    assert possible == ["    Points Possible", "", "", "", "", str(OUT_OF)]
    rows = rows_of(file, "ID")
    assert float(rows["11"][column]) == earned["right"] == ALL_POINTS and rows["11"]["Section"] == "One, Two"
    assert float(rows["12"][column]) == earned["mixed"], "logins are compared without case"
    assert rows["13"][column] == "5", "an empty cell would clear the grade that Canvas has"
    assert told.exit_code == 1 and "Al, Absent" in told.stdout and "2 students written" in told.stdout
    for student in ("tells", "guesses", "unreadable"):
        assert f"not written: {student} is not in the roster" in told.stderr


def test_canvas_without_a_roster_takes_names_for_logins(graded_once, tmp_path, earned):
    told = typed("export", "canvas", tmp_path / "out.csv", "--assignment", "03", "--folder", graded_once)
    rows = rows_of(tmp_path / "out.csv", "SIS Login ID")
    assert told.exit_code == 0
    assert {name: float(rows[name][GRAD_CAM]) for name in earned} == earned
    assert "have answers that wait for a grade by hand" in told.stdout


@pytest.mark.parametrize("possible, words, scale", [(100, ["--scale"], 100 / OUT_OF), (100, [], None), ("", [], 1)])
def test_another_maximum_is_converted_only_if_asked_for(graded_once, tmp_path, earned, possible, words, scale):
    roster = CANVAS.replace(f",,,,,{OUT_OF}", f",,,,,{possible}")
    told, file = export(graded_once, tmp_path, "canvas", roster, *words)
    if scale is None:
        assert told.exit_code == 2 and not file.exists()
        assert f"has {OUT_OF} points here and 100 in Canvas" in told.stderr
    else:
        grade = float(rows_of(file, "ID")["11"][f"{GRAD_CAM} (77)"])
        assert grade == pytest.approx(earned["right"] * scale, abs=1e-3)


def test_a_column_of_another_name_can_be_chosen(graded_once, tmp_path):
    words = ("--assignment", "03", "--column", "Other (78)", "--scale")
    told, file = export(graded_once, tmp_path, "canvas", CANVAS, *words)
    assert rows_of(file, "ID")["11"]["Other (78)"] == f"{ALL_POINTS * 10 / OUT_OF:g}"
    told, _ = export(graded_once, tmp_path, "canvas", CANVAS, "--assignment", "03", "--column", "None such")
    assert told.exit_code == 2 and "has no column 'None such'" in told.stderr


def test_moodle_gets_its_worksheet_back_with_grades_in_it_and_nothing_else_changed(graded_once, tmp_path, earned):
    told, file = export(graded_once, tmp_path, "moodle", MOODLE, "--assignment", "03")
    rows, before = rows_of(file, "Identifier"), rows_of(tmp_path / "roster.csv", "Identifier")
    assert float(rows["Participant 21"]["Grade"]) == earned["right"], "by the part of the address before the @"
    assert float(rows["Participant 22"]["Grade"]) == earned["mixed"], "by the full name"
    assert rows["Participant 23"]["Grade"] == "1.50"
    for key, row in before.items():
        assert list(rows[key]) == list(row) and {**rows[key], "Grade": ""} == {**row, "Grade": ""}
    assert told.exit_code == 1 and "Absent Al" in told.stdout and "not written: tells" in told.stderr


def test_nobody_is_guessed_where_several_fit():
    rows = [{"Username": "a", "Full name": "x"}, {"Username": "b", "Full name": "x"}, {"Identifier": "Participant 7"}]
    found, others = exports.match(["A", "x", "7", "no"], rows, exports.MOODLE_KEYS)
    assert found == {"A": 0, "7": 2}
    assert others == [("no", "is not in the roster"), ("x", "fits several rows of the roster")]
    found, others = exports.match(["a", "y"], [{"Username": "a", "Full name": "y"}], exports.MOODLE_KEYS)
    assert found == {} and len(others) == 2, "one row for two names"


@pytest.mark.parametrize("system, roster, told", [
    ("canvas", MOODLE, "has no column 'Student'; expected the file that Canvas exported"),
    ("moodle", CANVAS, "has no column 'Identifier'; expected the file that Moodle exported"),
    ("moodle", "", "has no column 'Identifier'"),
])  # fmt: skip
def test_a_roster_that_is_none_is_refused_in_one_sentence(graded_once, tmp_path, system, roster, told):
    done, file = export(graded_once, tmp_path, system, roster, "--assignment", "03")
    assert done.exit_code == 2 and told in " ".join(done.stderr.split()) and not file.exists()


def test_rosters_with_semicolons_and_in_another_encoding(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("Identifier;Grade;Last modified (grade)\nParticipant 1;;-\n", encoding="utf-8")
    table = exports.read_table(path, ("Grade",), "Moodle")
    assert table.delimiter == ";" and table.rows[0]["Identifier"] == "Participant 1"
    path.write_bytes("Identifier;Größe".encode("latin-1"))
    with pytest.raises(ValueError, match="not in UTF-8"):
        exports.read_table(path, (), "Moodle")
    with pytest.raises(ValueError, match="cannot be read"):
        exports.read_table(tmp_path / "none.csv", (), "Moodle")


# Gradescope


@pytest.fixture(scope="module")
def unpacked(graded_once, tmp_path_factory):
    """/autograder as Gradescope makes it, elsewhere."""
    root = tmp_path_factory.mktemp("autograder")
    told = typed("export", "gradescope", "03", root / "it.zip", "--folder", graded_once)
    assert told.exit_code == 0, told.output
    with zipfile.ZipFile(root / "it.zip") as archive:
        archive.extractall(root / "source")
        assert archive.getinfo("run_autograder").external_attr >> 16 == 0o755
    shutil.copy(root / "source" / "run_autograder", root)
    (root / "run_autograder").chmod(0o755)
    (root / "results").mkdir()
    return root


def submit(root, notebook, name=f"{GRAD_CAM}.ipynb"):
    shutil.rmtree(root / "submission", ignore_errors=True)
    (root / "submission").mkdir()
    if isinstance(notebook, str):
        (root / "submission" / name).write_text(notebook)
    elif notebook:
        nbformat.write(notebook, root / "submission" / name)


def check_form(results):
    """What Gradescope's specification asks for."""
    assert results["score"] == sum(test["score"] for test in results["tests"])
    assert isinstance(results["execution_time"], int) and isinstance(results["output"], str)
    assert [test["name"] for test in results["tests"]] == NAMES
    for test in results["tests"]:
        assert 0 <= test["score"] <= test["max_score"] and test["visibility"] == "visible"
        assert test["status"] == ("passed" if test["score"] == test["max_score"] else "failed")
        assert test["output_format"] == "html" and test["output"]
    json.dumps(results)


@pytest.mark.parametrize("student", ["mixed", "guesses"])
def test_gradescope_gives_the_points_of_the_gradebook(unpacked, graded_once, student, earned):
    submit(unpacked, handed_in(**SUBMISSIONS[student]), "called otherwise.ipynb")
    results = gradescope.results(GRAD_CAM, unpacked)
    check_form(results)
    assert results["score"] == earned[student]
    if student == "mixed":
        test = {test["name"]: test for test in results["tests"]}["channel_weights"]
        assert "You summed over the positions" in test["output"] and test["status"] == "failed"


@pytest.mark.parametrize("content, told", [
    ("{", "cannot be read as a notebook"),
    ("", "cannot be read as a notebook"),
    (None, "No notebook was handed in (nothing); hand in one, called 03-grad-cam.ipynb"),
])  # fmt: skip
def test_a_broken_submission_has_results_that_say_why(unpacked, content, told):
    submit(unpacked, content)
    results = gradescope.results(GRAD_CAM, unpacked)
    check_form(results)
    assert results["score"] == 0 and told in results["output"]


def test_several_notebooks_are_not_guessed_between(unpacked):
    submit(unpacked, "{}", "a.ipynb")
    (unpacked / "submission" / "b.ipynb").write_text("{}")
    assert "Several notebooks were handed in (a.ipynb, b.ipynb)" in gradescope.results(GRAD_CAM, unpacked)["output"]


HOSTILE = """
import json, os, subprocess, sys
forged = json.dumps({"score": 100, "tests": []})
for path in ("RESULTS", "../results/results.json", "/autograder/results/results.json"):
    try:
        open(path, "w").write(forged)
    except OSError:
        pass
try:
    subprocess.Popen(["setsid", "sh", "-c", "sleep 1; while true; do echo '%s' > 'RESULTS'; sleep 0.2; done" % forged])
except OSError:
    pass
print(open("SECRET").read() if os.path.exists("SECRET") else "")
"""


def test_run_autograder_as_gradescope_runs_it_on_a_submission_that_wants_to_write_its_results(unpacked):
    notebook, results = handed_in(**SUBMISSIONS["mixed"]), unpacked / "results" / "results.json"
    source = HOSTILE.replace("RESULTS", str(results)).replace("SECRET", str(unpacked / "source" / gradescope.SECRET))
    notebook.cells.insert(0, new_code_cell(source))
    submit(unpacked, notebook)
    environment = {
        **os.environ, "AUTOGRADER_ROOT": str(unpacked), "PYTHONPATH": "",
        "PATH": f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}",
    }  # fmt: skip
    done = subprocess.run([unpacked / "run_autograder"], cwd=unpacked, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(results.read_text())
    check_form(found)
    assert 0 < found["score"] < ALL_POINTS
    assert (unpacked / "source" / gradescope.SECRET).read_text() not in results.read_text() + done.stdout
    assert not [line for line in running() if str(results) in line]


def running():
    return subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout.splitlines()


def test_where_the_autograder_itself_fails_there_are_results_nevertheless(unpacked):
    environment = {**os.environ, "AUTOGRADER_ROOT": str(unpacked), "PATH": "/usr/bin:/bin", "PYTHONHOME": "/nowhere"}
    (unpacked / "results" / "results.json").unlink(missing_ok=True)
    subprocess.run([unpacked / "run_autograder"], cwd=unpacked, env=environment, capture_output=True)
    found = json.loads((unpacked / "results" / "results.json").read_text())
    assert found["score"] == 0 and "no fault of yours" in found["output"]


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux")
def test_what_a_submission_leaves_behind_is_ended_even_without_walls():
    code = (
        "import subprocess, time; from autograder import gradescope as g; g._adopt_orphans()\n"
        "subprocess.run(['sh', '-c', 'setsid sleep 98765 & exit'])\n"
        "time.sleep(0.3); g._end_all()"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)
    assert not [line for line in running() if line.startswith("sleep 98765")]
