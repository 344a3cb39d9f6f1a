"""Status codes of the training of a cell."""

from enum import IntEnum


class Status(IntEnum):
    """Outcome of the training of a cell; other cells are not affected."""

    LEARNED = 0
    BAD_INPUT = 1
    """The input has NaN or infinite values: the cell keeps its initial weights."""
    DIVERGED = 2
    """The weights became NaN or infinite: the cell keeps its best earlier epoch."""
