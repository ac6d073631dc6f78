import copy
import gc
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import GRAD_CAM, cells
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.nbgraderformat import MetadataValidator

from autograder import course, own
from autograder.notebooks import Unreadable, first_line, grade_id, is_test, names_used, parsable, parsed, read, repair

RELEASE = read(course.release(GRAD_CAM))
NAMES = [grade_id(cell) for cell in RELEASE.cells if grade_id(cell)]
GRADED = [grade_id(cell) for cell in RELEASE.cells if cell.metadata.get("nbgrader", {}).get("grade")]
TESTS = [grade_id(cell) for cell in RELEASE.cells if is_test(cell)]
CODE = {"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None, "id": "a"}


def changed(**fields):
    """A notebook of one cell, with these fields in it."""
    return {"cells": [CODE | fields], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def saved(tmp_path, content):
    path = tmp_path / "handed-in.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return path


def submission():
    return copy.deepcopy(RELEASE)


def at(notebook, name):
    """Where the graded cell of that name is."""
    return next(index for index, cell in enumerate(notebook.cells) if grade_id(cell) == name)


def check_gradable(notebook, release=RELEASE):
    """Each graded cell is there exactly once with the release's metadata, and notebook and metadata are valid."""
    found = [grade_id(cell) for cell in notebook.cells if grade_id(cell)]
    assert sorted(found) == sorted(set(found)) and set(found) <= set(NAMES)
    originals = {grade_id(cell): cell for cell in release.cells if grade_id(cell)}
    assert {name for name, cell in originals.items() if cell.metadata["nbgrader"]["grade"]} <= set(found)
    for cell in notebook.cells:
        if name := grade_id(cell):
            assert cell.metadata["nbgrader"] == originals[name].metadata["nbgrader"]
            assert cell.cell_type == originals[name].cell_type
        if is_test(cell):
            assert cell.source == originals[name].source
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    nbformat.validate(notebook)
    MetadataValidator().validate_nb(notebook)


# Reading


def test_a_notebook_is_read_with_or_without_a_byte_order_mark(tmp_path):
    for mark in (b"", b"\xef\xbb\xbf"):
        notebook = read(saved(tmp_path, mark + json.dumps(changed(source="naïve = '✓'")).encode()))
        assert [cell.source for cell in notebook.cells] == ["naïve = '✓'"]


def test_notebooks_of_older_formats_are_brought_up_to_date(tmp_path):
    code = {"cell_type": "code", "collapsed": False, "input": "1 + 1", "language": "python", "outputs": []}
    heading = {"cell_type": "heading", "level": 1, "source": "Title", "metadata": {}}
    old = {"metadata": {"name": ""}, "nbformat": 3, "nbformat_minor": 0}
    old["worksheets"] = [{"cells": [code | {"metadata": {}}, heading], "metadata": {}}]
    assert [cell.source for cell in read(saved(tmp_path, old)).cells] == ["1 + 1", "# Title"]
    without_ids = changed() | {"nbformat_minor": 0}
    del without_ids["cells"][0]["id"]
    notebook = read(saved(tmp_path, without_ids))
    assert notebook.nbformat_minor >= 5 and notebook.cells[0]["id"]


@pytest.mark.parametrize("content", [
    b"", b"\0" * 100, b"[" * 100_000, b"hello", b'{"cells": [{"cell_type": "code", "sou', b"PK\x03\x04",
    b"\xff\xfe{\0}\0", [], 3, None, "notebook", {}, changed() | {"cells": None}, changed() | {"cells": {}},
    *(changed() | {"cells": [cell]} for cell in (1, None, [], {}, "cell")), changed() | {"metadata": []},
    changed() | {"nbformat": "4"}, changed() | {"nbformat": 5}, changed() | {"nbformat_minor": None},
    changed(source=5), changed(source=None), changed(source=[1]), changed(source={}), changed(cell_type="cell"),
    changed(cell_type=3), changed(metadata=[]), changed(metadata="no"), changed(metadata=None), changed(outputs="none"),
], ids=lambda content: repr(content)[-40:])  # fmt: skip
def test_what_is_no_notebook_is_unreadable_and_nothing_else_is_raised(tmp_path, content):
    with pytest.raises(Unreadable, match="^handed-in.ipynb "):
        read(saved(tmp_path, content))


def test_a_notebook_of_too_many_cells_or_too_much_source_is_unreadable(tmp_path):
    # Whoever grades would parse and color it: 5 MB of short lines took 7 GB.
    with pytest.raises(Unreadable, match="2001 cells, more than 2000; take some out"):
        read(saved(tmp_path, cells(*["x = 1"] * 2001)))
    with pytest.raises(Unreadable, match="1.5 MB of code and text; put data into a file"):
        read(saved(tmp_path, cells("x = 1", "x=1\n" * (3 * 2**17))))


def test_threads_may_parse_at_the_same_time():
    # Python changes threads in the midst of a tree only where the collection of garbage runs code of its own.
    def give_way(phase, about):
        time.sleep(0)

    gc.callbacks.append(give_way)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(parsed, ["f((x + 1) * 2, [x, [x]])\n" * 1000] * 20))
    finally:
        gc.callbacks.remove(give_way)


def test_of_much_code_only_the_beginning_is_parsed():
    notebook = cells("x = 1", "y = 1\n" * 50_000, "z = 1")
    assert parsable(notebook) == {0: "x = 1"}


def test_a_file_that_is_too_large_or_missing_or_a_folder_is_unreadable(tmp_path):
    path = tmp_path / "large.ipynb"
    with open(path, "wb") as file:
        file.truncate(51 * 2**20)
    with pytest.raises(Unreadable, match="51 MB; clear its outputs"):
        read(path)
    with pytest.raises(Unreadable, match="not there"):
        read(tmp_path / "none.ipynb")
    with pytest.raises(Unreadable):
        read(tmp_path)


def test_half_a_character_does_not_keep_a_notebook_from_being_written_again(tmp_path):
    content = json.dumps(changed(source="HERE")).replace("HERE", "print('\\ud800')")
    notebook = read(saved(tmp_path, content.encode()))
    nbformat.write(notebook, tmp_path / "again.ipynb")
    assert read(tmp_path / "again.ipynb").cells[0].source == "print('?')"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["source", "metadata", "nbgrader", "tags", "grade_id", "grade", "id", "outputs", "attachments", "cell_type"]


@given(field=st.sampled_from([*FIELDS, "notebook metadata", "kernelspec"]), value=JSON)
def test_any_json_in_any_field_is_unreadable_or_can_be_graded(tmp_path_factory, field, value):
    content = changed()
    cell, data = content["cells"][0], {"nbgrader": {"grade": True, "grade_id": "x", "solution": False}}
    if field in ("nbgrader", "tags"):
        cell["metadata"] = {field: value}
    elif field in ("grade_id", "grade"):
        data["nbgrader"][field] = value
        cell["metadata"] = data
    elif field == "kernelspec":
        content["metadata"] = {"kernelspec": value}
    elif field == "notebook metadata":
        content["metadata"] = value
    else:
        cell[field] = value
    try:
        notebook = read(saved(tmp_path_factory.mktemp("any"), content))
    except Unreadable:
        return
    notebook, _ = repair(notebook, RELEASE)
    found = [grade_id(cell) for cell in notebook.cells if is_test(cell)]
    assert found == TESTS
    assert nbformat.writes(notebook).encode()


# Repairing


def test_an_untouched_submission_is_left_as_it_is():
    notebook, notes = repair(submission(), RELEASE)
    assert notes == []
    assert [(cell.cell_type, grade_id(cell)) for cell in notebook.cells] == [
        (cell.cell_type, grade_id(cell)) for cell in RELEASE.cells
    ]
    check_gradable(notebook)


def test_the_submission_that_was_given_is_not_changed():
    given = submission()
    del given.cells[at(given, TESTS[0])]
    before = copy.deepcopy(given)
    repair(given, RELEASE)
    assert given == before


@pytest.mark.parametrize("name", GRADED)
def test_a_deleted_graded_cell_is_put_back_in_its_place(name):
    notebook = submission()
    del notebook.cells[at(notebook, name)]
    notebook, notes = repair(notebook, RELEASE)
    assert notes == [f"the cell {name} was missing; put back."]
    order = [grade_id(cell) for cell in notebook.cells if grade_id(cell)]
    assert order == NAMES
    check_gradable(notebook)


def test_with_all_graded_cells_gone_all_come_back_in_order():
    notebook, notes = repair(cells("x = 1"), RELEASE)
    assert len(notes) == len(GRADED)
    assert [grade_id(cell) for cell in notebook.cells if is_test(cell)] == TESTS
    assert [cell.source for cell in notebook.cells].index("x = 1") < at(notebook, TESTS[0])
    check_gradable(notebook)


def test_an_edited_test_cell_gets_its_original_back():
    notebook = submission()
    notebook.cells[at(notebook, TESTS[0])].source = "print('passed')"
    notebook, notes = repair(notebook, RELEASE)
    assert notes == [f"the test cell {TESTS[0]} had been edited; its original is used."]
    check_gradable(notebook)


def test_white_space_around_a_test_cell_is_no_edit():
    notebook = submission()
    notebook.cells[at(notebook, TESTS[0])].source += "\n \n"
    assert repair(notebook, RELEASE)[1] == []


def test_of_copies_of_a_graded_cell_the_last_one_counts_and_the_others_stay_as_they_are():
    notebook, name = submission(), f"{TESTS[0]}-solution"
    place = at(notebook, name)
    first = copy.deepcopy(notebook.cells[place])
    first.source, notebook.cells[place].source = "first = 1", "second = 2"
    notebook.cells.insert(place, first)
    notebook, notes = repair(notebook, RELEASE)
    assert notes == [f"the cell {name} was there more than once; the last one counts."]
    assert notebook.cells[place].source == "first = 1" and grade_id(notebook.cells[place]) is None
    assert notebook.cells[at(notebook, name)].source == "second = 2"
    check_gradable(notebook)


def test_a_graded_cell_that_became_another_kind_is_changed_back_with_its_words():
    notebook = submission()
    place = at(notebook, "written-1")
    notebook.cells[place] = new_code_cell("My answer", metadata=notebook.cells[place].metadata)
    notebook, notes = repair(notebook, RELEASE)
    assert "another kind of cell" in notes[0]
    assert notebook.cells[place].source == "My answer" and notebook.cells[place].cell_type == "markdown"
    check_gradable(notebook)


def test_points_and_locks_come_from_the_release():
    notebook = submission()
    for name in (TESTS[0], "written-1", f"{TESTS[0]}-solution"):
        notebook.cells[at(notebook, name)].metadata["nbgrader"] |= {"points": 99, "grade": True, "solution": True}
    check_gradable(repair(notebook, RELEASE)[0])


def test_cells_that_claim_to_be_graded_are_not():
    notebook = submission()
    for data in ({"grade": True, "grade_id": "mine", "points": 9}, {"grade": True}, {"grade_id": 3}, 5, None, [1]):
        notebook.cells.append(new_code_cell("1", metadata={"nbgrader": data}))
    notebook, _ = repair(notebook, RELEASE)
    assert all("nbgrader" not in cell.metadata for cell in notebook.cells[len(RELEASE.cells) :])
    check_gradable(notebook)


def test_missing_metadata_and_ids_given_twice_are_mended():
    notebook = submission()
    for cell in notebook.cells:
        cell.metadata, cell["id"] = nbformat.from_dict({}), "same"
    notebook.metadata = nbformat.from_dict({})
    notebook, _ = repair(notebook, RELEASE)
    assert notebook.metadata.kernelspec == RELEASE.metadata.kernelspec
    check_gradable(notebook)


@pytest.mark.parametrize("outputs", [[{}], [{"output_type": "stream"}], [{"output_type": "mine"}]])
def test_outputs_of_any_kind_do_not_keep_a_notebook_from_being_written(tmp_path, outputs):
    notebook, _ = repair(read(saved(tmp_path, changed(outputs=outputs))), RELEASE)
    assert nbformat.writes(notebook) and not any(cell.get("outputs") for cell in notebook.cells)


def test_pictures_that_got_lost_and_those_of_the_course_give_way_to_their_descriptions():
    notebook = submission()
    place = at(notebook, "written-1")
    notebook.cells[place].source = "See ![mine](attachment:mine.png) and ![gone](attachment:gone.png)."
    notebook.cells[place]["attachments"] = {"mine.png": {"image/png": "aaaa"}}
    notebook, _ = repair(notebook, RELEASE)
    assert notebook.cells[place].source == "See ![mine](attachment:mine.png) and *gone*."
    others = [cell for index, cell in enumerate(notebook.cells) if index != place]
    assert not any("attachment:" in cell.source or "attachments" in cell for cell in others)
    assert "*One photograph, two questions" in notebook.cells[0].source


def edit(notebook, kind, place, word):
    """One thing that students do to a notebook."""
    if not notebook.cells:
        return
    place %= len(notebook.cells)
    cell = notebook.cells[place]
    if kind == "delete":
        del notebook.cells[place]
    elif kind == "edit":
        cell.source = word
    elif kind == "duplicate":
        notebook.cells.insert(0, copy.deepcopy(cell))
    elif kind == "move":
        notebook.cells.append(notebook.cells.pop(place))
    elif kind == "retype":
        new = new_markdown_cell if cell.cell_type == "code" else new_code_cell
        notebook.cells[place] = new(cell.source, metadata=cell.metadata)
    elif kind == "split":  # as JupyterLab does it: both halves keep the metadata
        half = copy.deepcopy(cell)
        cell.source, half.source = cell.source[: len(cell.source) // 2], cell.source[len(cell.source) // 2 :]
        notebook.cells.insert(place, half)
    elif kind == "metadata":
        cell.metadata = nbformat.from_dict({})
    elif kind == "nbgrader":
        cell.metadata["nbgrader"] = nbformat.from_dict({"grade": True, "grade_id": word, "solution": False})
    elif kind == "id":
        cell["id"] = "same"


EDITS = ["delete", "edit", "duplicate", "move", "retype", "split", "metadata", "nbgrader", "id"]
WORDS = st.sampled_from([*NAMES[:4], "written-1", "x = 1", "def f(", ""])


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 99), WORDS), max_size=12))
def test_whatever_was_done_to_it_a_repaired_notebook_can_be_graded(edits):
    notebook = submission()
    for step in edits:
        edit(notebook, *step)
    before = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not grade_id(cell)]
    notebook, _ = repair(notebook, RELEASE)
    check_gradable(notebook)
    after = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert all(after.count(source) >= before.count(source) for source in before)


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_code_that_a_student_wrote_is_never_changed(sources):
    notebook, _ = repair(cells(*sources), own.skeleton(GRAD_CAM))
    assert [cell.source for cell in notebook.cells[: len(sources)]] == sources


def test_a_notebook_can_be_repaired_by_a_skeleton_of_test_cells():
    notebook, _ = repair(submission(), own.skeleton(GRAD_CAM))
    assert [grade_id(cell) for cell in notebook.cells if grade_id(cell)] == TESTS
    nbformat.validate(notebook)


# Looking into cells


def test_only_graded_code_that_students_do_not_write_is_a_test():
    assert [name for name in NAMES if re.search("solution|written", name)] == [
        grade_id(cell) for cell in RELEASE.cells if grade_id(cell) and not is_test(cell)
    ]


@pytest.mark.parametrize("source, line", [
    ("# note\n\n%matplotlib inline\n!ls\n@wraps\ndef f(x):\n    pass", "def f(x):"), ("", ""), ("x" * 99, "x" * 60),
])  # fmt: skip
def test_the_first_line_of_code_is_how_people_recognize_a_cell(source, line):
    assert first_line(new_code_cell(source)) == line


def test_names_used_are_those_of_the_last_definition_and_broken_cells_are_passed_over():
    notebook = new_notebook(cells=[
        new_code_cell("def f(x):\n    return old(x)"), new_code_cell("def f(x):\n    return new(x) + sum(x)"),
        new_code_cell("def g(x) return"), new_code_cell("%matplotlib"), new_markdown_cell("def h(): pass"),
        new_code_cell("(" * 5000), new_code_cell("\0"),
    ])  # fmt: skip
    assert names_used(notebook) == {"f": {"new", "sum", "x"}}
