"""Exceptions as PyTorch really raises them, so that a new version with other words is noticed."""

import pytest
import torch
from torch.nn import functional as F

from autograder import render
from autograder.explained import EXPLAINED, explanation
from autograder.verdict import Status, Verdict


def leaf():
    return torch.ones(2, requires_grad=True)


def a_replaced_tensor():
    x = leaf()
    optimizer = torch.optim.Adam([x])
    for _ in range(3):
        x.square().sum().backward()
        optimizer.step()
        x = x.clamp(0, 1).square()


def a_leaf_in_place():
    leaf().clamp_(0, 1)


def overwritten():
    y = leaf().exp()
    y += 1
    y.sum().backward()


def no_graph():
    leaf().detach().sum().backward()


def not_used():
    torch.autograd.grad(leaf().sum(), leaf())


def a_loss_for_each_image():
    (2 * leaf()).backward()


def numpy_on_the_way():
    leaf().numpy()


def a_closure_that_returns_nothing():
    torch.optim.LBFGS([leaf()]).step(lambda: None)


def a_closure_that_is_called():
    torch.optim.LBFGS([leaf()]).step(torch.ones(()))


def if_of_a_tensor():
    if torch.ones(2) > 0:
        pass


def item_of_several():
    torch.ones(2).item()


def float_of_several():
    float(torch.ones(2))


def two_types():
    torch.ones(2, 2) @ torch.ones(2, 2, dtype=torch.double)


def two_types_in_a_convolution():
    F.conv2d(torch.ones(1, 1, 2, 2, dtype=torch.double), torch.ones(1, 1, 1, 1))


def a_view_of_what_was_turned():
    torch.ones(2, 3).T.view(6)


def shapes_that_do_not_fit():
    torch.ones(2, 3) * torch.ones(2)


def shapes_that_cannot_be_repeated():
    torch.ones(2, 3).expand(4, 3)


WORDS = {
    a_replaced_tensor: "was a tensor replaced", a_leaf_in_place: "no_grad", overwritten: "overwritten",
    no_graph: "cut off", not_used: "does not depend", a_loss_for_each_image: "sum is one number",
    numpy_on_the_way: "carries no gradient", a_closure_that_returns_nothing: "return the loss",
    a_closure_that_is_called: "without parentheses", if_of_a_tensor: "one answer", item_of_several: "one number",
    float_of_several: "one number", two_types: "two types", two_types_in_a_convolution: "two types",
    a_view_of_what_was_turned: "side by side", shapes_that_do_not_fit: "last axis",
    shapes_that_cannot_be_repeated: "last axis",
}  # fmt: skip


def message_of(program):
    with pytest.raises(Exception) as raised:
        program()
    return f"{raised.type.__name__}: {raised.value}"


@pytest.mark.parametrize("program", WORDS, ids=lambda program: program.__name__)
def test_what_pytorch_raises_is_explained(program):
    assert WORDS[program] in explanation(message_of(program)).lower()


def test_every_explanation_is_met_and_none_where_there_is_none():
    met = {explanation(message_of(program)) for program in WORDS}
    assert met == set(EXPLAINED.values())
    assert explanation("ValueError: too small") == ""


def test_it_stands_below_the_exception_on_the_card_and_in_the_terminal():
    message = message_of(a_leaf_in_place)
    verdict = Verdict("half", Status.ERROR, message, out_of=1, traceback="line 1, in half\n    x.clamp_(0, 1)")
    lines = render.text(verdict).splitlines()
    assert lines[0] == f"✗ half: {message}" and lines[1] == explanation(message)
    assert "<code>torch.no_grad()</code>" in render.html(verdict)


def test_a_long_exception_ends_at_a_word():
    verdict = Verdict("half", Status.ERROR, "ValueError: " + "twelve " * 60, out_of=1, traceback="line 1, in half")
    headline = render.text(verdict).splitlines()[0]
    assert headline.endswith("twelve …") and len(headline) < 320
