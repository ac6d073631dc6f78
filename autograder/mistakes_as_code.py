"""A mistake of the bank as a student would hand it in: source text that needs neither bank nor reference."""

import ast
import inspect
import sys
from importlib import import_module
from textwrap import indent

from autograder import bank

CELL = """import types

import torch
from torch import nn
from torch.nn import functional as F


def _make():
{body}
    return _mistake


_{name} = _make()


def {name}(*inputs):
    return _{name}(*inputs)
"""


def mistake_source(exercise, number):
    """The source of a solution cell that makes the exercise's mistake with that number.

    It holds what the mistake's expression in the bank refers to: the helpers of its file, and copies of the modules
    of `lib` under examination whose functions it twists.
    """
    module = _file_of(exercise)
    source = inspect.getsource(module)
    tree = ast.parse(source)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    mistakes = [call for call in calls if getattr(call.func, "id", "") == "Mistake"]
    expression = ast.get_source_segment(source, mistakes[number].args[1])
    helpers = [ast.get_source_segment(source, node) for node in tree.body if _is_helper(node)]
    body = [*_imports(tree, exercise), *helpers, f"_mistake = ({expression})"]
    return CELL.format(body=indent("\n\n".join(body), "    "), name=exercise.name)


def _is_helper(node):
    """A definition or a constant of the bank's file, other than the exercise itself."""
    if isinstance(node, ast.Assign):
        return getattr(node.targets[0], "id", "") != "EXERCISE"
    return isinstance(node, (ast.FunctionDef, ast.ClassDef))


def _imports(tree, exercise):
    """Statements that stand for the file's imports; modules under examination become copies of themselves."""
    examined = next(bank.examined(name) for name in bank.ASSIGNMENTS if exercise in bank.exercises(name))
    statements = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            statements.append(ast.unparse(node))
        if not isinstance(node, ast.ImportFrom) or node.module.startswith("autograder.exercise"):
            continue
        for imported in node.names:
            bound = imported.asname or imported.name
            whole = f"{node.module}.{imported.name}"
            if whole in examined:
                statements.append(_copy_of(whole, bound, examined))
            elif node.module in examined:
                statements += [_copy_of(node.module, "_module", examined), f"{bound} = _module.{imported.name}"]
            else:
                statements.append(f"from {node.module} import {imported.name} as {bound}")
    return statements


def _copy_of(module, name, examined):
    source = "\n\n".join(_sources(module, examined))
    return f"{name} = types.SimpleNamespace()\nexec({source!r}, {name}.__dict__)"


def _sources(module, examined):
    """The source of a module, after that of those under examination which it builds on, in place of their import."""
    source = inspect.getsource(import_module(module))
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.module in examined:
            source = source.replace(ast.get_source_segment(source, node), "")
            yield from _sources(node.module, examined)
    yield source


def _file_of(exercise):
    """The module of the bank in which an exercise is written."""
    for module in list(sys.modules.values()):
        if module.__name__.startswith("autograder.bank.") and getattr(module, "EXERCISE", None) is exercise:
            return module
    raise ValueError(f"{exercise.name} is in no file of the bank")
