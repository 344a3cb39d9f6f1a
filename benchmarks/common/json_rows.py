"""How are rows kept as JSON, one object a line?"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


def write_rows(path: Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write a list of objects, one a line; its folder is made where it is missing."""
    path.parent.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    path.write_text(f"[\n{lines}\n]\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of `write_rows`."""
    rows: list[dict[str, Any]] = json.loads(path.read_text())
    return rows
