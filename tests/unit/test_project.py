"""House rules that no linter knows: each is one test of all files, which names every offender."""

import ast
import io
import re
import subprocess
import tokenize
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "mcca_ml"
SOURCE = sorted(PACKAGE.rglob("*.py"))
FOLDERS = ("src", "tests", "docs", "scripts", "benchmarks")
PYTHON = sorted(file for folder in FOLDERS for file in (PROJECT / folder).rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))

FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES, ARGUMENTS, COMPLEXITY = 300, 400, 60, 8, 8
"""No more than these; a function is counted without its docstring."""
LIMITS = (
    f"at most {FILE_LINES} lines (a file of tests {TEST_FILE_LINES}), a function {FUNCTION_LINES} "
    f"without its docstring, {ARGUMENTS} arguments and a complexity of {COMPLEXITY}"
)
"""How CONTRIBUTING.md says so."""
ROOT_FILES = 12
COMMENTED = ("physics", "retrieve", "intercal", "learn", "fuse", "metrics")
COMMENT_SHARE = 0.03
"""Lines with a comment in each of these rooms: the source of an equation, or a reason."""


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(text_of(path))


def parsed(paths: list[Path]) -> Iterator[tuple[str, ast.Module]]:
    """Name and syntax tree of each file."""
    for path in paths:
        yield name_of(path), tree_of(path)


def comments(text: str) -> dict[int, str]:
    """Comments of a file by their lines."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {t.start[0]: t.string for t in tokens if t.type == tokenize.COMMENT}


@cache
def constants() -> dict[float, str]:
    """Names in constants.py by their numbers, and of what those are commonly rounded to."""
    named = {273.16: "kelvin", 273.0: "kelvin, whole", 8.854e-12: "eps0", 3e8: "c"}
    for node in tree_of(PACKAGE / "constants.py").body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named[abs(float(ast.literal_eval(node.value)))] = node.targets[0].id
    return named


def repeated_constants(name: str, tree: ast.Module) -> list[str]:
    known = constants()
    numbers = (n for n in ast.walk(tree) if isinstance(n, ast.Constant))
    return [
        f"{name}:{node.lineno} {known[float(node.value)]}"
        for node in numbers
        if type(node.value) in (int, float) and float(node.value) in known
    ]


def test_no_constant_is_repeated():
    assert constants()[273.15] == "WATER_FREEZING_POINT"
    assert repeated_constants("a", ast.parse("t = -273.15")) == ["a:1 WATER_FREEZING_POINT"]
    # formats: what the providers' files say
    paths = [p for p in SOURCE if p.name != "constants.py" and p.parent.name != "formats"]
    assert [one for name, tree in parsed(paths) for one in repeated_constants(name, tree)] == []


def test_files_are_short():
    long = {}
    for path in PYTHON:
        lines = len(text_of(path).splitlines())
        if lines > (TEST_FILE_LINES if path in TESTS else FILE_LINES):
            long[name_of(path)] = lines
    assert long == {}


def lengths(name: str, tree: ast.Module) -> dict[str, int]:
    """Lines of each function of a file, from `def` to its end, its docstring left out."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            words = first if ast.get_docstring(node, clean=False) is not None else None
            said = (words.end_lineno or 0) - words.lineno + 1 if words else 0
            lines = (node.end_lineno or 0) - node.lineno + 1 - said
            found[f"{name}:{node.lineno} {node.name}"] = lines
    return found


def test_functions_are_short():
    assert lengths("a", ast.parse('def f():\n    """Say.\n\n    It.\n    """\n    g()')) == {
        "a:1 f": 2
    }
    every = {one: lines for file in parsed(PYTHON) for one, lines in lengths(*file).items()}
    assert len(every) > 1000
    assert {one: lines for one, lines in every.items() if lines > FUNCTION_LINES} == {}


def test_contributing_the_linter_and_these_tests_name_the_same_limits():
    settings = tomllib.loads(text_of(PROJECT / "pyproject.toml"))["tool"]["ruff"]["lint"]
    assert {"C90", "PLR0913"} <= set(settings["select"])
    assert settings["pylint"]["max-args"] == ARGUMENTS
    assert settings["mccabe"]["max-complexity"] == COMPLEXITY
    assert LIMITS in " ".join(text_of(PROJECT / "CONTRIBUTING.md").split())


def test_the_root_of_the_package_has_few_files():
    assert len([path for path in PACKAGE.iterdir() if path.is_file()]) <= ROOT_FILES


def test_no_function_takes_arbitrary_keywords():
    functions = [
        (name, node)
        for name, tree in parsed(SOURCE)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.Lambda)
    ]
    assert [f"{name}:{node.lineno}" for name, node in functions if node.args.kwarg] == []


def states(tree: ast.Module) -> list[int]:
    """Lines of a module that keep what can change: `global`, lists, sets, open tables."""
    found = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Global)]
    for node in tree.body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if isinstance(node.value, ast.List | ast.Set):
            found.append(node.lineno)
        # A table may be written as a dictionary where its type, Mapping, forbids to change it.
        if isinstance(node.value, ast.Dict) and (
            not ast.unparse(node.annotation).startswith("Mapping")
            if isinstance(node, ast.AnnAssign)
            else not ast.unparse(node.targets[0]).isupper()
        ):
            found.append(node.lineno)
    return found


@pytest.mark.parametrize(
    "code",
    [
        "a = [1]",
        "a: set = {1}",
        "a = {1: 2}",
        "A: dict = {1: 2}",
        "def f():\n    global a\n    a = 1",
    ],
)
def test_state_is_noticed(code):
    assert len(states(ast.parse(code))) == 1


def test_modules_keep_no_state():
    assert states(ast.parse("A = {1: 2}\nB: Mapping[int, int] = {1: 2}\nC = (1,)")) == []
    assert [f"{name}:{line}" for name, tree in parsed(SOURCE) for line in states(tree)] == []


PRIVATE = re.compile(r"^(_[^_]\w*|_?[A-Z][A-Z0-9_]*)$")
"""Names of what is private to a module, and of its constants."""


def patched_constants(tree: ast.Module) -> list[int]:
    """Lines in which a test sets a private name or a constant of a module by monkeypatch."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "monkeypatch.setattr":
            continue
        strings = [
            one.value.rsplit(".", 1)[-1]
            for one in node.args[:2]
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
        if strings and PRIVATE.match(strings[0]):
            found.append(node.lineno)
    return found


def test_no_test_patches_a_private_constant():
    for code in ("'a.b._C', 1", "'a.b.ROWS', 1", "b, '_STEP', 1", "b, 'ROWS', 1"):
        assert patched_constants(ast.parse(f"monkeypatch.setattr({code})")) == [1]
    assert patched_constants(ast.parse("monkeypatch.setattr(b, 'commit', 1)")) == []
    assert [f"{n}:{line}" for n, tree in parsed(TESTS) for line in patched_constants(tree)] == []


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
            text = text_of(path)
        except UnicodeDecodeError:
            continue  # pictures and arrays
        named += [f"{name_of(path)}: {found[0]}" for found in MACHINE.finditer(text)]
    assert named == []


def test_no_data_are_tracked():
    data = (".h5", ".he5", ".hdf5", ".nc", ".nc4", ".csv", ".stm")
    assert [name_of(p) for p in tracked() if p.suffix.lower() in data] == []
    assert [name_of(p) for p in tracked() if p.stat().st_size > 300_000] == []


def test_no_comment_is_a_banner_or_a_task():
    pattern = re.compile(r"TODO|FIXME|XXX|[-=#*]{5,}")
    found = [(name_of(path), one) for path in SOURCE for one in comments(text_of(path)).values()]
    assert len(found) > 100
    assert [one for one in found if pattern.search(one[1])] == []


def test_science_is_commented():
    """A comment with the source of an equation, or with a reason, where a step is not obvious."""
    shares = {}
    for room in COMMENTED:
        texts = [text_of(path) for path in sorted((PACKAGE / room).rglob("*.py"))]
        lines = sum(len(text.splitlines()) for text in texts)
        shares[room] = round(sum(len(comments(text)) for text in texts) / lines, 4)
    assert {room: share for room, share in shares.items() if share < COMMENT_SHARE} == {}
