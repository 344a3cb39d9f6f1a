"""Write the tables of a validation as CSV, each file atomically."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcca_ml.atomic import make_directory, replacing

Value = str | int | float | np.datetime64


@dataclass(frozen=True)
class ScoreTable:
    """Rows of one CSV file."""

    name: str
    """File name without .csv."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]


def _text(value: Value) -> str:
    """Value as written to the file; empty for NaN."""
    if isinstance(value, float | np.floating):
        return "" if np.isnan(value) else f"{value:.6g}"
    return str(value)


def write_tables(folder: Path, tables: Sequence[ScoreTable]) -> tuple[Path, ...]:
    """Write each table to a CSV file.

    Args:
        folder: output folder; created if missing.
        tables: tables with unique names.

    Returns:
        Paths of the files, in the order of the tables.

    Raises:
        OutputError: a file cannot be written.
    """
    paths = []
    for table in tables:
        path = make_directory(folder) / f"{table.name}.csv"
        with replacing(path) as beside, beside.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(table.columns)
            writer.writerows([_text(value) for value in row] for row in table.rows)
        paths.append(path)
    return tuple(paths)
