"""Words of the package: names and phrases that a reader of the field cannot understand."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "mcca_ml"
TREES = {
    path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in sorted(PACKAGE.rglob("*.py"))
}
IDENTIFIERS = re.compile(
    r"(is_|was_|has_)?(found|told|tells?|held|holds?|lends?|lent|lenders?|said|ledger|piece|modest)s?"
)
"""Names without a quantity; with a further word, `holds_smap`, they may stand."""
PHRASES = re.compile(
    r"\btold (by|of|apart)\b|\b(it|that|which|learner|networks?) tells?\b"
    r"|\blen(t|ds?) (by|to|from)\b|\bdrawn to\b|\btaken off\b|\b(wrong|off) alike\b"
    r"|\bin silence\b|\bnot told\b|Value error|datetime\.date\(|Input should be",
    re.IGNORECASE,
)
EXCEPTIONS = {"config/faults.py": "Input should be"}  # what it removes from pydantic's messages
SHARED_CLASSES = {"_Callable", "ScoreTable"}
"""Private twins, and a table of scores in `validate` with its counterpart on a page."""


def _names(tree: ast.Module) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno


def test_no_name_of_the_package_is_banned():
    tree = ast.parse("def told(held): found = held")
    assert [name for name, _ in _names(tree) if IDENTIFIERS.fullmatch(name)] == [
        "told",
        "held",
        "found",
    ]
    banned = [
        f"{file}:{line} {name}"
        for file, tree in TREES.items()
        for name, line in _names(tree)
        if IDENTIFIERS.fullmatch(name)
    ]
    assert banned == []


def test_functions_have_a_verb_or_a_quantity():
    """No `rows_of`: what it does, or which rows. A filter of a class, `band_of`, may stand."""
    known = {"band_of", "limit_of"}
    found = [
        f"{file}:{node.lineno} {node.name}"
        for file, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and (node.name.endswith("_of") or node.name == "of")
        and node.name not in known
    ]
    assert found == []


def test_a_class_name_stands_for_one_thing():
    modules = defaultdict(set)
    for file, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                modules[node.name].add(file)
    twice = {name: files for name, files in modules.items() if len(files) > 1}
    assert set(twice) <= SHARED_CLASSES


def test_no_phrase_is_obscure():
    assert PHRASES.search("soil moisture that the learner tells from one sensor")
    found = []
    for file in TREES:
        text = (PACKAGE / file).read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            match = PHRASES.search(line)
            if match and match[0] != EXCEPTIONS.get(file):
                found.append(f"{file}:{number} {match[0]}")
    assert found == []
