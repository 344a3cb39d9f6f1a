"""The table of wrong calls and configurations in docs/errors.md: each prints that one line."""

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mcca_ml.cli.app import app

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
FOREIGN = (
    "Value error",
    "datetime.",
    "PosixPath(",
    "Input should",
    "Extra inputs",
    "Traceback",
    "Usage:",
)
"""Words of Python, pydantic and Typer, which no message may have."""


def table() -> list[tuple[list[str], str]]:
    """Code of the two columns of the table: lines of a call or a configuration, and the message."""
    section = PAGE.read_text(encoding="utf-8").split("\n## Wrong calls\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [[re.findall(r"`([^`]*)`", cell) for cell in row.split("|")[1:3]] for row in rows]
    return [(code, message[0]) for code, message in cells]


def test_the_table_has_thirty_rows():
    assert len({tuple(code) for code, _ in table()}) >= 30


@pytest.mark.parametrize(("code", "message"), table(), ids=lambda part: str(part)[:60])
def test_a_wrong_call_prints_its_line(code, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if code[0].startswith("mcca-ml"):
        arguments = shlex.split(code[0])[1:]
    else:
        Path("run.toml").write_text("\n".join(code), encoding="utf-8")
        arguments = ["run", "run.toml"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code in (1, 2)
    assert result.output == f"{message}\n"
    assert not [words for words in FOREIGN if words in result.output]
