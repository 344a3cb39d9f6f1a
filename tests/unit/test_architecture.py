"""The pages on architecture and method name functions, folders and files that exist."""

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PACKAGE = PROJECT / "src" / "mcca_ml"
PAGES = {
    name: (PROJECT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    for name in ("architecture", "method", "glossary", "cost", "how_to", "get_the_data")
}
PAGE = PAGES["architecture"]
DOTTED = r"`(?:mcca_ml\.)?((?!mcca_ml)[a-z_0-9]+(?:\.[A-Za-z_0-9]+)+)`"
PATH = r"`((?:src|tests|benchmarks|docs|worlds)/[A-Za-z_0-9./]+)`"
NAMES = sorted({(page, name) for page, text in PAGES.items() for name in re.findall(DOTTED, text)})
PATHS = sorted({path for text in PAGES.values() for path in re.findall(PATH, text)})
FILES = {"nc", "zarr", "toml", "json", "html", "png", "csv"}
"""Endings of files that a run writes; not names of the package."""


def defined(path: Path) -> set[str]:
    """Return the names that a module defines at its top."""
    names: set[str] = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def exists(name: str) -> bool:
    """Return True for a module of the package, or a name that one of them defines."""
    place = PACKAGE.joinpath(*name.split("."))
    if place.is_dir() or place.with_suffix(".py").is_file():
        return True
    module = place.parent.with_suffix(".py")
    return module.is_file() and place.name in defined(module)


def test_a_missing_function_is_noticed():
    assert exists("retrieve.single_look.retrieve")
    assert not exists("retrieve.single_look.absent")


@pytest.mark.parametrize(("page", "name"), NAMES)
def test_each_name_on_a_page_exists(page, name):
    is_file = name.rpartition(".")[2] in FILES
    assert exists(name) or is_file or (PROJECT / name).exists()


@pytest.mark.parametrize("path", PATHS)
def test_each_path_on_a_page_exists(path):
    assert (PROJECT / path).exists()


def test_every_equation_names_a_function():
    table = PAGE.split("## Equation or idea", 1)[1].split("## ", 1)[0]
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(rows) > 40
    assert [row for row in rows if not re.search(DOTTED, row.split("|")[2])] == []


def test_every_folder_is_on_the_page():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name[0] != "_"}
    folders |= {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "atomic", "parallel"}
    table = PAGE.split("## Folder", 1)[1].split("## ", 1)[0]
    assert {folder for folder in folders if f"`{folder}`" not in table} == set()


def test_a_smap_granule_has_at_most_nine_main_stops():
    part = PAGE.split("## A SMAP granule", 1)[1].split("## ", 1)[0]
    table = "\n".join(line for line in part.splitlines() if line.startswith("|"))
    files = {name.rpartition(".")[0] for name in re.findall(r"`([a-z_]+\.[a-z_.0-9]+)`", table)}
    assert 0 < len(files) <= 9
