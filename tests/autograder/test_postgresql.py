"""A class whose gradebook is in PostgreSQL instead of a file.

COURSE_GRADEBOOK names the database. Here it is on a server that is started for the test; where PostgreSQL is not
installed the test is skipped.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest
from classes import ALL_POINTS, hand_in, handed_in, typed
from making import GRAD_CAM
from nbgrader.api import Gradebook

pytest.importorskip("psycopg", reason="psycopg is not installed")


@pytest.fixture(scope="module")
def server():
    """The URL of an empty database on a server of our own, stopped afterwards."""
    programs = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")), *filter(None, [shutil.which("initdb")])]
    if not programs:
        pytest.skip("PostgreSQL is not installed")
    owner = {}
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        if os.geteuid() == 0:  # PostgreSQL does not run as root
            user = pwd.getpwnam("postgres")
            owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(folder, user.pw_uid, user.pw_gid)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()

        def tell(program, *words):
            command = [Path(programs[-1]).with_name(program), "-D", f"{folder}/data", *words]
            with open(f"{folder}/said.txt", "a") as file:  # the server keeps its outputs open, so no pipe
                done = subprocess.run(command, cwd=folder, stdout=file, stderr=file, **owner)
            assert done.returncode == 0, Path(folder, "said.txt").read_text()

        tell("initdb", "-U", "course", "-A", "trust", "--no-sync")
        tell("pg_ctl", "start", "-w", "-o", f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}")
        yield f"postgresql+psycopg://course@127.0.0.1:{port}/postgres"
        tell("pg_ctl", "stop", "-m", "immediate")


def test_a_class_is_graded_into_it_and_graded_again(server, tmp_path, monkeypatch, in_this_process):
    monkeypatch.setenv("COURSE_GRADEBOOK", server)
    hand_in(tmp_path, "ada", handed_in())
    hand_in(tmp_path, "ben", handed_in(overlay="def overlay(*inputs):\n    return 1"))
    told = typed("grade", "03", "--folder", tmp_path)
    assert told.exit_code == 0, told.output
    assert not (tmp_path / "gradebook.db").exists()

    def points():
        with Gradebook(server) as book:
            return {s.student.id: s.notebooks[0].score for s in book.assignment_submissions(GRAD_CAM)}

    assert points()["ada"] == ALL_POINTS > points()["ben"] > 0
    hand_in(tmp_path, "ben", handed_in())
    told = typed("grade", "03", "--folder", tmp_path, "--force")
    assert told.exit_code == 0 and "would change: 1" in told.output
    assert points()["ben"] == ALL_POINTS
    told = typed("export", "csv", tmp_path / "grades.csv", "--folder", tmp_path)
    assert told.exit_code == 0 and f"{ALL_POINTS}" in (tmp_path / "grades.csv").read_text()
