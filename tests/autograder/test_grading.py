"""From a notebook to verdicts, through the sandbox. The other exercises of the assignment stay undefined."""

import nbformat
import pytest
from making import GRAD_CAM, SECRET, cells, grade, source_of
from nbformat.v4 import new_code_cell

from autograder import bank, classroom, course, grading, own, sandbox
from autograder.notebooks import grade_id, is_test, read, repair
from autograder.verdict import Status

NAMES = [exercise.name for exercise in bank.exercises(GRAD_CAM)]
IMPORTS = "import torch\nfrom torch.nn import functional as F\nfrom lib.activations import hooked"
STUB = "def {}(*inputs):\n    raise NotImplementedError"


def on(name, *sources, **options):
    """The verdict on one exercise of a notebook."""
    return grade(IMPORTS, *sources, **options)[name]


def test_a_right_function_earns_its_points_on_hidden_cases_too():
    verdict = on("channel_weights", source_of("channel_weights"), secret=SECRET)
    assert (verdict.status, verdict.points, verdict.out_of) == (Status.PASSED, 1, 1)
    assert "and on 4 more with other numbers" in verdict.message


def test_a_known_mistake_earns_nothing_and_its_hint():
    verdict = on("channel_weights", "def channel_weights(g):\n    return g.sum(dim=(2, 3))", secret=SECRET)
    assert (verdict.status, verdict.points, verdict.mistake) == (Status.WRONG, 0, "summed over positions")


def test_a_function_that_knows_the_visible_cases_only_fails_on_the_hidden_ones():
    """Answers looked up by the visible inputs, zeros for the rest."""
    source = "table = {}\n"
    for question in bank.exercise("channel_weights").questions():
        (gradients,) = question.inputs()
        source += f"table[{gradients.sum().item()!r}] = {gradients.mean(dim=(2, 3)).tolist()}\n"
    source += "def channel_weights(g):\n    return table.get(g.sum().item(), torch.zeros(g.shape[:2]))"
    assert on("channel_weights", source).passed
    verdict = on("channel_weights", source, secret=SECRET)
    assert verdict.status is Status.WRONG and verdict.case.endswith("other numbers")
    assert verdict.yours is None and verdict.expected is None


def test_what_is_not_there_is_not_attempted():
    verdicts = grade("x = 1")
    assert {verdict.status for verdict in verdicts.values()} == {Status.NOT_ATTEMPTED}
    assert list(verdicts) == NAMES and sum(verdict.points for verdict in verdicts.values()) == 0
    assert "no function called channel_weights" in verdicts["channel_weights"].message


def test_a_stub_is_not_attempted_and_says_where_to_start():
    assert "Start with the docstring" in on("channel_weights", STUB.format("channel_weights")).message


@pytest.mark.parametrize("source, status, message", [
    ("def channel_weights(g) return g", Status.ERROR, "SyntaxError: expected ':'"),
    ("1 / 0\ndef channel_weights(g):\n    return g", Status.ERROR, "ZeroDivisionError: division by zero"),
    ("import lib.grad_cam\ndef channel_weights(g):\n    return g", Status.FORBIDDEN, "lib.grad_cam is not there"),
])  # fmt: skip
def test_the_error_of_its_own_cell_is_reported_instead_of_not_attempted(source, status, message):
    verdict = on("channel_weights", source)
    assert verdict.status is status and verdict.message.startswith(message) and verdict.points == 0
    assert "line 1" in verdict.traceback


def test_the_error_of_another_cell_is_not_its_own():
    verdict = on("channel_weights", "1 / 0", "def other(x) return")
    assert verdict.status is Status.NOT_ATTEMPTED


def test_an_exception_comes_with_the_students_own_lines_and_the_inputs():
    verdict = on("channel_weights", "def channel_weights(g):\n    return g @ torch.ones(99)")
    assert verdict.status is Status.ERROR and verdict.message.startswith("RuntimeError: ")
    assert verdict.traceback == "line 2, in channel_weights\n    return g @ torch.ones(99)"
    assert verdict.given == "gradients: [[[[1.0, 3.0]], [[0.0, -2.0]]]]"


def test_an_exercise_after_an_exception_in_another_cell_is_still_judged():
    assert on("channel_weights", "import no_such_module", "def f(x) return", source_of("channel_weights")).passed


def test_a_loop_costs_its_own_exercise_only():
    loop = "def channel_weights(g):\n    while True: pass"
    verdicts = grade(IMPORTS, loop, source_of("overlay"), limits=sandbox.Limits(cell_seconds=0.5))
    assert verdicts["channel_weights"].status is Status.TIMED_OUT
    assert verdicts["overlay"].passed


def test_where_the_process_ends_the_exercises_after_it_say_so_and_name_the_cell():
    verdicts = grade(IMPORTS, source_of("overlay"), "# the end\nimport os\nos._exit(3)")
    told = "cell 3 (`import os`) ended the Python process (exit status 3); nothing after it could run."
    assert {(verdict.status, verdict.message) for verdict in verdicts.values()} == {(Status.ERROR, told)}


def test_a_function_that_ends_the_process_is_named_and_only_what_comes_after_it_is_lost():
    source = "import os\ndef channel_weights(g):\n    os._exit(0)"
    verdicts = grade(IMPORTS, source_of("class_activation_map"), source)
    assert verdicts["class_activation_map"].passed
    assert verdicts["channel_weights"].message == "your channel_weights ended the Python process (exit status 0)."
    assert "nothing after it could run" in verdicts["weighted_map"].message


def test_a_process_that_says_it_is_done_before_it_was_asked_has_no_points():
    forge = "import gc\nfrom multiprocessing.connection import Connection\nfrom autograder.answers import encode\n"
    forge += "pipe = next(c for c in gc.get_objects() if isinstance(c, Connection) and c.writable)\n"
    done = grade(IMPORTS, source_of("overlay"), forge + "pipe.send_bytes(encode({'kind': 'end'}))", secret=SECRET)
    assert {verdict.status for verdict in done.values()} == {Status.ERROR}
    record = "{'kind': 'record', 'value': 1.0, 'changed': ()}"
    some = "for cell in range(99):\n    pipe.send_bytes(encode({'kind': 'begin', 'cell': cell}))\n"
    some += f"    for _ in range(20): pipe.send_bytes(encode({record}))"
    assert sum(verdict.points for verdict in grade(IMPORTS, forge + some, secret=SECRET).values()) == 0


def test_forged_records_of_any_type_never_keep_a_submission_from_being_graded():
    forge = "import gc, numpy\nfrom multiprocessing.connection import Connection\n"
    forge += "from autograder.answers import encode\n"
    forge += "pipe = next(c for c in gc.get_objects() if isinstance(c, Connection) and c.writable)\n"
    values = "[{'answer': 1, 'hooks left on the network': numpy.ones(2)}, numpy.ones(2), 'x', None, [[]], {}]"
    forge += f"for value in {values}:\n    for cell in range(2, 12):\n"
    forge += "        pipe.send_bytes(encode({'kind': 'begin', 'cell': cell}))\n"
    forge += "        pipe.send_bytes(encode({'kind': 'record', 'value': value}))\n"
    forge += "        pipe.send_bytes(encode({'kind': 'record', 'failure': 'ERROR', 'message': '', 'traceback': 'x'}))"
    verdicts = grade(IMPORTS, forge, secret=SECRET)
    assert list(verdicts) == NAMES and not any(verdict.passed for verdict in verdicts.values())


def test_an_earlier_exercise_that_is_wrong_is_named_as_the_cause_where_it_is_called():
    wrong = "def channel_weights(g):\n    return g.sum(dim=(2, 3))"
    rest = [source_of(name) for name in ("score_gradients", "weighted_map", "grad_cam")]
    verdicts = grade(IMPORTS, *rest, wrong)
    assert verdicts["grad_cam"].message.startswith("your grad_cam calls channel_weights, which is not right yet.")
    assert verdicts["weighted_map"].passed and verdicts["score_gradients"].passed


def test_an_exercise_that_does_not_call_the_wrong_one_stands_on_its_own():
    wrong = "def channel_weights(g):\n    return g.sum(dim=(2, 3))"
    whole = source_of("grad_cam").replace("channel_weights(gradients)", "gradients.mean(dim=(2, 3))")
    verdicts = grade(IMPORTS, source_of("score_gradients"), source_of("weighted_map"), whole, wrong)
    assert verdicts["grad_cam"].passed and not verdicts["channel_weights"].passed


def test_a_definition_after_the_test_cell_comes_too_late():
    notebook, _ = repair(cells(IMPORTS), own.skeleton(GRAD_CAM))
    notebook.cells.append(new_code_cell(source_of("channel_weights")))
    verdicts = {verdict.exercise: verdict for verdict in grading.grade(notebook, GRAD_CAM).verdicts}
    assert verdicts["channel_weights"].status is Status.NOT_ATTEMPTED


def test_cells_tagged_show_are_not_run():
    notebook, _ = repair(cells("import os; os._exit(1)", "print('run')"), own.skeleton(GRAD_CAM))
    notebook.cells[0].metadata["tags"] = ["show"]
    graded = grading.grade(notebook, GRAD_CAM)
    assert graded.run.ended is None and graded.run.outputs == {1: [("stream", "run\n")]}


def test_text_cells_and_empty_cells_are_not_run():
    notebook, _ = repair(cells("", "  \n"), own.skeleton(GRAD_CAM))
    notebook.cells.insert(0, nbformat.v4.new_raw_cell("1 / 0"))
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("1 / 0"))
    assert grading.grade(notebook, GRAD_CAM).run.errors == {}


def test_a_whole_submission_made_from_the_release_earns_all_points():
    notebook = read(course.release(GRAD_CAM))
    for cell in notebook.cells:
        if (grade_id(cell) or "").endswith("-solution"):
            cell.source = source_of(grade_id(cell).removesuffix("-solution"))
        elif cell.cell_type == "code" and not is_test(cell) and "import" not in cell.source:
            cell.metadata["tags"] = ["show"]  # pictures take time
    graded = grading.grade(repair(notebook, read(course.release(GRAD_CAM)))[0], GRAD_CAM, secret=SECRET)
    assert [verdict.exercise for verdict in graded.verdicts if not verdict.passed] == []
    assert graded.points == sum(exercise.points for exercise in bank.exercises(GRAD_CAM))


def test_the_secret_is_made_once_and_for_its_owner_alone(tmp_path):
    first = classroom.secret(tmp_path)
    assert len(first) == 64 and classroom.secret(tmp_path) == first
    assert (tmp_path / ".secret").stat().st_mode & 0o077 == 0
    (tmp_path / "another").mkdir()
    assert classroom.secret(tmp_path / "another") != first
