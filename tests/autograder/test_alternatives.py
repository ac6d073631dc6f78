"""Right is right, however it is written: loops or einsum, NumPy or torch, lists or tensors, any autograd route.

`alternatives/` holds one module per assignment; its functions are called EXERCISE__HOW_IT_IS_WRITTEN.
"""

import importlib
from pathlib import Path

import pytest
from making import EXERCISES, SECRET, verdict_on

from autograder import bank

HERE = Path(__file__).parent / "alternatives"


def alternatives():
    """Exercise -> {how it is written: function}."""
    found = {exercise.name: {} for exercise in EXERCISES}
    for module, _ in bank.ASSIGNMENTS.values():
        if not (HERE / f"{module}.py").exists():
            continue
        for name, function in vars(importlib.import_module(f"alternatives.{module}")).items():
            if "__" in name.strip("_"):
                exercise, how = name.split("__")
                found[exercise][how] = function
    return found


FOUND = alternatives()


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_there_are_at_least_four_other_ways_to_write_it(exercise):
    assert len(FOUND[exercise.name]) >= 4


@pytest.mark.parametrize("name, how", [(name, how) for name, ways in FOUND.items() for how in ways])
def test_another_way_to_write_it_passes(name, how):
    verdict = verdict_on(bank.exercise(name), FOUND[name][how], SECRET)
    assert verdict.passed, verdict.message
