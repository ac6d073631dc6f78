"""`check(function)`, the one line in a notebook: on the spot, in the same process."""

import linecache

import pytest
import torch
from making import source_of

import autograder
from autograder import bank, checking
from autograder.verdict import Status
from lib import grad_cam


@pytest.fixture(autouse=True)
def fresh_session():
    checking._seen.clear()


def written(source, name, place="/tmp/ipykernel_1/1.py", **names):
    """A function as a notebook's cell defines it: its lines are known under the name that a kernel gives its cells."""
    names = {"torch": torch, "F": torch.nn.functional, "hooked": grad_cam.hooked, **names}
    linecache.cache[place] = (len(source), None, source.splitlines(True), place)
    exec(compile(source, place, "exec"), names)
    return names[name]


def said(capsys, function):
    autograder.check(function)
    return capsys.readouterr().out


def test_right_is_said_as_text_outside_of_notebooks(capsys):
    told = said(capsys, written(source_of("channel_weights"), "channel_weights"))
    assert told.startswith("✓ channel_weights: correct\nOn 5 cases (two channels by hand; one image; ")
    assert bank.exercise("channel_weights").success in told


def test_wrong_is_said_with_the_hint_the_case_and_both_answers(capsys):
    def channel_weights(gradients):
        return gradients.sum(dim=(2, 3))

    told = said(capsys, channel_weights)
    assert told.startswith("✗ channel_weights: not yet\nYou summed over the positions; the paper's 1/Z")
    assert "Case: two channels by hand. Given gradients: [[[[1.0, 3.0]], [[0.0, -2.0]]]].\n" in told
    assert "yours:    [[4.0, -2.0]]\nexpected: [[2.0, -1.0]]" in told


def test_wrong_in_a_way_nobody_foresaw_is_said_with_how_the_values_differ(capsys):
    def channel_weights(gradients):
        return gradients.mean(dim=(2, 3)) + 7

    assert "largest difference 7 at [0, 0], yours 9, expected 2" in said(capsys, channel_weights)


def test_a_stub_is_not_attempted(capsys):
    def channel_weights(gradients):
        raise NotImplementedError

    assert said(capsys, channel_weights).startswith("○ channel_weights: not attempted\nStart with the docstring")


def test_not_implemented_with_a_message_is_an_exception_of_something_else():
    def channel_weights(gradients):
        raise NotImplementedError("no kernel for this type")

    verdict = checking.verdict_on(channel_weights)
    assert (verdict.status, verdict.message) == (Status.ERROR, "NotImplementedError: no kernel for this type")


def test_an_exception_is_said_with_the_students_own_lines_only(capsys):
    source = "def helper(x):\n    return F.interpolate(x, size=3, mode='cubic')\n\n"
    source += "def channel_weights(gradients):\n    y = helper(gradients)\n    return y\n"
    told = said(capsys, written(source, "channel_weights"))
    assert told.startswith("✗ channel_weights: NotImplementedError: ")
    assert "  line 5, in channel_weights\n      y = helper(gradients)\n  line 2, in helper\n" in told
    assert told.endswith("  line 2, in helper\n      return F.interpolate(x, size=3, mode='cubic')\n")
    assert "Given gradients: [[[[1.0, 3.0]], [[0.0, -2.0]]]]." in told


def test_memory_that_is_not_there_is_said_as_such():
    def channel_weights(gradients):
        return bytearray(10**15)

    assert checking.verdict_on(channel_weights).status is Status.OUT_OF_MEMORY


@pytest.mark.parametrize("value, kind", [(torch.ones(2), "Tensor"), (None, "NoneType"), (3, "int")])
def test_the_result_of_a_call_is_answered_with_what_check_needs(value, kind):
    with pytest.raises(TypeError, match=f"without parentheses: check\\(channel_weights\\); this is a {kind}"):
        autograder.check(value)


def test_a_wrong_name_is_answered_with_near_names():
    def chanel_weights(gradients):
        return gradients

    with pytest.raises(ValueError, match="no exercise called 'chanel_weights'; did you mean channel_weights"):
        autograder.check(chanel_weights)
    with pytest.raises(ValueError, match="keep the name that the notebook gives"):
        autograder.check(lambda gradients: gradients)


def test_an_earlier_exercise_that_failed_is_named_as_the_cause():
    def channel_weights(gradients):
        return gradients.sum(dim=(2, 3))

    names = {"score_gradients": grad_cam.score_gradients, "weighted_map": grad_cam.weighted_map}
    whole = written(source_of("grad_cam"), "grad_cam", channel_weights=channel_weights, **names)
    assert "calls" not in checking.verdict_on(whole).message  # nothing is known of the earlier one yet
    checking.verdict_on(channel_weights)
    verdict = checking.verdict_on(whole)
    assert verdict.message.startswith("your grad_cam calls channel_weights, which is not right yet.")
    checking.verdict_on(grad_cam.channel_weights)
    right = written(source_of("grad_cam"), "grad_cam", channel_weights=grad_cam.channel_weights, **names)
    assert checking.verdict_on(right).passed


def test_an_earlier_failure_is_no_excuse_for_one_who_does_not_call_it():
    def channel_weights(gradients):
        return 0

    def grad_cam(network, layer, images, class_index):
        return images

    checking.verdict_on(channel_weights)
    assert "channel_weights" not in checking.verdict_on(grad_cam).message


def test_in_a_notebook_the_verdict_is_shown_as_a_card(monkeypatch):
    import builtins

    import IPython.display

    shown = []
    monkeypatch.setattr(builtins, "get_ipython", lambda: None, raising=False)
    monkeypatch.setattr(IPython.display, "display", shown.append)
    autograder.check(grad_cam.channel_weights)
    assert shown[0]._repr_html_().startswith('<div role="status"')
    assert repr(shown[0]).startswith("✓ channel_weights: correct")


def test_check_returns_nothing():
    assert autograder.check(grad_cam.channel_weights) is None


# Earlier exercises that were mended since


def session(**sources):
    """The names of a notebook in which these cells were run."""
    names = {"torch": torch, "hooked": grad_cam.hooked, "score_gradients": grad_cam.score_gradients}
    for source in sources.values():
        exec(source, names)
    return names


WRONG_WEIGHTS = "def channel_weights(gradients):\n    return gradients.sum(dim=(2, 3))"
CAM = source_of("grad_cam").replace("return weighted_map", "return -weighted_map")


def test_a_mended_helper_is_not_blamed_although_its_check_was_not_run_again():
    names = session(weights=WRONG_WEIGHTS, map=source_of("weighted_map"), cam=CAM)
    checking.verdict_on(names["channel_weights"])
    assert "channel_weights, which is not right yet" in checking.verdict_on(names["grad_cam"]).message
    exec(source_of("channel_weights"), names)
    assert "channel_weights" not in checking.verdict_on(names["grad_cam"]).message


def test_a_helper_that_was_broken_since_is_blamed():
    names = session(weights=source_of("channel_weights"), map=source_of("weighted_map"), cam=CAM)
    assert checking.verdict_on(names["channel_weights"]).passed
    exec(WRONG_WEIGHTS, names)
    assert "channel_weights, which is not right yet" in checking.verdict_on(names["grad_cam"]).message


def test_tensors_within_a_dict_or_a_list_are_not_to_be_changed_either():
    from autograder.calling import ask

    def spoil(weights, batches):
        weights["a"].zero_()
        batches[0].add_(1)
        return 0

    def replace(weights, batches):
        weights["a"], batches[0] = [3], None
        return 0

    inputs = {"a": torch.ones(2)}, [torch.ones(2)]
    record = ask(spoil, ("weights", "batches"), lambda function, given: function(*given), inputs)
    assert record.changed == ("weights", "batches")
    inputs = {"a": {"b": torch.ones(2)}}, [torch.ones(2)]
    assert ask(replace, ("weights", "batches"), lambda f, given: f(*given), inputs).changed == ("weights", "batches")
    record = ask(lambda *given: 0, ("weights", "batches"), lambda function, given: function(*given), inputs)
    assert record.changed == ()
