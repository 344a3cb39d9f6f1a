"""House rules that no linter knows."""

import ast
import io
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SOURCE = sorted((PROJECT / "src" / "mcca_ml").rglob("*.py"))
FOLDERS = ("src", "tests", "docs", "scripts", "benchmarks")
PYTHON = sorted(file for folder in FOLDERS for file in (PROJECT / folder).rglob("*.py"))
HARD_LIMIT = 400


FUNCTION_LIMIT, LONG_FUNCTION = 60, 40
"""Lines of a function without its docstring: never more, and what is reported."""


def name_of(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def numbers(path: Path) -> set[float]:
    """Numbers in the code of a file, without their signs."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        float(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float)
    }


def constants() -> dict[str, float]:
    """Numbers of constants.py by their names, and what they are commonly rounded to."""
    tree = ast.parse((PROJECT / "src/mcca_ml/constants.py").read_text(encoding="utf-8"))
    found = {
        str(node.targets[0].id): abs(float(ast.literal_eval(node.value)))
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return found | {"kelvin": 273.16, "kelvin, whole": 273.0, "eps0": 8.854e-12, "c": 3e8}


def test_the_list_of_constants_is_found():
    assert constants()["WATER_FREEZING_POINT"] == 273.15


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_no_constant_is_repeated(path):
    # layouts: what the providers' files say
    if path.name == "constants.py" or path.name.startswith("layouts"):
        return
    assert [name for name, value in constants().items() if value in numbers(path)] == []


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_file_is_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= HARD_LIMIT


def lengths(path: Path) -> dict[str, int]:
    """Lines of each function of a file, from `def` to its end, its docstring left out."""
    found = {}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            words = first if ast.get_docstring(node, clean=False) is not None else None
            said = (words.end_lineno or 0) - words.lineno + 1 if words else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - said
            found[f"{name_of(path)}:{node.lineno} {node.name}"] = lines
    return found


def test_functions_are_short(record_property):
    every = {name: lines for path in SOURCE for name, lines in lengths(path).items()}
    long = {name: lines for name, lines in every.items() if lines > LONG_FUNCTION}
    record_property("functions of more than 40 lines", str(long))
    assert len(every) > 100
    assert {name: lines for name, lines in every.items() if lines > FUNCTION_LIMIT} == {}


def test_the_length_of_a_function_is_counted():
    path = PROJECT / "tests" / "unit" / "test_project.py"
    assert lengths(path)[next(name for name in lengths(path) if name.endswith(" name_of"))] == 2


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_no_function_takes_arbitrary_keywords(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.Lambda)]
    assert [f.lineno for f in functions if f.args.kwarg] == []


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_module_keeps_no_state(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [n.lineno for n in ast.walk(tree) if isinstance(n, ast.Global)] == []
    assigned = [n.value for n in tree.body if isinstance(n, ast.Assign | ast.AnnAssign)]
    assert [v.lineno for v in assigned if isinstance(v, ast.List | ast.Set)] == []
    # A table may be written as a dictionary where its type, Mapping, forbids to change it.
    dicts = [n for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Dict)]
    typed = [n for n in tree.body if isinstance(n, ast.AnnAssign) and isinstance(n.value, ast.Dict)]
    open_tables = [n for n in typed if not ast.unparse(n.annotation).startswith("Mapping")]
    names = [ast.unparse(n.targets[0]) for n in dicts]
    assert [n.lineno for n in open_tables] == []
    assert [name for name in names if not name.isupper()] == []


def tracked() -> list[Path]:
    """Files of the repository; those of the source where there is no git."""
    found = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    names = [name for name in found.stdout.split("\0") if name]
    return [PROJECT / n for n in names if (PROJECT / n).is_file()] or PYTHON


# Folders of one machine, or hosts of a package index; in pieces, so that this file passes.
ROOTS = "|".join(("home", "root", "Users", "opt", "work", "tmp"))
HOSTS = "|".join(("py" + r"pi\.org", "python" + "hosted"))
MACHINE = re.compile(rf"(?<![\w.~}}\])])/(?:{ROOTS})/\w|{HOSTS}")


def test_no_machine_is_named():
    named = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures and arrays
        named += [f"{name_of(path)}: {found[0]}" for found in MACHINE.finditer(text)]
    assert named == []


def test_no_data_are_tracked():
    data = (".h5", ".he5", ".hdf5", ".nc", ".nc4", ".csv", ".stm")
    assert [name_of(p) for p in tracked() if p.suffix.lower() in data] == []
    assert [name_of(p) for p in tracked() if p.stat().st_size > 300_000] == []


@pytest.mark.parametrize("path", SOURCE, ids=name_of)
def test_no_comment_is_a_banner_or_a_task(path):
    text = path.read_text(encoding="utf-8")
    comments = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type == tokenize.COMMENT
    ]
    pattern = re.compile(r"TODO|FIXME|XXX|[-=#*]{5,}")
    assert [comment for comment in comments if pattern.search(comment)] == []
