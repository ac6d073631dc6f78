"""What a student's notebook can do to its process, and what the grading makes of it. A run takes about 0.1 s."""

import base64
import importlib.util
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder import course, observe, sandbox
from autograder.compare import difference
from autograder.sandbox import Cell, Limits, Question, Request
from autograder.sandbox import parent as trusted
from autograder.verdict import Record, Status

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no fork, and so no warm server")

RIGHT = "def double(x):\n    return 2 * x"
X = torch.tensor([1.0, 2.0])

# What a student can do who reads our code: find the pipe, and write to it what the child would.
FIND_THE_PIPE = """
import gc
from multiprocessing.connection import Connection
from autograder.answers import encode
pipe = next(found for found in gc.get_objects() if isinstance(found, Connection) and found.writable)
def say(**frame):
    pipe.send_bytes(encode(frame))
"""


def run(*sources, name="double", inputs=(X,), times=1, folder=None, forbidden=(), hidden=(), **limits):
    """Run cells, then ask `name` so many times. The test cell's index is the number of sources."""
    questions = tuple(Question(name, ("x",), observe.call, inputs) for _ in range(times))
    cells = [*(Cell(index, source) for index, source in enumerate(sources)), Cell(len(sources), questions=questions)]
    limits = Limits(**{"cell_seconds": 20} | limits)
    return sandbox.run(Request(tuple(cells), folder and str(folder), forbidden, hidden, limits))


def answers(result):
    """What came back for the last cell."""
    return next(reversed(result.records.values()), [])


def shown(result, cell=0):
    return "".join(content for kind, content in result.outputs[cell] if kind in ("stream", "text"))


# Answers


def test_the_answer_comes_back_as_a_value():
    result = run(RIGHT, times=2)
    assert [torch.equal(record.value, 2 * X) for record in answers(result)] == [True, True]
    assert result.ended is None and result.errors == {} and 0 < result.seconds < 60
    assert result.tier == sandbox.tier()[0]


def test_cells_share_their_names_and_run_in_order():
    result = run("n = 1", "n += 2", "def double(x):\n    return n")
    assert answers(result)[0].value == 3


def test_what_a_function_changes_in_place_is_noticed():
    assert answers(run("def double(x):\n    return x.mul_(2)"))[0].changed == ("x",)
    assert answers(run(RIGHT))[0].changed == ()


def test_a_missing_function_is_not_attempted():
    for source in ("", "double = 3"):
        record = answers(run(source))[0]
        assert record.failure is Status.NOT_ATTEMPTED and "no function called double" in record.message


@pytest.mark.parametrize("body, status, message", [
    ("raise NotImplementedError", Status.NOT_ATTEMPTED, ""),
    ("raise NotImplementedError('this')", Status.ERROR, "NotImplementedError: this"),
    ("return x[5]", Status.ERROR, "IndexError: index 5 is out of bounds"),
    ("return object()", Status.ERROR, "returns a value of type object; no exercise asks for that"),
    ("return x.to('meta')", Status.ERROR, "returns a value that cannot be stored"),
    ("return 10**5000", Status.ERROR, "returns an integer of more than 400 digits"),
    ("return [[0.0] * 300] * 300", Status.ERROR, "returns more than 20000 values"),
    ("return bytearray(10**15)", Status.OUT_OF_MEMORY, "asked for more memory"),
    ("import sys; sys.exit(0)", Status.ERROR, "ends the program (SystemExit)"),
    ("raise KeyboardInterrupt", Status.ERROR, "ends the program (KeyboardInterrupt)"),
    ("raise type('Mine', (BaseException,), {})", Status.ERROR, "ends the program (Mine)"),
    ("return double(x)", Status.ERROR, "RecursionError"),
    ("import lib.grad_cam", Status.FORBIDDEN, "lib.grad_cam is not there at grading"),
    ("raise ValueError('\\ud800')", Status.ERROR, "ValueError: ?"),
])  # fmt: skip
def test_a_failure_is_recorded_in_place_of_the_answer_and_the_next_cells_run(body, status, message):
    questions = (Question("double", ("x",), observe.call, (X,)),)
    first, second = Cell(1, questions=questions), Cell(3, questions=questions)
    cells = Cell(0, f"def double(x):\n    {body}"), first, Cell(2, RIGHT), second
    result = sandbox.run(Request(cells, forbidden=("lib.grad_cam",)))
    assert len(result.records[1]) == 1
    record = result.records[1][0]
    assert record.failure is status and message in record.message
    assert torch.equal(result.records[3][0].value, 2 * X) and result.ended is None


def test_a_failure_carries_the_students_own_lines_only():
    record = answers(run("import torch\ndef double(x):\n    return torch.ones(2) @ torch.ones(3)"))[0]
    assert record.traceback == "line 3, in double\n    return torch.ones(2) @ torch.ones(3)"


# Cells that fail


@pytest.mark.parametrize("source, error", [
    ("1 / 0", "ZeroDivisionError: division by zero"), ("def f(x) return", "SyntaxError"),
    ("import no_such_module", "ModuleNotFoundError"),
    ("import sys; sys.exit(3)", "SystemExit: 3"), ("raise KeyboardInterrupt", "KeyboardInterrupt"), ("exit()", None),
    ("%no_such_magic", None), ("class E(BaseException): pass\nraise E('mine')", "E: mine"),
])  # fmt: skip
def test_a_cell_that_fails_does_not_keep_the_others_from_running(source, error):
    result = run(source, RIGHT)
    assert torch.equal(answers(result)[0].value, 2 * X) and result.ended is None
    if error:
        assert error in result.errors[0] and result.outputs[0][-1][0] == "error"


def test_an_error_is_shown_with_the_line_that_made_it():
    result = run("x = 1\ny = x / 0")
    assert result.outputs[0] == [("error", "ZeroDivisionError: division by zero\nline 2\n    y = x / 0")]


# Ends


@pytest.mark.parametrize("source, told", [
    ("import os; os._exit(0)", "ended the Python process (exit status 0)"),
    ("import os; os._exit(7)", "ended the Python process (exit status 7)"),
    ("import os; os.kill(os.getpid(), 9)", "ended the Python process (killed by signal 9)"),
    ("import os; os.abort()", "ended the Python process (killed by signal 6)"),
    ("import ctypes; ctypes.string_at(0)", "ended the Python process (killed by signal 11)"),
])  # fmt: skip
def test_a_notebook_that_ends_its_process_keeps_what_was_answered_before(source, told):
    questions = (Question("double", ("x",), observe.call, (X,)),)
    cells = Cell(0, RIGHT), Cell(1, questions=questions), Cell(2, source), Cell(3, "print('no')")
    result = sandbox.run(Request(cells))
    assert result.ended == (Status.ERROR, 2, told)
    assert torch.equal(result.records[1][0].value, 2 * X) and 3 not in result.outputs


def test_a_function_that_ends_the_process_is_named():
    result = run("import os\ndef double(x):\n    os._exit(0)")
    assert result.ended[:2] == (Status.ERROR, 1) and answers(result) == []


def test_a_loop_is_interrupted_and_the_next_cells_run():
    result = run("while True: pass", RIGHT, cell_seconds=0.4)
    assert "ran longer than 0.4 s" in result.errors[0]
    assert torch.equal(answers(result)[0].value, 2 * X) and result.ended is None


def test_a_function_that_loops_is_timed_out_even_if_it_catches_exceptions():
    body = "while True:\n        try:\n            pass\n        except Exception:\n            pass"
    record = answers(run(f"def double(x):\n    {body}", cell_seconds=0.4))[0]
    assert (record.failure, record.message) == (Status.TIMED_OUT, "ran longer than 0.4 s.")


DEAF = "import time\nwhile True:\n    try:\n        time.sleep(9)\n    except BaseException:\n        pass"


def test_a_deaf_loop_is_ended_with_the_process(monkeypatch):
    monkeypatch.setattr(trusted, "GRACE_SECONDS", 0.3)
    started = time.monotonic()
    result = run(DEAF, RIGHT, cell_seconds=1)
    assert result.ended == (Status.TIMED_OUT, 0, "ran longer than 1 s") and answers(result) == []
    assert time.monotonic() - started < 10


def test_switching_the_alarm_off_does_not_give_more_time(monkeypatch):
    monkeypatch.setattr(trusted, "GRACE_SECONDS", 0.3)
    result = run("import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass", cell_seconds=0.5)
    assert result.ended[0] is Status.TIMED_OUT


def test_saying_that_a_cell_begins_over_and_over_does_not_give_more_time(monkeypatch):
    """A forged frame resets a cell's clock, but not the submission's."""
    source = FIND_THE_PIPE + "import time\nwhile True:\n    for cell in (1, 0):\n"
    source += "        say(kind='begin', cell=cell)\n        time.sleep(0.1)"
    monkeypatch.setattr(trusted, "GRACE_SECONDS", 0.3)
    result = run(source, cell_seconds=60, submission_seconds=1)
    assert result.ended[0] is Status.TIMED_OUT


def test_the_notebook_as_a_whole_has_a_limit_too():
    result = run(*["import time; time.sleep(0.3)"] * 9, submission_seconds=1)
    assert result.ended[0] is Status.TIMED_OUT and "as a whole ran longer than 1 s" in result.ended[2]
    assert result.ended[1] > 0


def test_memory_has_a_limit():
    own = psutil.Process().memory_info().rss  # a fork of the warm server needs less than this process
    result = run("hoard = bytearray(1)\nwhile True: hoard += bytes(2**24)", memory=own + 2**29)
    assert result.ended[:2] == (Status.OUT_OF_MEMORY, 0) and "GB of memory" in result.ended[2]


def test_files_have_a_limit():
    source = "file = open('large', 'wb')\nfile.write(bytes(2**20)); file.flush()"
    result = run(source, RIGHT, file_size=2**16)
    assert result.ended is not None or 0 in result.errors


# Outputs


def test_a_flood_of_output_is_cut():
    for source in ("print('x' * 10**7)", "while True: print('x' * 1000)", "for i in range(10**5): print(i)"):
        result = run(source, RIGHT, output=5000, cell_seconds=1)
        assert shown(result).endswith("[more output was dropped]\n") and len(shown(result)) < 5100
        assert torch.equal(answers(result)[0].value, 2 * X)


def test_a_flood_of_displays_is_cut():
    result = run("for i in range(30_000): display(i)", RIGHT)
    assert "[more output was dropped]" in shown(result) and len(result.outputs[0]) < 5000
    assert torch.equal(answers(result)[0].value, 2 * X)


def test_what_is_printed_and_what_a_cell_ends_with_is_kept():
    result = run("import sys\nprint('a', end='')\nprint('b', file=sys.stderr)\n{'c': 1}")
    assert result.outputs[0] == [("stream", "ab\n"), ("text", "{'c': 1}")]


def test_an_object_is_kept_as_text_or_as_a_picture_never_as_markup():
    source = "class Page:\n    def _repr_html_(self):\n        return '<script>1</script>'\n"
    source += "    def __repr__(self):\n        return 'a page'\ndisplay(Page())\nPage()"
    assert run(source).outputs[0] == [("text", "a page"), ("text", "a page")]


def picture(result, cell=0):
    (content,) = [content for kind, content in result.outputs[cell] if kind in ("image/png", "image/jpeg")]
    return base64.b64decode(content)


@pytest.mark.parametrize("source", [
    "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
    "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
    "import matplotlib.pyplot as plt\nfigure, _ = plt.subplots()\nplt.close()\nfigure",
    "import matplotlib.pyplot as plt\nfigure, _ = plt.subplots()\nplt.close()\ndisplay(figure)",
    "from PIL import Image\nImage.new('RGB', (9, 9))",
    "from PIL import Image\ndisplay(Image.new('RGB', (9, 9)))",
    "import torch\nfrom lib import plotting\nplotting.grid(torch.rand(1, 3, 8, 8), alt='noise')",
])  # fmt: skip
def test_pictures_are_kept_however_they_are_shown(source):
    assert picture(run(source, RIGHT)).startswith((b"\x89PNG", b"\xff\xd8\xff"))


@pytest.mark.parametrize("source", [
    "display({'image/png': b'no picture'}, raw=True)", "display({'image/png': 3}, raw=True)", "display({}, raw=True)",
    "display({'text/plain': ['list']}, raw=True)", "print(b'bytes', None)", "print('\\ud800')",
    "import os; os.write(1, b'past Python')", "import sys; sys.stdout = None", "import sys; del sys.stdout",
    "import sys; sys.stdout = open('log', 'w'); sys.stdout.close()", "import builtins; del builtins.print",
])  # fmt: skip
def test_odd_outputs_do_no_harm(source):
    result = run(source, RIGHT)
    assert result.ended is None and torch.equal(answers(result)[0].value, 2 * X)


# Forged frames


@pytest.mark.parametrize("forged", [
    "say(kind='record', value=100)", "say(kind='end')", "say(kind='begin', cell=1); say(kind='record', value=100)",
    "say(kind='begin', cell=1); say(kind='end')", "say(kind='points', value=100)", "say()", "say(kind=None)",
    "import os; [os.close(n) for n in range(3, 50)]", "pipe.send_bytes = lambda data: None", "say(kind='ready')",
    "say(kind='begin')", "say(kind='begin', cell='1')", "say(kind='begin', cell=10**300)", "say(kind='begin', cell=-1)",
    "import numpy; say(kind=numpy.ones(2))", "import numpy; say(kind='begin', cell=numpy.ones(2))",
    "import numpy; say(kind='record', failure=numpy.ones(2))", "say(kind='record', failure=['ERROR'])",
    "say(kind='record', failure='PASSED', message=3)", "say(kind='record', failure='NO SUCH')",
    "say(kind='record', changed=3)", "say(kind='outputs', items=3)", "say(kind='outputs', items=[3, (1,), (1, 2)])",
    "say(kind='outputs', items=[], error=numpy)", "pipe.send_bytes(encode([1]))", "pipe.send_bytes(b'garbage')",
    "pipe.send_bytes(b'')", "pipe.send({'a': 'pickle'})", "import os; os.write(pipe.fileno(), b'\\xff' * 100)",
    "import os; os.write(pipe.fileno(), b'\\x7f\\xff\\xff\\xff' + bytes(99))", "pipe.close()", "pipe._handle = 1",
])  # fmt: skip
def test_a_forged_frame_never_raises_here_and_gives_no_answer_that_was_not_sent(forged, monkeypatch):
    monkeypatch.setattr(trusted, "GRACE_SECONDS", 0.3)
    result = run(FIND_THE_PIPE + forged, "def double(x):\n    return 3 * x", cell_seconds=2)
    assert isinstance(result, sandbox.Run)
    for record in (record for records in result.records.values() for record in records):
        assert difference(record.value, 2 * X)


@pytest.mark.parametrize("forged", ["pipe.send_bytes(b'garbage')", "say(kind='begin', cell='1')", "pipe.send(RIGHT)"])
def test_what_is_no_answer_ends_the_submission_at_once_and_is_named(forged):
    result = run(FIND_THE_PIPE + forged.replace("RIGHT", "{}"), "import time; time.sleep(9)", RIGHT)
    assert result.ended == (Status.ERROR, 0, "sent something that is no answer") and result.seconds < 9


def test_forged_records_are_values_like_any_other_and_come_first():
    """Whoever writes to the pipe can answer wrongly, or rightly and have done the exercise; no more."""
    result = run(FIND_THE_PIPE + "say(kind='begin', cell=1)\nsay(kind='record', value=7)", name="double")
    assert answers(result)[0] == Record(7)


def test_an_early_end_leaves_later_questions_unanswered():
    result = run(FIND_THE_PIPE + "say(kind='end')", RIGHT)
    assert answers(result) == []


VALUES = st.none() | st.integers() | st.text() | st.binary().map(list) | st.just(np.ones(2)) | st.just(torch.ones(2))
FRAMES = st.dictionaries(
    st.sampled_from(["kind", "cell", "items", "error", "failure", "changed", "message", "traceback", "value"]),
    VALUES | st.sampled_from(["begin", "outputs", "record", "end", "ERROR", 0, 1, 2]) | st.lists(VALUES).map(tuple),
)


@settings(deadline=None)
@given(FRAMES)
def test_a_frame_of_any_types_is_refused_or_kept(frame):
    if trusted._is_frame(frame):
        result = sandbox.Run()
        trusted._keep(frame, result, trusted._index(frame, Request((Cell(0), Cell(1)))))
        records = [record for found in result.records.values() for record in found]
        assert all(isinstance(record.message, str) and isinstance(record.changed, tuple) for record in records)
    else:
        expected = trusted.FIELDS | {"value": object}
        assert "kind" not in frame or not all(isinstance(frame[name], expected[name]) for name in frame)


# What must not be read


REFERENCE = str(course.root() / "lib" / "grad_cam.py")
HIDDEN = {
    "another way to write it": course.root() / "lib" / ".." / "lib" / "grad_cam.py",
    "compiled": importlib.util.cache_from_source(REFERENCE),
    "solution": course.solution("03-grad-cam"),
    "bank": course.root() / "autograder" / "bank" / "grad_cam" / "overlay.py",
    "gradebook": course.root() / "gradebook.db",
    "secret": course.root() / ".secret",
    "tests": course.root() / "tests" / "autograder" / "alternatives" / "grad_cam.py",
}
CLOSED = {"forbidden": ("lib.grad_cam", "autograder.bank"), "hidden": course.hidden_at_grading("03-grad-cam")}


def refused(source):
    """Whether a cell fails because it may not import or open something."""
    told = run(source, **CLOSED).errors.get(0, "")
    return "not there at grading" in told or "cannot be opened at grading" in told


@pytest.mark.parametrize("source", [
    "import lib.grad_cam", "from lib.grad_cam import heat_map", "from lib import grad_cam", "import autograder.bank",
    "from autograder.bank import grad_cam", "__import__('lib.grad_cam')", "import autograder.grading",
    "import importlib; importlib.import_module('lib.grad_cam')",
])  # fmt: skip
def test_references_cannot_be_imported(source):
    assert refused(source)


@pytest.mark.parametrize("source", [
    "open(path)", "open(path.encode())", "import os; os.open(path, 0)", "import os; os.symlink(path, 'here')",
    "import os; os.link(path, 'here')", "import os; os.listdir(os.path.dirname(path) + '/../solutions')",
    "import os; os.chdir(os.path.dirname(path)); open('grad_cam.py')", "import shutil; shutil.copy(path, 'here')",
    "from pathlib import Path; Path(path).read_text()", "import runpy; runpy.run_path(path)",
    "import importlib.util as u; s = u.spec_from_file_location('g', path); s.loader.exec_module(u.module_from_spec(s))",
    "import numpy; numpy.fromfile(path)", "import linecache, torch; torch.load(path)",
])  # fmt: skip
def test_references_cannot_be_opened_in_any_way(source):
    assert refused(f"path = {REFERENCE!r}\n{source}")


@pytest.mark.parametrize("place", HIDDEN)
def test_solutions_grades_and_tests_cannot_be_opened(place):
    assert refused(f"open({str(HIDDEN[place])!r}, 'rb')")


def test_behind_walls_a_program_of_another_language_sees_no_reference_either():
    if sandbox.tier()[0] != "full":
        pytest.skip("no walls here")
    command = ["cat", REFERENCE, *(str(place) for place in HIDDEN.values())]
    source = f"import subprocess\nprint(subprocess.run({command!r}, capture_output=True).stdout)"
    result = run(source, **CLOSED)
    assert shown(result) == "b''\n"


def test_no_reference_is_left_in_the_process_to_be_found():
    source = "import gc, sys, types, warnings\nwarnings.simplefilter('ignore')\n"
    source += "functions = [found for found in gc.get_objects() if isinstance(found, types.FunctionType)]\n"
    source += "print([found for found in functions if found.__module__ == 'lib.grad_cam'])\n"
    source += "print([name for name in sys.modules if 'grad_cam' in name or name.startswith('autograder.bank')])"
    assert shown(run(source, **CLOSED)) == "[]\n[]\n"


def test_the_rest_of_the_course_can_be_imported_and_read():
    source = "from lib import activations, images, networks, plotting, guided_backprop\nfrom autograder import check\n"
    source += f"check(print)\nopen({str(course.root() / 'README.md')!r}).close()"
    assert run(source, **CLOSED).errors == {}


# Files and processes


def test_files_handed_in_lie_beside_the_notebook_and_are_copies(tmp_path):
    (tmp_path / "data.txt").write_text("data")
    (tmp_path / "helper.py").write_text("n = 5")
    (tmp_path / "other.ipynb").write_text("{}")
    (tmp_path / "link.txt").symlink_to("/etc/hostname")
    source = "import glob, helper\nprint(open('data.txt').read(), helper.n, sorted(glob.glob('*.*')))\n"
    result = run(source + "open('data.txt', 'w').close()", folder=tmp_path)
    assert shown(result) == "data 5 ['data.txt', 'helper.py']\n"
    assert (tmp_path / "data.txt").read_text() == "data"


def test_files_handed_in_cannot_stand_in_for_installed_modules(tmp_path):
    for name in ("numpy", "torch", "json", "sitecustomize", "autograder", "skimage", "colorsys"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('mine')")
    result = run("import numpy, torch, json, autograder, skimage, colorsys\nprint(torch.__name__)", folder=tmp_path)
    assert result.errors == {} and shown(result) == "torch\n"


def test_the_scratch_folder_is_the_home_and_is_gone_afterwards():
    source = "import os\nopen('made', 'w').close()\nos.makedirs('a/b')\n"
    result = run(source + "print(os.getcwd(), os.path.expanduser('~'))")
    place, home = shown(result).split()
    assert place == home and not Path(place).exists()


def left_behind(mark):
    """Processes with this word on their command line, or below this test's own, some time after a run."""
    for _ in range(50):
        named = [found for found in psutil.process_iter(["cmdline"]) if mark in (found.info["cmdline"] or [])]
        if not named:
            break
        time.sleep(0.05)
    return named


@pytest.mark.parametrize("start", [
    "subprocess.Popen(['sleep', '{}'])", "subprocess.Popen(['sleep', '{}'], start_new_session=True)",
    "subprocess.run('sleep {} >/dev/null 2>&1 &', shell=True, start_new_session=True)",
])  # fmt: skip
@pytest.mark.parametrize("ending", ["", "import os; os.kill(os.getpid(), 9)", "import os; os._exit(0)"])
def test_processes_that_a_cell_started_are_ended(start, ending):
    if sandbox.tier()[0] != "full" and ending:
        pytest.skip("without walls a process that outlives its parent in a session of its own escapes")
    mark = f"600.{os.getpid()}"
    result = run(f"import subprocess\nprint({start.format(mark)})", ending)
    assert 0 not in result.errors and not left_behind(mark)


def test_the_students_process_is_gone_and_threads_do_not_hold_it():
    run("")
    before = {found.pid for found in psutil.Process().children(recursive=True)}
    result = run("import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()")
    assert result.errors == {} and {found.pid for found in psutil.Process().children(recursive=True)} <= before


def test_an_exit_handler_does_not_run():
    result = run("import atexit\natexit.register(lambda: __import__('time').sleep(600))\nprint(1)")
    assert result.seconds < 10 and shown(result) == "1\n"


def test_two_runs_do_not_see_each_other():
    first = "import sys, torch, os\nsys.modules['mine'] = sys\ntorch.mine = 1\nos.environ['MINE'] = '1'\n"
    first += "open('mine', 'w').close()"
    second = "import sys, torch, os\nprint('mine' in sys.modules, hasattr(torch, 'mine'), 'MINE' in os.environ)\n"
    second += "print(os.path.exists('mine'))"
    run(first)
    assert shown(run(second)) == "False False False\nFalse\n"


def test_many_threads_run_submissions_side_by_side_and_each_has_its_own_end():
    codes = [*range(1, 25)]
    with ThreadPoolExecutor(6) as threads:
        ends = threads.map(lambda code: run(f"import os\nos._exit({code})" if code % 3 else RIGHT), codes)
    for code, result in zip(codes, ends):
        if code % 3:
            assert result.ended == (Status.ERROR, 0, f"ended the Python process (exit status {code})")
        else:
            assert result.ended is None and torch.equal(answers(result)[0].value, 2 * X)


def test_there_is_no_input_and_no_terminal():
    result = run("input()", RIGHT)
    assert 0 in result.errors and torch.equal(answers(result)[0].value, 2 * X)


def test_patching_the_library_in_the_students_process_changes_nothing_here():
    source = "import torch, autograder.compare, autograder.judge\ntorch.equal = torch.allclose = lambda *a: True\n"
    source += "autograder.compare.difference = lambda *a: None\nautograder.judge.judge = lambda *a: 100\n"
    result = run(source + "def double(x):\n    return 3 * x")
    assert torch.equal(answers(result)[0].value, 3 * X) and not torch.equal(X, 2 * X)


def test_a_flood_of_frames_does_not_keep_the_watchdog_from_looking():
    flood = """
import os, struct
from autograder.answers import encode
frames = b"".join(
    struct.pack("!i", len(frame)) + frame for frame in [encode({"kind": "begin", "cell": n}) for n in (0, 1)]
)
while True:
    try:
        for descriptor in range(3, 64):
            try:
                os.write(descriptor, frames)
            except OSError:
                pass
    except BaseException:
        pass
"""
    limits = sandbox.Limits(cell_seconds=60, submission_seconds=2)
    run = sandbox.run(sandbox.Request((sandbox.Cell(0, flood), sandbox.Cell(1, "1")), limits=limits))
    assert run.ended[0] is Status.TIMED_OUT and run.seconds < 10
