"""The file that a student hands in, and the instructor's way from what arrived to a graded class."""

import getpass
import json
import re
import tracemalloc
import zipfile
from pathlib import Path

import nbformat
import pytest
from classes import ALL_POINTS, handed_in, points, typed
from making import GRAD_CAM
from nbformat.v4 import new_code_cell, new_output

from autograder import collecting, course, packing
from autograder.notebooks import grade_id, is_test, read

HOME = str(Path.home())


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A function that saves a notebook as the student's own copy of 03 and packs it as ada. Returns what was said."""
    monkeypatch.chdir(tmp_path)

    def pack(notebook):
        monkeypatch.setattr(course, "release", lambda name: tmp_path / "own" / f"{GRAD_CAM}.ipynb")
        (tmp_path / "own").mkdir(exist_ok=True)
        nbformat.write(notebook, tmp_path / "own" / f"{GRAD_CAM}.ipynb")
        return typed("pack", "03", "--id", "ada")

    return pack


def packed():
    return read(Path(f"{GRAD_CAM}.ada.ipynb"))


def test_a_solved_notebook_is_packed_and_graded_with_all_points(own, tmp_path):
    notebook = handed_in()
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("written"):
            cell.source = "What I think."
    told = own(notebook)
    assert told.exit_code == 0 and f"{ALL_POINTS} of {ALL_POINTS} points" in told.output
    assert "no answer yet" not in told.output and "fails" not in told.output
    monkey = tmp_path / "class"
    collected = typed("collect", "03", f"{GRAD_CAM}.ada.ipynb", "--folder", monkey)
    assert collected.exit_code == 0 and "1 new submissions" in collected.output
    assert (monkey / "submitted" / "ada" / GRAD_CAM / f"{GRAD_CAM}.ipynb").exists()


def test_nothing_of_the_machine_is_in_the_file(own):
    notebook = handed_in()
    notebook.metadata["colab"] = {"name": f"{HOME}/x"}
    notebook.cells[0].metadata["execution"] = {"iopub.status.busy": "2026-01-01T00:00:00Z"}
    notebook.cells[0].outputs = [new_output("stream", text=f"warning in {HOME}/lib by {getpass.getuser()}")]
    notebook.cells[0].execution_count = 12
    own(notebook)
    text = Path(f"{GRAD_CAM}.ada.ipynb").read_text()
    assert HOME not in text and "2026-01-01" not in text
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in packed().cells)
    assert packed().metadata["handed_in"] == {"assignment": GRAD_CAM, "student": "ada"}


def test_code_that_names_this_machine_is_named_and_left_as_it_is(own):
    notebook = handed_in()
    notebook.cells.insert(0, new_code_cell(f"mine = {HOME + '/photo.jpg'!r}"))
    told = own(notebook)
    assert f"Cell 1 names a place or user of your machine ({HOME})" in " ".join(told.output.split())
    assert packed().cells[0].source == f"mine = {HOME + '/photo.jpg'!r}"


def test_missing_and_edited_test_cells_are_put_right(own):
    notebook = handed_in()
    notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != "overlay"]
    next(cell for cell in notebook.cells if grade_id(cell) == "heat_map").source = "print('all points')"
    told = own(notebook)
    said = " ".join(told.output.split())
    assert "test cell of overlay was missing" in said and "test cell of heat_map had been edited" in said
    names = [grade_id(cell) for cell in packed().cells]
    assert names.index("overlay") == names.index("overlay-solution") + 1
    assert all(cell.source == f"check({grade_id(cell)})" for cell in packed().cells if is_test(cell))
    assert f"{ALL_POINTS} of {ALL_POINTS} points" in said


def test_cells_that_fail_and_questions_without_an_answer_are_named(own):
    notebook = handed_in()
    notebook.cells.insert(1, new_code_cell("# a comment\nnosuch + 1"))
    for cell in notebook.cells:
        if (grade_id(cell) or "").startswith("written"):
            cell.source = packing.EMPTY
    said = " ".join(own(notebook).output.split())
    assert "Cell 2 (nosuch + 1) fails: NameError: name 'nosuch' is not defined" in said
    assert said.count("has no answer yet") == 2


def test_cells_that_wait_for_an_exercise_are_counted_and_others_named(own):
    notebook = handed_in(overlay="def overlay(*inputs):\n    raise NotImplementedError")
    notebook.cells += [new_code_cell("overlay(1, 2, 3)"), new_code_cell("shown + 1"), new_code_cell("1 / 0")]
    said = " ".join(own(notebook).output.split())
    assert "2 cells wait for exercises" in said and "ZeroDivisionError" in said and "○ overlay" in said


@pytest.mark.parametrize("student", ["", "../ada", "a/b", "ada+eve", ".ada", "a" * 80])
def test_a_name_that_cannot_be_a_folder_is_refused(own, student):
    own(handed_in())
    told = typed("pack", "03", "--id", student)
    assert told.exit_code == 2 and "cannot be a student's name" in told.output


# Collecting


@pytest.mark.parametrize("name, student", [
    ("03-grad-cam.ada.ipynb", "ada"),
    ("03-grad-cam.ada (1).ipynb", "ada"),
    ("03-grad-cam.s123-4.ipynb", "s123-4"),
    ("ada/03-grad-cam.ipynb", "ada"),
    ("ada/03-grad-cam/whatever.ipynb", "ada"),
    ("term/ada/03-grad-cam/03-grad-cam.ipynb", "ada"),
    ("lovelaceada_1234_56789_03-grad-cam.ipynb", "lovelaceada"),
    ("lovelaceada_LATE_1234_56789_03-grad-cam-1.ipynb", "lovelaceada"),
    ("lovelaceada_1234_56789_03-grad-cam.eve.ipynb", "lovelaceada"),
    ("Ada Lovelace_1234_assignsubmission_file_/x.ipynb", "Ada Lovelace"),
    ("Ada Lovelace_1234_assignsubmission_file/03-grad-cam.eve.ipynb", "Ada Lovelace"),
])  # fmt: skip
def test_whose_a_file_is(name, student):
    assert collecting.whose(name, GRAD_CAM) == (student, "")


@pytest.mark.parametrize("name, words", [
    ("03-grad-cam.ipynb", "does not say whose"),
    ("homework.ipynb", "does not say whose"),
    ("ada/04-occlusion/04-occlusion.ipynb", "of another assignment"),
    ("04-occlusion.ada.ipynb", "of another assignment"),
    ("../03-grad-cam.ipynb", "cannot be the name"),
    ("a+b/03-grad-cam.ipynb", "cannot be the name"),
])  # fmt: skip
def test_a_file_that_cannot_be_told_is_left_with_a_reason(name, words):
    student, problem = collecting.whose(name, GRAD_CAM)
    assert not student and words in problem


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_zip_of_a_class_is_collected_once_and_again(tmp_path):
    source = zipped(tmp_path / "all.zip", {
        "lovelaceada_1_2_03-grad-cam.ipynb": b"ada", "turing_LATE_3_4_03-grad-cam.ipynb": b"alan",
        "__MACOSX/._03.ipynb": b"", "readme.txt": b"",
    })  # fmt: skip
    words = ("collect", "03", source, "--folder", tmp_path)
    assert "2 new submissions" in typed(*words).output
    assert tree(tmp_path / "submitted") == {
        f"lovelaceada/{GRAD_CAM}/{GRAD_CAM}.ipynb": b"ada", f"turing/{GRAD_CAM}/{GRAD_CAM}.ipynb": b"alan",
    }  # fmt: skip
    assert "2 there already" in typed(*words).output


def test_a_newer_file_takes_the_place_of_an_earlier_one_only_where_that_is_asked_for(tmp_path):
    source = zipped(tmp_path / "a.zip", {"ada/x.ipynb": b"first"})
    typed("collect", "03", source, "--folder", tmp_path)
    zipped(source, {"ada/x.ipynb": b"second"})
    path = tmp_path / "submitted" / "ada" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    told = typed("collect", "03", source, "--folder", tmp_path)
    assert told.exit_code == 1 and "--replace takes the new one" in told.output and path.read_bytes() == b"first"
    told = typed("collect", "03", source, "--folder", tmp_path, "--replace")
    assert told.exit_code == 0 and "1 replaced" in told.output and path.read_bytes() == b"second"


def test_two_files_of_one_student_are_for_a_person_to_decide(tmp_path):
    source = zipped(tmp_path / "a.zip", {"ada/x.ipynb": b"1", "ada/y.ipynb": b"2", "eve/x.ipynb": b"3"})
    told = typed("collect", "03", source, "--folder", tmp_path)
    assert told.exit_code == 1 and told.output.count("2 different files of ada") == 2 and "1 new" in told.output
    assert list(tree(tmp_path / "submitted")) == [f"eve/{GRAD_CAM}/{GRAD_CAM}.ipynb"]


def test_hostile_zips_write_nothing_outside_and_no_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_BYTES", 1000)
    source = zipped(tmp_path / "a.zip", {
        "../../outside.ipynb": b"1", "/abs/../x.ipynb": b"2", "bomb/x.ipynb": b"0" * 10_000_000, "ada/x.ipynb": b"3",
    })  # fmt: skip
    tracemalloc.start()
    told = typed("collect", "03", source, "--folder", tmp_path / "class")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 8_000_000
    assert told.exit_code == 1 and "bomb/x.ipynb: larger than" in told.output
    inside = tree(tmp_path)
    assert set(inside) <= {"a.zip", *(name for name in inside if name.startswith("class/submitted/"))}
    assert f"class/submitted/ada/{GRAD_CAM}/{GRAD_CAM}.ipynb" in inside and len(inside) == 2


def test_a_zip_that_lies_about_its_sizes_and_one_that_is_damaged(tmp_path, monkeypatch):
    monkeypatch.setattr(collecting, "MAX_BYTES", 1000)
    source = zipped(tmp_path / "a.zip", {"bomb/x.ipynb": b"0" * 100_000, "ada/x.ipynb": b"fine"})
    raw = source.read_bytes()
    source.write_bytes(raw.replace((100_000).to_bytes(4, "little"), (10).to_bytes(4, "little")))
    told = typed("collect", "03", source, "--folder", tmp_path)
    assert "bomb/x.ipynb" in told.output and "1 new" in told.output and "Traceback" not in told.output


@pytest.mark.parametrize("source", ["nosuch.zip", "text.txt"])
def test_a_source_that_is_none_is_answered_with_one_sentence(tmp_path, source):
    (tmp_path / "text.txt").write_text("hello")
    told = typed("collect", "03", tmp_path / source, "--folder", tmp_path)
    assert told.exit_code == 2 and "is no folder, no zip file and no notebook" in " ".join(told.output.split())


def test_links_in_a_folder_are_not_followed(tmp_path):
    (tmp_path / "secret.ipynb").write_text("grades")
    (tmp_path / "in" / "eve").mkdir(parents=True)
    (tmp_path / "in" / "eve" / "x.ipynb").symlink_to(tmp_path / "secret.ipynb")
    told = typed("collect", "03", tmp_path / "in", "--folder", tmp_path / "class")
    assert "not a plain file" in told.output and not (tmp_path / "class").exists()


def test_from_packing_to_points(own, tmp_path, monkeypatch):
    own(handed_in(overlay="def overlay(*inputs):\n    raise NotImplementedError"))
    monkeypatch.undo()
    folder = tmp_path / "class"
    typed("collect", "03", tmp_path / f"{GRAD_CAM}.ada.ipynb", "--folder", folder)
    told = typed("grade", "03", "--folder", folder, "--workers", 1)
    assert re.search(r"ada\W+✓+○", told.output)
    earned = {name: score for (_, name), score in points(folder).items()}
    assert earned["overlay"] == 0 and sum(earned.values()) == ALL_POINTS - 1
    assert json.loads(Path(folder / "submitted/ada" / GRAD_CAM / f"{GRAD_CAM}.ipynb").read_text())
