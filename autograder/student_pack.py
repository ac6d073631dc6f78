"""The course as students get it, where solutions are to stay with the instructor.

Everything but `solutions/` and the tests. Of assignments withheld, the modules of `lib` that they examine are left out
too, and with them every reference and every mistake's code in the bank: in their place stand answers to the visible
cases (`stored`), so that `check` says what it would have said. What elsewhere needs a withheld module says so.
"""

import ast
import pickletools
import re
import shutil
from pathlib import Path

import nbformat

from autograder import bank, course, stored
from autograder.practice import stub
from autograder.sandbox.protocol import pack

PARTS = (
    "lib", "assignments", "autograder", ".github/pictures", "requirements.txt", "constraints.txt", "pyproject.toml",
    "LICENSE",
)  # fmt: skip
LEFT_OUT = shutil.ignore_patterns(
    "__pycache__", ".ipynb_checkpoints", ".backup", ".hints.json", "student_pack.py", "bank", ".cache"
)
WITHHELD = '''"""Withheld: you write these functions in {assignment}."""


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)

    def withheld(*inputs, **options):
        raise ImportError(f"{module}.{{name}} is withheld in this copy of the course: you write it in {assignment}")

    return withheld
'''
README = ("## Instructors", "## Measured", "## What is where")


def export(folder, withhold=(), say=print):
    """Write the course for students into an empty folder. Returns a list of sentences about what does not run in it.

    withhold: full names of the assignments whose references stay here.
    Raises ValueError if the folder holds anything, or if an exercise cannot be stored.
    """
    folder = Path(folder)
    if folder.exists() and any(folder.iterdir()):
        raise ValueError(f"{folder} is not empty; name a new folder")
    gone = {module: name for name in withhold for module in bank.examined(name)}
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        source = course.root() / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=LEFT_OUT)
        else:
            shutil.copy(source, folder / part)
    for name, text in _front().items():
        (folder / name).write_text(text, encoding="utf-8")
    for module, name in gone.items():
        _file(folder, module).write_text(WITHHELD.format(module=module, assignment=name), encoding="utf-8")
    _copy_bank(folder, gone, say)
    return list(_what_does_not_run(gone))


def _front():
    """README and Makefile, without what is for instructors and maintainers."""
    readme = (course.root() / "README.md").read_text(encoding="utf-8")
    for heading in README:
        readme = re.sub(rf"{heading}\n.*?(?=\n## |\nCode is under)", "", readme, flags=re.DOTALL)
    readme = re.sub(r"All solutions, with every picture.*?\n\n", "", readme)
    readme = re.sub(r"^.*(make (demo|test|build)|autograder solution|--outputs).*\n", "", readme, flags=re.MULTILINE)
    makefile = (course.root() / "Makefile").read_text(encoding="utf-8").split("\n\n")
    kept = [part for part in makefile if re.search(r"^PYTHON|requirements\.txt|^lab:", part, re.MULTILINE)]
    kept = [part for part in kept if "requirements-dev" not in part]
    return {"README.md": readme, "Makefile": "\n\n".join(kept) + "\n"}


def _copy_bank(folder, gone, say):
    place = folder / "autograder" / "bank"
    place.mkdir()
    source = Path(bank.__file__).parent
    shutil.copy(source / "__init__.py", place)
    for name, (package, _) in bank.ASSIGNMENTS.items():
        if not gone.keys() & _needed_by_bank(name):
            shutil.copytree(source / package, place / package, ignore=shutil.ignore_patterns("__pycache__"))
            continue
        say(f"{name}: storing answers")
        (place / package).mkdir()
        shutil.copy(source / package / "__init__.py", place / package)
        for exercise in bank.exercises(name):
            module = _module_of(exercise, source / package)
            here = source / package / f"{module}.py", f"autograder.bank.{package}.{module}"
            fit = [q for q in exercise.questions() if not gone.keys() & _imports(_stub_module(exercise, [q], *here))]
            if not fit:
                raise ValueError(f"{exercise.name} cannot be stored: every case of it needs what is withheld")
            for question in exercise.questions():
                if question not in fit:
                    say(f"{exercise.name}: the case {question.name!r} needs what is withheld; it is for grading only")
            stored.store(exercise, fit, place / package / f"{module}{stored.ENDING}")
            text = _stub_module(exercise, fit, *here)
            (place / package / f"{module}.py").write_text(text, encoding="utf-8")


def _module_of(exercise, package):
    """The name of the bank's module that holds an exercise."""
    for path in package.glob("*.py"):
        module = __import__(f"autograder.bank.{package.name}.{path.stem}", fromlist=["EXERCISE"])
        if getattr(module, "EXERCISE", None) is exercise:
            return path.stem
    raise LookupError(exercise.name)


def _stub_module(exercise, questions, path, name):
    """The source of a bank module with nothing in it but the stub, and what the values of these cases need."""
    values = [(q.inputs(), q.case.observe, q.case.measure) for q in questions]
    wanted = set().union(*(_globals(pack(value), name) for value in values))
    source = path.read_text(encoding="utf-8")
    empty = stub(exercise)
    used = wanted | _names(ast.parse(empty))
    chosen, nodes = set(), ast.parse(source).body
    while True:
        more = [n for n in nodes if n not in chosen and _defines(n) & used and "EXERCISE" not in _defines(n)]
        if not more:
            break
        chosen.update(more)
        used |= set().union(*map(_names, more))
    kept = [ast.get_source_segment(source, node) for node in nodes if node in chosen]
    imports = [part for part in kept if part.startswith(("import ", "from "))]
    if "torch" in _names(ast.parse(empty)) and "import torch" not in imports:
        imports.insert(0, "import torch")
    imports.append("from autograder import stored")
    code = [_with_decorators(source, node) for node in nodes if node in chosen and not _is_import(node)]
    head = f'"""The exercise {exercise.name}, without its reference: see autograder/stored.py."""'
    last = f"EXERCISE = stored.load({exercise.name}, __file__)"
    return "\n\n\n".join([head + "\n\n" + "\n".join(imports), *code, empty, last]) + "\n"


def _is_import(node):
    return isinstance(node, (ast.Import, ast.ImportFrom))


def _with_decorators(source, node):
    first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
    return "\n".join(source.splitlines()[first - 1 : node.end_lineno])


def _globals(data, module):
    """The names of a module that a pickle refers to."""
    found, strings = set(), []
    for operation, argument, _ in pickletools.genops(data):
        if operation.name in ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"):
            strings.append(argument)
        elif operation.name == "GLOBAL":
            strings += argument.split(" ", 1)
        if operation.name in ("STACK_GLOBAL", "GLOBAL") and module in strings[:-1]:
            found.add(strings[-1].partition(".")[0])
    return found


def _defines(node):
    """The names that a statement at the top of a module binds."""
    if _is_import(node):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        return {node.name}
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}


def _names(node):
    return {name.id for name in ast.walk(node) if isinstance(name, ast.Name)}


def _file(root, module):
    path = root / (module.replace(".", "/") + ".py")
    return path if path.exists() else root / module.replace(".", "/") / "__init__.py"


def _imports(source):
    """The modules of `lib` that code imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.partition(".")[0] == "lib"}


def _needed(modules):
    """Modules of `lib`, with all that they import in their turn."""
    seen, left = set(), list(modules)
    while left:
        module = left.pop()
        path = _file(course.root(), module)
        if module not in seen and path.exists():
            seen.add(module)
            left += _imports(path.read_text(encoding="utf-8"))
    return seen


def _needed_by_bank(name):
    package = Path(bank.__file__).parent / bank.ASSIGNMENTS[name][0]
    return _needed(set().union(*(_imports(path.read_text(encoding="utf-8")) for path in package.glob("*.py"))))


def _what_does_not_run(gone):
    """For each notebook what it calls of what is withheld, directly or by another module."""
    for name in bank.ASSIGNMENTS:
        cells = nbformat.read(course.release(name), as_version=4).cells
        imported = set().union(*(_imports(_plain(cell.source)) for cell in cells if cell.cell_type == "code"))
        if found := gone.keys() & _needed(imported):
            yield f"{name} has cells that call {', '.join(sorted(found))}: they stop there and say that it is withheld."


def _plain(source):
    """Code without lines that only IPython understands."""
    return "\n".join(line for line in source.splitlines() if not line.lstrip().startswith(("%", "!")))
