"""Which cells of a notebook grading runs: those that a student wrote, and the given ones that these rely on.

Most given cells show what the functions do. Nothing that is judged depends on them, so grading leaves them out. A given
cell that is still as it was given out is run only if it imports or defines what a student's cell uses, or if it has to
do with a value that a student's cell uses. Names are followed from cell to cell; in doubt everything is run, except
for what is tagged `show`.
"""

import ast
import symtable
from dataclasses import dataclass
from functools import lru_cache

from autograder.notebooks import grade_id, is_test, is_untouched, parsable, parsed

# Whoever looks names up by these may use any of them.
REFLECTION = {"globals", "locals", "vars", "dir", "eval", "exec", "compile", "get_ipython", "__main__", "__builtins__"}


def needed(notebook):
    """The positions of the code cells to run, of a repaired notebook. Test cells are not among them."""
    cells = {index: cell for index, cell in enumerate(notebook.cells) if _is_code(cell)}
    sources = parsable(notebook)
    names = {index: _names(sources[index]) if index in sources else None for index in cells}
    given = {index for index, cell in cells.items() if grade_id(cell) is None and is_untouched(cell)}
    run = cells.keys() - given
    if any(names[index] is None or names[index].reflects for index in run):
        return set(cells)
    wanted = set().union(*(names[index].used for index in run))
    values = set().union(*(names[index].values for index in given if names[index]))
    while more := {index for index in given - run if names[index] is None or names[index].serves(wanted, values)}:
        run |= more
        wanted |= set().union(*(names[index].used for index in more if names[index]))
    return run


def _is_code(cell):
    tags = cell.metadata.get("tags", [])
    return cell.cell_type == "code" and not is_test(cell) and "show" not in tags and bool(cell.source.strip())


@dataclass(frozen=True)
class _Names:
    """The names of a cell: what it takes from other cells, what it imports or defines, and the values it makes."""

    used: set
    definitions: set
    values: set
    reflects: bool  # whether it may look names up by other means

    def serves(self, wanted, values):
        """Whether it makes something that is wanted, or may have changed a value that is."""
        return bool(self.definitions & wanted or (self.used | self.values) & wanted & values)


@lru_cache(maxsize=256)  # most cells of a class are the same, and each is asked for more than once
def _names(source):
    """The names of a cell, or None where it is no plain Python, such as a line that begins with % or !."""
    if (tree := parsed(source)) is None:
        return None
    try:
        tables = [_table(part) for one in tree.body for part in _in_order(one)]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    used, definitions, values = set(), set(), set()
    for table in tables:
        used |= _taken(table) - definitions - values
        for symbol in table.get_symbols():
            if symbol.is_imported() or symbol.is_namespace():
                definitions.add(symbol.get_name())
            elif symbol.is_assigned():
                values.add(symbol.get_name())
    return _Names(used, definitions, values, _reflects(tree))


def _reflects(tree):
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    elsewhere = {id(call.func) for call in calls if len(call.args) > 1}  # such as exec(source, names)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in elsewhere]
    return any(name.id in REFLECTION for name in names)


def _in_order(statement):
    """The statement, and before it what it changes or deletes, and what a loop goes through and names."""
    for part in _outside_of_functions(statement):
        if isinstance(part, ast.AugAssign | ast.Delete):
            yield from map(ast.Expr, getattr(part, "targets", None) or [part.target])
    if isinstance(statement, ast.For):
        yield ast.Assign([statement.target], statement.iter, lineno=0)
    yield statement


def _outside_of_functions(node):
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node
        for part in ast.iter_child_nodes(node):
            yield from _outside_of_functions(part)


def _table(statement):
    return symtable.symtable(ast.unparse(statement), "cell", "exec")


def _taken(table):
    """Names that code takes from outside of all of its functions."""
    if table.get_type() == "module":
        here = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced()}
    else:
        here = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return here.union(*map(_taken, table.get_children()))
