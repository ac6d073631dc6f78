"""Which cells grading runs."""

import ast
import builtins
import dis
from types import CodeType

import nbformat
import pytest
from making import GRAD_CAM, cells, source_of

from autograder import bank, course, grading, own
from autograder.needed import REFLECTION, _names, needed
from autograder.notebooks import grade_id, is_test, name_cells, read, repair

IMPORTS = "import torch\nfrom lib import images, plotting\npicture = images.sample('cat', 32)\nplotting.grid(picture)"
GIVEN = [IMPORTS, "large = 2 * picture", "print(large.mean())", "def twice(x):\n    return scale * x", "scale = 2"]


def run(*written, given=GIVEN):
    """The sources that are run of a notebook of given cells, followed by what a student wrote."""
    notebook = cells(*given)
    name_cells(notebook)
    notebook.cells += cells(*written).cells
    return [notebook.cells[index].source for index in sorted(needed(notebook))]


def test_given_cells_that_only_show_something_are_left_out():
    written = "def f(x):\n    return torch.relu(x)"
    assert run(written) == [IMPORTS, written]


@pytest.mark.parametrize(
    "written", ["def f(picture, large=0):\n    return picture", "[picture for picture in range(3)]"]
)
def test_names_of_a_function_or_a_loop_of_its_own_need_nothing(written):
    assert run(written) == [written]


@pytest.mark.parametrize(
    "written",
    ["large + 1", "def f():\n    return large", "large += 1", "if 1:\n    del large", "for one in large: pass"],
)
def test_whoever_uses_a_given_value_gets_all_cells_that_have_to_do_with_it(written):
    # large is made of picture, so the cell that makes the picture comes with it.
    assert run(written) == [*GIVEN[:3], written]


def test_what_a_given_definition_uses_comes_with_it_also_from_below():
    assert run("twice(1)") == [*GIVEN[3:], "twice(1)"]


def test_a_given_cell_that_was_edited_is_run():
    notebook = cells(*GIVEN)
    name_cells(notebook)
    notebook.cells[2].source += "  # mine"
    assert needed(notebook) == {0, 1, 2}


def test_a_copy_of_a_given_cell_is_run_too():
    assert run(GIVEN[2]) == [*GIVEN[:3], GIVEN[2]]


@pytest.mark.parametrize(
    "written", ["%matplotlib inline", "!ls", "def broken(:", "globals()['large']", "f = eval", "exec('large')"]
)
def test_in_doubt_everything_is_run(written):
    assert run(written) == [*GIVEN, written]


def test_code_that_is_run_among_names_of_its_own_needs_nothing():
    assert run("exec('x = 1', {})") == ["exec('x = 1', {})"]


def test_a_given_cell_that_is_no_plain_python_is_run():
    assert run("x = 1", given=["%matplotlib inline", "y = 2"]) == ["%matplotlib inline", "x = 1"]


@pytest.mark.parametrize("written", ["x = 1", "eval('1')", "large"])
def test_what_is_tagged_as_show_is_never_run(written):
    notebook = cells("large = 2", written)
    for cell in notebook.cells:
        cell.metadata["tags"] = ["show"]
    assert needed(notebook) == set()


def test_what_a_loop_goes_through_is_used_and_what_it_names_is_not():
    assert _names("for x, y in both:\n    print(x + z)").used == {"both", "print", "z"}


def test_a_function_that_uses_a_given_value_has_it_when_it_is_judged():
    notebook = cells("import torch", "half = torch.tensor(0.5)", "print(half)")
    name_cells(notebook)
    written = source_of("channel_weights").replace("return ", "return 2 * half * ")
    notebook.cells += cells(written).cells
    graded = grading.grade(repair(notebook, own.skeleton(GRAD_CAM))[0], GRAD_CAM)
    assert {verdict.exercise: verdict for verdict in graded.verdicts}["channel_weights"].passed


@pytest.mark.parametrize("assignment", bank.ASSIGNMENTS)
def test_every_name_that_is_used_is_there(assignment):
    notebook = nbformat.read(course.solution(assignment), as_version=4)
    name_cells(notebook)
    names = [_names(notebook.cells[index].source) for index in needed(notebook)]
    made = set().union(*(one.definitions | one.values for one in names))
    assert set().union(*(one.used for one in names)) - made <= set(dir(builtins))


@pytest.mark.parametrize("assignment", bank.ASSIGNMENTS)
def test_a_right_solution_needs_the_imports_only(assignment):
    # Otherwise most of the notebook would be run for every student.
    notebook = nbformat.read(course.solution(assignment), as_version=4)
    name_cells(notebook)
    given = [index for index in needed(notebook) if grade_id(notebook.cells[index]) is None]
    assert given == [1]


@pytest.mark.parametrize("assignment", bank.ASSIGNMENTS)
def test_no_given_cell_changes_a_module(assignment):
    """Such as a seed or an option: that is nothing that could be followed from cell to cell."""
    for cell in read(course.release(assignment)).cells:
        if cell.cell_type == "code" and not is_test(cell):
            imported = _names(cell.source).definitions - {"plotting", "check"}
            for statement in ast.parse(cell.source).body:
                changed = _changed(statement)
                assert changed is None or changed not in imported | {"torch", "F", "images", "networks"}, cell.source


def _changed(statement):
    """The name that begins a bare call of a method, or what is assigned to."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        place = statement.value.func
    elif isinstance(statement, ast.Assign) and not isinstance(statement.targets[0], ast.Name):
        place = statement.targets[0]
    else:
        return None
    if not isinstance(place, ast.Attribute):
        return None
    while isinstance(place, ast.Attribute):
        place = place.value
    return getattr(place, "id", None)


def test_words_for_looking_names_up_are_words_of_python():
    assert REFLECTION - {"get_ipython", "__main__", "__builtins__"} <= set(dir(builtins))


def _loaded(code):
    """The names that bytecode takes from its module, here and in all functions below."""
    names = {one.argval for one in dis.get_instructions(code) if one.opname in ("LOAD_NAME", "LOAD_GLOBAL")}
    return names.union(*(_loaded(part) for part in code.co_consts if isinstance(part, CodeType)))


def _missed(source):
    names = _names(source)
    found = names.used | names.definitions | names.values
    return _loaded(compile(source, "cell", "exec")) - {"__name__"} - found


CODE = [
    "class A(base):\n    x = value\n    def f(self, y=default):\n        return self.x + other",
    "@wrapper\ndef f(x: note = default) -> result:\n    return [y for y in x if y > least]",
    "f'{a:{b}}' + (c := d)",
    "match value:\n    case Point(x=0): out\n    case [first, *rest]: first",
    "async def f():\n    async with cm as c:\n        await c + d",
    "with open(path) as file, b as (c, d):\n    file.read(c)",
    "try:\n    a\nexcept E as e:\n    e\nfinally:\n    c",
    "def f():\n    global g\n    g = 1\n    return lambda q: q + g + h",
    "for i in a:\n    b[i].c = d\nelse:\n    e",
    "while a: b",
    "assert a, b",
]


@pytest.mark.parametrize("source", CODE)
def test_no_name_is_missed_that_bytecode_takes_from_outside(source):
    assert not _missed(source)


@pytest.mark.parametrize("assignment", bank.ASSIGNMENTS)
def test_no_name_of_the_course_is_missed(assignment):
    for cell in read(course.release(assignment)).cells:
        assert cell.cell_type != "code" or not _missed(cell.source), cell.source
