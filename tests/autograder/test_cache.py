"""Results kept by content: found again only if everything they depend on is the same."""

import nbformat
import psutil
import pytest

from autograder import bank, cache, crowd, grading, own, sandbox
from autograder.build import with_marks
from autograder.verdict import Status

ASSIGNMENT = "03-grad-cam"


def notebook(source=None, text="a text"):
    """A notebook that solves `overlay` and leaves everything else out."""
    test = next(cell for cell in own.skeleton(ASSIGNMENT).cells if cell.source == "check(overlay)")
    test["id"] = "test"
    solution = nbformat.v4.new_code_cell(source or with_marks(bank.exercise("overlay").reference), id="solution")
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text, id="text"), solution, test])


@pytest.fixture
def no_grading(monkeypatch):
    """A function that forbids grading from now on."""

    def grade(*arguments, **options):
        raise AssertionError("graded again")

    return lambda: monkeypatch.setattr(grading, "grade", grade)


def test_a_result_is_found_again_whole(tmp_path, no_grading):
    wrong = "def overlay(images, heat, colors):\n    print('hello')\n    return images * float('nan')"
    first = cache.graded(notebook(wrong), ASSIGNMENT, b"s", tmp_path)
    no_grading()
    again = cache.graded(notebook(wrong), ASSIGNMENT, b"s", tmp_path)
    assert again.verdicts == first.verdicts and again.run.outputs == first.run.outputs
    assert again.verdicts[0].status is Status.WRONG
    assert again.verdicts[0].yours.isnan().all() and again.verdicts[0].expected.equal(first.verdicts[0].expected)


def test_the_key_depends_on_code_secret_limits_and_files_but_not_on_texts(tmp_path):
    def key(book=None, secret=b"s", **options):
        return cache.key(book or notebook(), ASSIGNMENT, secret, **options)

    assert key() == key() == key(notebook(text="another text"))
    (tmp_path / "data.txt").write_text("1")
    with_file = key(folder=tmp_path)
    (tmp_path / "data.txt").write_text("2")
    others = [
        key(notebook("pass")), key(secret=b"t"), key(limits=sandbox.Limits(cell_seconds=1)), with_file,
        key(folder=tmp_path),
    ]  # fmt: skip
    assert len({key(), *others}) == 6


def test_a_damaged_result_is_made_anew(tmp_path):
    cache.graded(notebook(), ASSIGNMENT, b"s", tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert cache.graded(notebook(), ASSIGNMENT, b"s", tmp_path).verdicts[0].passed
    assert len(kept.read_bytes()) > 100


def test_what_ran_out_of_time_gets_another_chance_in_another_run(tmp_path, monkeypatch, no_grading):
    loop, limits = "def overlay(*inputs):\n    while True:\n        pass", sandbox.Limits(cell_seconds=1)
    first = cache.graded(notebook(loop), ASSIGNMENT, b"s", tmp_path, limits=limits)
    assert first.verdicts[0].status is Status.TIMED_OUT
    no_grading()
    assert cache.graded(notebook(loop), ASSIGNMENT, b"s", tmp_path, limits=limits).verdicts == first.verdicts
    with pytest.raises(AssertionError, match="graded again"):
        cache.graded(notebook(loop), ASSIGNMENT, b"s", tmp_path, limits=limits, again=True)


def test_a_cluster_runs_all_and_only_what_is_not_there_yet(tmp_path):
    nbformat.write(own.skeleton(ASSIGNMENT), tmp_path / "release.ipynb")
    submissions = {"right": nbformat.writes(notebook()), "corrupt": "{", "half": nbformat.writes(notebook("x = 1"))}
    jobs = []
    for name, content in submissions.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "it.ipynb").write_text(content)
        jobs.append({
            "path": str(tmp_path / name / "it.ipynb"), "release": str(tmp_path / "release.ipynb"), "hidden": (),
            "assignment": ASSIGNMENT, "secret": b"s", "place": str(tmp_path / "kept"), "limits": {},
        })  # fmt: skip
    said = finished(jobs, workers=2)
    assert [name for index, name in enumerate(submissions) if said[index]] == ["corrupt"]
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}
    assert len(times) == 2
    assert finished(jobs, workers=1) == said
    assert times == {path: path.stat().st_mtime_ns for path in (tmp_path / "kept").iterdir()}


def test_without_walls_nothing_listens_on_a_port(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "tier", lambda: ("reduced", ""))
    monkeypatch.setattr(sandbox.parent, "tier", sandbox.tier)
    nbformat.write(own.skeleton(ASSIGNMENT), tmp_path / "release.ipynb")
    nbformat.write(notebook(), tmp_path / "it.ipynb")
    job = {
        "path": str(tmp_path / "it.ipynb"), "release": str(tmp_path / "release.ipynb"), "hidden": (),
        "assignment": ASSIGNMENT, "secret": b"s", "place": str(tmp_path / "kept"), "limits": {},
    }  # fmt: skip
    before = listening()
    with crowd.running([job, {**job, "secret": b"t"}], workers=2) as said:
        assert sorted(said) == [(0, ""), (1, "")] and listening() == before
    assert len(list((tmp_path / "kept").iterdir())) == 2


def listening():
    """Ports at which this process and those that it started can be reached."""
    own = psutil.Process()
    found = [one.net_connections() for one in (own, *own.children(recursive=True))]
    return {connection.laddr for of_one in found for connection in of_one if connection.status == "LISTEN"}


def finished(jobs, **cluster):
    """What the cluster says of each job, by its position."""
    with crowd.running(jobs, **cluster) as said:
        said = list(said)
    assert len(said) == len(jobs)
    return dict(said)


def test_where_all_results_are_there_no_cluster_is_started(tmp_path, monkeypatch):
    nbformat.write(own.skeleton(ASSIGNMENT), tmp_path / "it.ipynb")
    job = {
        "path": str(tmp_path / "it.ipynb"), "release": str(tmp_path / "it.ipynb"), "hidden": (),
        "assignment": ASSIGNMENT, "secret": b"s", "place": str(tmp_path / "kept"), "limits": {},
    }  # fmt: skip
    crowd.run_one(**job)
    monkeypatch.setattr("distributed.LocalCluster", None)
    assert finished([job, job]) == {0: "", 1: ""}
    with pytest.raises(TypeError, match="NoneType"):
        finished([{**job, "secret": b"other"}])
