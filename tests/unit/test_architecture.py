"""The page on architecture names functions and rooms that exist."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "mcca_ml"
PAGE = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
NAMES = sorted(set(re.findall(r"`([a-z_0-9]+(?:\.[A-Za-z_0-9]+)+)`", PAGE)))
OUTSIDE = {"pyproject.toml"}


def defined(path: Path) -> set[str]:
    """Names that a module defines at its top."""
    found: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
    return found


def stands(name: str) -> bool:
    """Whether a dotted name is a module of the package, or a name that one defines."""
    place = PACKAGE.joinpath(*name.split("."))
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    module = place.parent.with_suffix(".py")
    return module.is_file() and place.name in defined(module)


def test_a_missing_function_is_noticed():
    assert stands("retrieve.single_look.retrieve")
    assert not stands("retrieve.single_look.absent")


@pytest.mark.parametrize("name", [name for name in NAMES if name not in OUTSIDE])
def test_what_the_page_names_exists(name):
    assert stands(name) or (PROJECT / name).exists()


def test_every_room_is_on_the_page():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] != "_"}
    rooms |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "atomic", "parallel"}
    table = PAGE.split("## ", 1)[0]
    assert {room for room in rooms if f"`{room}`" not in table} == set()


def test_a_smap_granule_has_at_most_nine_main_stops():
    part = PAGE.split("## A SMAP granule", 1)[1].split("## ", 1)[0]
    table = "\n".join(line for line in part.splitlines() if line.startswith("|"))
    files = {name.rpartition(".")[0] for name in re.findall(r"`([a-z_]+\.[a-z_.0-9]+)`", table)}
    assert len(files) <= 9
