"""The documents name options, functions, settings and files that exist."""

import ast
import importlib.util
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcca_ml.cli import app
from mcca_ml.config import load

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_documents_name_options_that_exist(path):
    options = set()
    for command in (
        "retrieve",
        "inspect",
        "config",
        "demo",
        "demo-day",
        "run",
        "series",
        "map",
        "validate",
        "report",
    ):
        shown = CliRunner().invoke(app.app, [command, "--help"], env={"COLUMNS": "200"})
        options |= set(re.findall(r"--[a-z-]+", shown.stdout))
    lines = re.findall(r"^mcca-ml .*$|`(--[a-z][^`]*)`", path.read_text(encoding="utf-8"), re.M)
    named = {option for line in lines for option in re.findall(r"--[a-z-]+", line)}
    assert named - options == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_examples_in_documents_are_valid(path, tmp_path):
    text = path.read_text(encoding="utf-8")
    for example in re.findall(r"^```python\n(.*?)^```", text, re.M | re.S):
        tree = ast.parse(example)
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        ours = [node for node in imports if str(node.module).startswith("mcca_ml")]
        exec(compile(ast.Module(ours, []), str(path), "exec"), {})
    for number, example in enumerate(re.findall(r"^```toml\n(.*?)^```", text, re.M | re.S)):
        file = tmp_path / f"{number}.toml"
        file.write_text(example)
        load.load_settings(file)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_in_documents_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def module_of_docs(name: str):
    """Import a module from the folder of the documents."""
    spec = importlib.util.spec_from_file_location(name, PROJECT / "docs" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_generated_table_is_included_in_a_document(tmp_path):
    """A section that is cut by mistake takes its table of settings with it."""
    module_of_docs("tables").write(tmp_path)
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    names = {path.name for path in tmp_path.iterdir()}
    assert names
    assert {name for name in names if f"_generated/{name}" not in text} == set()


@pytest.mark.parametrize("what", ["attribute", "data", "property", "function"])
def test_a_colon_does_not_split_the_docstring_of_an_attribute(what):
    """Napoleon takes what stands before the first colon of the first line for a type."""
    lines = ["Of a cell: mean of a year [K]."]
    module_of_docs("docstrings").process(None, what, "name", None, None, lines)
    assert (":" in lines[0]) == (what == "function")
    assert lines[-1] == "Of a cell: mean of a year [K]."


def test_every_page_is_in_the_navigation():
    index = (PROJECT / "docs" / "index.md").read_text(encoding="utf-8")
    pages = {path.stem for path in (PROJECT / "docs").glob("*.md")}
    listed = set(re.findall(r"^([a-z_/]+)$", index, re.M))
    unlisted = {"index", "simulation_coverage_months"}
    assert pages - listed == unlisted
    assert index.count(":caption:") == 3


OBSCURE = (
    r"\btold\b|\btells of\b|\blend(s|er|ers)?\b|\bdrawn to\b|\btaken off\b|\bat hand\b"
    r"|\bwrong alike\b|\banew\b|\bmade-up\b|\bwhat all lines\b|\bthe usual and honest\b"
)
"""Phrases that readers of the field do not understand; the glossary has the terms that are used."""


@pytest.mark.parametrize("path", DOCUMENTS[1:], ids=lambda path: path.name)
def test_documents_use_the_terms_of_the_field(path):
    text = path.read_text(encoding="utf-8")
    prose = "\n".join(line for line in text.splitlines() if not line.startswith("|"))
    assert [match[0] for match in re.finditer(rf"[^\n]*(?:{OBSCURE})[^\n]*", prose)] == []
