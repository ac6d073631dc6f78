"""The course as students get it, with references withheld: nothing leaks, and what is judged is judged as before."""

import importlib.util
import inspect
import os
import pickletools
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from classes import handed_in, typed
from making import ALL, EXERCISES, GRAD_CAM, verdict_on
from test_release import body

from autograder import bank, course, stored, student_pack
from autograder.sandbox.protocol import pack

WITHHELD = (GRAD_CAM, "04-occlusion")
# Exercises whose values need something of the bank's module: functions as inputs, observers, measures.
PECULIAR = ("invert", "train_linear_autoencoder", "minimize_with_adam", "optimize_pixels", "gradient_ascent")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A students' copy of the course without the references of 03 and 04, and what was said."""
    folder = tmp_path_factory.mktemp("copy") / "course"
    told = typed("export", "students", folder, "--withhold", "3,04")
    assert told.exit_code == 0
    return folder, told.output


def run(folder, *words):
    environment = os.environ | {"PYTHONPATH": str(folder), "PYTHONWARNINGS": "ignore", "COLUMNS": "120"}
    command = [sys.executable, "-m", "autograder", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def write(folder, notebook):
    path = folder / "assignments" / GRAD_CAM / f"{GRAD_CAM}.ipynb"
    before = path.read_bytes()
    nbformat.write(notebook, path)
    return lambda: path.write_bytes(before)


def test_no_file_holds_a_line_of_a_withheld_reference_or_of_a_mistake(copy):
    files = [path for path in copy[0].rglob("*") if path.is_file() and path.suffix != ".ipynb"]
    texts = {path: path.read_bytes().decode(errors="replace") for path in files}
    for name in WITHHELD:
        examined = " ".join(bank.examined(name))
        for exercise in bank.exercises(name):
            wrong = [m.function for m in exercise.mistakes if inspect.isfunction(m.function)]
            for function in (exercise.reference, *wrong):
                source = inspect.getsource(function)
                lines = body(function) if function is exercise.reference else source.splitlines()
                lines = [line.strip() for line in lines if len(line.strip()) > 30]
                for path, text in texts.items():
                    elsewhere = path.parent.name == "lib" and f"lib.{path.stem}" not in examined
                    assert elsewhere or not [line for line in lines if line in text], path


def test_there_are_no_solutions_no_tests_and_no_commands_of_instructors(copy):
    top = {path.name for path in copy[0].iterdir()}
    assert {"lib", "assignments", "autograder", "requirements.txt", "README.md", "Makefile"} <= top
    assert not {"solutions", "tests", ".git", "gradebook.db"} & top
    told = run(copy[0], "--help")
    assert "For students" in told.stdout and "For instructors" not in told.stdout
    readme = (copy[0] / "README.md").read_text(encoding="utf-8")
    assert "make lab" in readme and "check 03" in readme
    assert not [word for word in ("solutions", "make test", "grade 03", "export") if word in readme]
    assert "lab:" in (makefile := (copy[0] / "Makefile").read_text()) and "test:" not in makefile


def test_check_says_what_it_says_with_the_references(copy):
    wrong = "def channel_weights(g):\n    return g.sum(dim=(2, 3))"
    restore = write(copy[0], handed_in(channel_weights=wrong, overlay="def overlay(a, b, c):\n    return 1 / 0"))
    told = run(copy[0], "check", "03")
    restore()
    assert told.returncode == 1, told.stderr
    assert "You summed over the positions" in told.stdout and "ZeroDivisionError" in told.stdout
    assert "✓ class_activation_map" in told.stdout and "calls channel_weights" in told.stdout


def test_a_right_notebook_is_right_and_the_rest_of_the_loop_works(copy):
    restore = write(copy[0], handed_in())
    told = run(copy[0], "check", "03")
    reset = run(copy[0], "reset", "03", "overlay")
    solution = run(copy[0], "solution", "03", "channel_weights")
    restore()
    hint = run(copy[0], "hint", "03", "overlay")
    assert told.returncode == 0 and "10 of 10 exercises" in told.stdout, told.stdout + told.stderr
    assert reset.returncode == 0 and "axis of length one" in hint.stdout
    assert solution.returncode == 2 and "withheld" in solution.stderr


def test_what_calls_a_withheld_function_is_named_and_says_so(copy):
    folder, said = copy
    assert "04-occlusion has cells that call lib.faithfulness, lib.grad_cam" in " ".join(said.split())
    code = "from lib import grad_cam\nfrom lib.grad_cam import overlay\noverlay(1, 2, 3)"
    environment = os.environ | {"PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.stderr.strip().splitlines()[-1] == (
        "ImportError: lib.grad_cam.overlay is withheld in this copy of the course: you write it in 03-grad-cam"
    )


def stored_twin(exercise, assignment, folder):
    """The exercise as a students' copy has it."""
    package = bank.ASSIGNMENTS[assignment][0]
    place = Path(bank.__file__).parent / package
    module = student_pack._module_of(exercise, place)
    here = place / f"{module}.py", f"autograder.bank.{package}.{module}"
    stored.store(exercise, exercise.questions(), folder / f"{module}{stored.ENDING}")
    (folder / f"{module}.py").write_text(student_pack._stub_module(exercise, exercise.questions(), *here))
    specification = importlib.util.spec_from_file_location(f"stored_{module}", folder / f"{module}.py")
    made = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(made)
    return made.EXERCISE


TWINS = [(a, e) for a, e in ALL if a in WITHHELD or e.name in PECULIAR]


@pytest.mark.parametrize("assignment, exercise", TWINS, ids=[exercise.name for _, exercise in TWINS])
def test_a_stored_exercise_judges_references_and_mistakes_as_the_real_one(assignment, exercise, tmp_path):
    twin = stored_twin(exercise, assignment, tmp_path)
    assert (twin.name, twin.arguments, twin.points) == (exercise.name, exercise.arguments, exercise.points)
    for function in (exercise.reference, *(mistake.function for mistake in exercise.mistakes)):
        assert verdict_on(twin, function) == verdict_on(exercise, function)
    assert stored.is_stored(twin) and not stored.is_stored(exercise)


@pytest.mark.parametrize("exercise", EXERCISES, ids=[exercise.name for exercise in EXERCISES])
def test_every_case_can_be_taken_along(exercise):
    for question in exercise.questions():
        assert list(pickletools.genops(pack((question.inputs(), question.case.observe, question.case.measure))))


def test_a_folder_that_holds_something_stays_as_it_is(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    told = typed("export", "students", tmp_path)
    assert told.exit_code == 2 and "is not empty" in told.output
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_withholding_the_references_are_there(tmp_path):
    assert typed("export", "students", tmp_path / "course").exit_code == 0
    assert (tmp_path / "course" / "lib" / "grad_cam.py").read_text() == (course.root() / "lib/grad_cam.py").read_text()
    assert not list((tmp_path / "course").rglob(f"*{stored.ENDING}"))
