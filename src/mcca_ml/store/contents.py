"""What a store may hold: the contracts of `schema`, and how each is cut into blocks."""

from collections.abc import Mapping
from dataclasses import dataclass

from mcca_ml import schema
from mcca_ml.schema import Var


@dataclass(frozen=True)
class Contents:
    """One kind of store."""

    contract: Mapping[str, Var]
    is_by_cells: bool
    """A block is some cells over all days; else 32 days of all cells."""


CONTENTS: Mapping[str, Contents] = {
    "GRID_TB": Contents(schema.GRID_TB, is_by_cells=False),
    "TARGET": Contents(schema.TARGET, is_by_cells=False),
    "STREAM": Contents(schema.STREAM, is_by_cells=True),
    "RECORD": Contents(schema.RECORD, is_by_cells=True),
}
"""Kinds of stores by the name of their contract.

What is made day by day is cut into days, what is made cell by cell into cells: so one writer has
a shard."""
