"""Tables of a validation as CSV, each whole or not at all."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.atomic import make_directory, replacing

Value = str | int | float | np.datetime64


@dataclass(frozen=True)
class Table:
    """Rows under a heading."""

    name: str
    """Of the file, without .csv."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def _text(value: Value) -> str:
    """A value as the file holds it; empty for NaN."""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)


def write_tables(folder: Path, tables: Sequence[Table]) -> tuple[Path, ...]:
    """Write tables, a file each.

    Args:
        folder: made where it is missing.
        tables: of different names.

    Returns:
        The files.

    Raises:
        OutputError: it cannot be written there.
    """
    made = []
    for table in tables:
        path = make_directory(folder) / f"{table.name}.csv"
        with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows([_text(value) for value in row] for row in table.rows)
        made.append(path)
    return tuple(made)
