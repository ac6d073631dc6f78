"""What `build` generates beside functions and releases."""

from base64 import b64decode, b64encode
from io import BytesIO

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from autograder import bank, build, course

TABLE = "| map | hits |\n|---|---|\n| edges | 12 |"
TEXT = "Before.\n\n<!-- table:hits of 04-occlusion -->\n{}\n<!-- end of table -->\n\nAfter."


@pytest.fixture
def occlusion(tmp_path, monkeypatch):
    """A course of one notebook with one table in it; gives a function that changes the table."""
    monkeypatch.setattr(course, "root", lambda: tmp_path)
    path = tmp_path / "solutions" / "04-occlusion" / "04-occlusion.ipynb"
    path.parent.mkdir(parents=True)

    def write(table):
        shown = [new_output("display_data", {"image/png": "x"}), new_output("execute_result", {"text/markdown": table})]
        cell = new_code_cell("make()", outputs=shown, metadata={"tags": ["show", "table:hits"]})
        nbformat.write(new_notebook(cells=[new_code_cell("1"), cell]), path)

    write(TABLE)
    return write


def put(text):
    notebook = new_notebook(cells=[new_markdown_cell(text)])
    changed = build.put_functions(notebook, "03-grad-cam")
    return notebook.cells[0].source, changed


def test_a_table_of_one_notebook_is_shown_in_another(occlusion):
    text, changed = put(TEXT.format(""))
    assert changed and f"\n\n{TABLE}\n\n<!-- end" in text
    assert text.startswith("Before.\n\n<!-- table:hits of") and text.endswith("\n\nAfter.")
    assert put(text) == (text, False)


def test_the_last_text_says_how_to_hand_in():
    text, changed = put("## What to read next\n\n- Much.\n\n## Hand in\n\nAs long ago.")
    assert changed and text.startswith("## What to read next\n\n- Much.\n\n## Hand in\n")
    assert "pack 03 --id" in text and "`03-grad-cam.YOUR-ID.ipynb`" in text and "long ago" not in text
    assert put(text) == (text, False)


@pytest.mark.parametrize("name", bank.ASSIGNMENTS)
def test_every_notebook_ends_with_how_to_hand_in(name):
    assert f"pack {name[:2]} --id" in nbformat.read(course.release(name), as_version=4).cells[-1].source


def test_a_table_that_has_changed_is_shown_afresh(occlusion):
    text, _ = put(TEXT.format("| old |"))
    occlusion(TABLE.replace("12", "24"))
    fresh, changed = put(text)
    assert changed and "| 24 |" in fresh and "old" not in text and "| 12 |" not in fresh


def test_two_tables_in_one_text_keep_what_is_between(occlusion):
    text, _ = put(TEXT.format("") + "\n" + TEXT.format(""))
    assert text.count(TABLE) == 2 and text.count("Before.") == text.count("After.") == 2


def test_a_table_that_no_cell_shows_is_told(occlusion):
    with pytest.raises(ValueError, match="tagged table:misses"):
        put(TEXT.format("").replace("hits", "misses"))


def test_pictures_in_texts_can_be_smaller_than_those_that_cells_show():
    Image.new("RGB", (50, 30), "red").save(buffer := BytesIO(), "JPEG")
    shown = new_output("display_data", {"image/jpeg": b64encode(buffer.getvalue()).decode()})
    cell = new_code_cell("draw()", outputs=[shown], metadata={"tags": ["picture:goal"]})
    notebook = new_notebook(cells=[new_markdown_cell("![a goal](attachment:goal.jpg)"), cell])
    for scale, size in ((1, (50, 30)), (0.8, (40, 24))):
        build.attach_pictures(notebook, scale)
        attached = notebook.cells[0].attachments["goal.jpg"]["image/jpeg"]
        assert Image.open(BytesIO(b64decode(attached))).size == size
    assert Image.open(BytesIO(b64decode(cell.outputs[0].data["image/jpeg"]))).size == (50, 30)


def test_building_tells_where_a_reader_waits_and_sees_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "LONG", 0.5)
    sources = [
        "import time\nfrom tqdm import tqdm\nfrom tqdm.notebook import tqdm as widget",
        "time.sleep(0.1)",
        "time.sleep(0.7)",
        "for _ in tqdm(range(2)): time.sleep(0.4)",
        "for _ in widget(range(2)): time.sleep(0.4)",
    ]
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    waits = build.execute(notebook, str(tmp_path))
    assert [number for number, _ in waits if number] == [2] and all(0.5 < seconds < 30 for _, seconds in waits)
    assert not any(cell.outputs for cell in notebook.cells)  # bars are not kept
