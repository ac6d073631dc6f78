"""Landlock alone, without the walls of namespaces: what a submission may still do."""

import os
import socket

import pytest
from making import GRAD_CAM

from autograder import bank, course, sandbox
from autograder.sandbox import landlock, parent

pytestmark = pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock")
LIMITS = sandbox.Limits(cell_seconds=20)
FORBIDDEN = bank.examined(GRAD_CAM)


@pytest.fixture
def alone(monkeypatch):
    """As on a machine that allows no user namespaces."""
    monkeypatch.setattr(parent, "tier", lambda: ("reduced", ""))


def told(source, hidden=()):
    """What a cell prints, or the error with which it ends."""
    hidden = (*course.hidden_at_grading(GRAD_CAM), *hidden)
    request = sandbox.Request((sandbox.Cell(0, source),), forbidden=FORBIDDEN, hidden=hidden, limits=LIMITS)
    run = sandbox.run(request)
    return run.errors.get(0) or " ".join(content for _, content in run.outputs.get(0, []))


@pytest.mark.parametrize("place", ["lib/grad_cam.py", "solutions/03-grad-cam/03-grad-cam.ipynb", "tests/conftest.py"])
def test_what_is_hidden_cannot_be_read_by_another_program_either(alone, place):
    path = course.root() / place
    assert path.read_text()
    assert "Permission denied" in told(
        f"import subprocess\nprint(subprocess.run(['cat', '{path}'], capture_output=True))"
    )
    assert "Permission denied" in told(
        f"import subprocess\nprint(subprocess.run(['cp', '{path}', '.'], capture_output=True))"
    )


def test_a_class_cannot_be_read_or_written(alone, tmp_path):
    other = tmp_path / "submitted" / "bea.ipynb"
    other.parent.mkdir()
    other.write_text("an answer")
    for how in ("'r'", "'a'", "'w'"):
        assert told(f"print(open({str(other)!r}, {how}))", [tmp_path / "submitted"]).startswith(
            ("Forbidden", "Permission")
        )
    program = f"import subprocess\nsubprocess.run(['sh', '-c', 'rm {other}; echo x > {other}; touch {tmp_path}/new'])"
    told(program, [tmp_path / "submitted"])
    assert other.read_text() == "an answer" and os.listdir(tmp_path) == ["submitted"]


def test_the_repository_cannot_be_written(alone):
    trace = course.root() / "lib" / "trace_of_an_attack.py"
    told(f"import subprocess\nsubprocess.run(['sh', '-c', 'echo 1 > {trace}'])")
    assert not trace.exists()


def test_nobody_outside_gets_a_signal(alone):
    error = told(f"import os\nos.kill({os.getpid()}, 0)")
    assert error.startswith("PermissionError") == (landlock.version() >= 6)


def test_there_is_no_tcp(alone):
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = f"import socket\nsocket.create_connection(('127.0.0.1', {server.getsockname()[1]}), timeout=2)"
        assert (told(source).startswith("PermissionError")) == (landlock.version() >= 4)


def test_the_rest_works_as_ever(alone):
    source = (
        "import subprocess, torch, pathlib, tempfile\nfrom lib import images, networks\n"
        "networks.load('efficientnet-lite0'); images.sample('cat', 32)\n"
        "pathlib.Path('a').mkdir(); pathlib.Path('a/b').write_text('x'); pathlib.Path('a/b').rename('c')\n"
        "with tempfile.NamedTemporaryFile() as file: file.write(b'x')\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.savefig('p.png'); plt.close()\n"
        "torch.zeros(3).share_memory_()\n"
        "print(subprocess.run(['ls'], capture_output=True, text=True).stdout.split())"
    )
    assert "'a', 'c', 'p.png'" in told(source)


def test_a_folder_is_allowed_part_by_part_where_it_hides_something(tmp_path):
    for name in ("lib/open.py", "lib/closed.py", "other/file"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "lib" / "closed.py")
    found = dict(landlock._readable(str(tmp_path), [str(tmp_path / "lib" / "closed.py")]))
    assert found == {
        str(tmp_path): landlock.READ_DIR, str(tmp_path / "lib"): landlock.READ_DIR,
        str(tmp_path / "lib" / "open.py"): landlock.READING, str(tmp_path / "other"): landlock.READING,
    }  # fmt: skip
    assert list(landlock._readable(str(tmp_path / "lib"), [str(tmp_path)])) == []
