"""What students get, for every assignment: complete, consistent, and without a trace of the solutions."""

import html
import inspect
import json
import re
from functools import cache
from pathlib import Path

import pytest
from nbgrader.nbgraderformat import MetadataValidator

from autograder import bank, build, course, own
from autograder.notebooks import grade_id, is_test, read
from autograder.verdict import Status

ASSIGNMENTS = list(bank.ASSIGNMENTS)
pytestmark = pytest.mark.parametrize("name", ASSIGNMENTS)
PLACES = "|".join(re.escape(str(place)) + r"\b" for place in (course.root(), Path.home()))
MACHINE = PLACES + r"|/home/|/tmp/|/Users/|/var/folders|[A-Z]:\\\\|(site|dist)-packages|ipykernel_\d"


@cache
def release(name):
    return read(course.release(name))


@cache
def solution(name):
    return read(course.solution(name))


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def body(function):
    """The lines of a function after its docstring that say something: more than a word or two or a list of names."""
    source = inspect.getsource(function)
    lines = source[source.rindex('"""') + 3 :] if function.__doc__ else source.partition("\n")[2]
    lines = [line.strip() for line in lines.splitlines()]
    lines = [line for line in lines if len(line) > 15 and not line.startswith(("def ", "with torch."))]
    return [line for line in lines if not re.fullmatch(r"(return )?[\w, ]+( = \w+)?", line)]


def words(path):
    """A notebook file's text without its pictures."""
    return re.sub(r'"image/(png|jpeg)": "[^"]*"', "", path.read_text(encoding="utf-8"))


def test_no_line_of_a_solution_leaks(name):
    text = html.unescape("\n".join(cell.source for cell in release(name).cells))
    before_hints = re.sub(r"<details>.*?</details>", "", text, flags=re.DOTALL)
    solved = "\n".join(cell.source for cell in solution(name).cells)
    for exercise in bank.exercises(name):
        lines = body(exercise.reference)
        assert lines and all(line in solved for line in lines)
        assert not [line for line in lines if line in before_hints]
        told = [line for line in lines if line.removeprefix("return ") in text]  # the last hint may tell one, no more
        assert len(told) <= 1 < len(lines) or not told


def test_no_model_answer_leaks(name):
    text = words(course.release(name))
    assert not re.search(r"SOLUTION|[Mm]odel answer|[Mm]arking guide|HIDDEN TESTS", text)
    for cell in solution(name).cells:
        if cell.cell_type == "markdown" and cell.metadata.get("nbgrader", {}).get("solution"):
            assert "**Model answer.**" in cell.source and "**Marking guide.**" in cell.source
            assert not [line for line in cell.source.splitlines() if len(line) > 15 and line in text]


def test_every_exercise_has_a_stub_and_a_test_cell_in_order(name):
    exercises = [exercise.name for exercise in bank.exercises(name)]
    solutions = {f"{exercise}-solution": exercise for exercise in exercises}
    found = [grade_id(cell) for cell in release(name).cells if grade_id(cell) and "written" not in grade_id(cell)]
    assert found == [grade for exercise in exercises for grade in (f"{exercise}-solution", exercise)]
    for cell in release(name).cells:
        if exercise := solutions.get(grade_id(cell)):
            assert cell.source.startswith(f"def {exercise}(") and cell.source.endswith("raise NotImplementedError")
            assert cell.source.count("raise NotImplementedError") == 1
        elif grade_id(cell) in exercises:
            assert is_test(cell) and cell.source == f"check({grade_id(cell)})"


def test_stubs_keep_signature_and_docstring(name):
    cells = {grade_id(cell): cell.source for cell in release(name).cells}
    for exercise in bank.exercises(name):
        source = cells[f"{exercise.name}-solution"]
        namespace = {}
        exec(source, namespace)
        stub = namespace[exercise.name]
        assert inspect.signature(stub) == inspect.signature(exercise.reference)
        assert inspect.getdoc(stub) == inspect.getdoc(exercise.reference)


def test_there_are_no_outputs_and_ids_are_unique(name):
    assert not [cell for cell in code(release(name)) if cell.outputs or cell.execution_count]
    for notebook in (release(name), solution(name)):
        ids = [cell["id"] for cell in notebook.cells]
        assert len(set(ids)) == len(ids)


def test_points_add_up(name):
    points = {grade_id(cell): cell.metadata["nbgrader"].get("points") for cell in release(name).cells if grade_id(cell)}
    exercises = bank.exercises(name)
    assert [points[exercise.name] for exercise in exercises] == [exercise.points for exercise in exercises]
    written = sum(value for key, value in points.items() if key.startswith("written"))
    assert written == solution(name).metadata["course"]["written_points"]
    assert sum(value or 0 for value in points.values()) == written + sum(exercise.points for exercise in exercises)


def test_metadata_is_valid_for_nbgrader(name):
    for notebook in (release(name), solution(name)):
        MetadataValidator().validate_nb(notebook)
        names = [grade_id(cell) for cell in notebook.cells if grade_id(cell)]
        assert len(set(names)) == len(names)
        assert all(cell.metadata["nbgrader"]["locked"] for cell in notebook.cells if is_test(cell))


def test_every_stub_is_not_attempted(name):
    graded = own.judge(name)
    assert [verdict.exercise for verdict in graded.verdicts] == [exercise.name for exercise in bank.exercises(name)]
    assert {verdict.status for verdict in graded.verdicts} == {Status.NOT_ATTEMPTED}
    assert graded.points == 0 and graded.run.ended is None


def test_every_picture_that_a_text_refers_to_is_there_and_described(name):
    for cell in release(name).cells:
        pictures = re.findall(r"!\[([^\]]*)\]\(attachment:([^)]*)\)", cell.source)
        assert len(pictures) == cell.source.count("attachment:")
        assert {picture for _, picture in pictures} == set(cell.get("attachments", {}))
        assert all(len(description) > 10 for description, _ in pictures)
        assert all(data for kinds in cell.get("attachments", {}).values() for data in kinds.values())


def test_nothing_is_stale(name):
    assert build.problems([name]) == []


@pytest.mark.parametrize("place", [course.release, course.solution], ids=["release", "solution"])
def test_the_file_is_small_and_names_no_machine(name, place):
    assert place(name).stat().st_size <= build.LARGEST
    found = re.search(MACHINE, words(place(name)))
    assert not found, found
    assert json.loads(place(name).read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3"


def test_the_solution_was_run_from_top_to_bottom_without_an_error(name):
    cells = [cell for cell in code(solution(name)) if cell.source.strip()]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    kinds = {output.output_type for cell in cells for output in cell.outputs}
    assert "error" not in kinds and kinds
    assert not [output for cell in cells for output in cell.outputs if output.get("name") == "stderr"]
    assert all(cell.outputs for cell in cells if own.MARK in cell.source)


def test_checks_in_the_solution_are_all_right(name):
    for cell in solution(name).cells:
        if is_test(cell):
            shown = "".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs)
            assert shown.startswith(f"✓ {grade_id(cell)}: correct")


def test_solution_cells_are_the_functions_of_lib_to_the_letter(name):
    cells = {grade_id(cell): cell.source for cell in solution(name).cells}
    for exercise in bank.exercises(name):
        source = cells[f"{exercise.name}-solution"]
        source = source.replace("    ### BEGIN SOLUTION\n", "").replace("\n    ### END SOLUTION", "\n")
        assert source == inspect.getsource(exercise.reference)


def test_heavy_cells_are_skipped_by_nbval_as_by_grading(name):
    for cell in code(release(name)):
        tags = cell.metadata.get("tags", [])
        assert ("show" in tags) == ("nbval-skip" in tags)
        assert "show" not in tags or not grade_id(cell)
