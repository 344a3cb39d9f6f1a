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
        load.load(file)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_in_documents_lead_somewhere(path):
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_every_table_that_is_made_for_the_documents_stands_in_one(tmp_path):
    """A section that is cut off by mistake takes its table of settings with it."""
    spec = importlib.util.spec_from_file_location("tables", PROJECT / "docs" / "tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    tables.write(tmp_path)
    text = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    made = {path.name for path in tmp_path.iterdir()}
    assert made
    assert {name for name in made if f"_generated/{name}" not in text} == set()
