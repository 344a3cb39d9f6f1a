"""What became of a cell in its training."""

from enum import IntEnum


class Status(IntEnum):
    """What became of a cell; the other cells never notice."""

    LEARNED = 0
    BAD_INPUT = 1
    """A NaN or an infinite number was given: the cell keeps its start."""
    DIVERGED = 2
    """Its weights became NaN or infinite: it keeps the best epoch before."""
