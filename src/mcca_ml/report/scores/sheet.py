"""Table with its cells as text for the page, and unrounded values for the file."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mcca_ml.validate.tables import Value

Show = str | Callable[..., str]
"""Template of `str.format`, where NaN becomes a dash, or a function of the values."""
Column = tuple[str, Show, *tuple[str, ...]]
"""Head, format of a cell, and the file columns of its values."""


@dataclass(frozen=True)
class Sheet:
    """A table with formatted cells."""

    title: str
    head: tuple[str, ...]
    """Heads of the columns; the first column has the row names."""
    rows: tuple[tuple[str, ...], ...]
    """Cells; text after a line end is printed small below."""
    note: str = ""
    columns: tuple[str, ...] = ()
    """Columns of the file; empty: the heads."""
    data: tuple[tuple[Value, ...], ...] = ()
    """Unrounded rows of the file; empty: the formatted cells."""

    @property
    def name(self) -> str:
        """Name of its file, without a suffix.

        >>> Sheet("AMSR2 against the target", (), ()).name
        'amsr2_against_the_target'
        """
        return slug(self.title)


class _Unknown:
    """Dash for an unknown number, in any format."""

    def __format__(self, form: str) -> str:
        return "–"


def filled(template: str, *values: Value) -> str:
    """Fill a template; a dash for each value that is not finite.

    >>> filled("{:+z.3f} ± {:.3f}", -0.0002, float("nan"))
    '+0.000 ± –'
    """
    return template.format(
        *(_Unknown() if isinstance(v, float) and not np.isfinite(v) else v for v in values)
    )


def make_sheet(
    title: str,
    shown: Sequence[Column],
    data: Iterable[tuple[Value, ...]],
    note: str = "",
    columns: Sequence[str] = (),
) -> Sheet:
    """Format a table from the rows of its file.

    Args:
        title: title of the table.
        shown: columns of the page.
        data: unrounded rows of the file.
        note: text below the table.
        columns: columns of the file, in order; empty: those that `shown` names, in its order.
    """
    columns = tuple(columns) or tuple(name for _, _, *names in shown for name in names)
    places = {name: at for at, name in enumerate(columns)}
    values = tuple(data)
    rows = tuple(
        tuple(
            (partial(filled, show) if isinstance(show, str) else show)(
                *(row[places[name]] for name in names)
            )
            for _, show, *names in shown
        )
        for row in values
    )
    return Sheet(title, tuple(head for head, *_ in shown), rows, note, columns, values)


def facts_sheet(title: str, facts: Iterable[tuple[str, str]]) -> Sheet:
    """Format a table of names and values.

    Args:
        title: title of the table.
        facts: pairs of name and value.
    """
    return make_sheet(title, (("", "{}", "what"), ("value", "{}", "value")), facts)


def slug(words: str) -> str:
    """Convert words to a file name: small letters and digits, else underscores.

    >>> slug("Trend, m3 m-3 per decade")
    'trend_m3_m_3_per_decade'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def percent(share: float, digits: int = 0) -> str:
    """Format a share in percent.

    >>> percent(0.683, 1)
    '68.3 %'
    """
    return f"{100 * share:.{digits}f} %" if np.isfinite(share) else "–"
