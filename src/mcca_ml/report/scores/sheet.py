"""A table of words and numbers as a report shows it, and as a file holds it."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from mcca_ml.validate.tables import Value

Show = str | Callable[..., str]
"""Template of `str.format`, where NaN becomes a dash, or a function of the values."""
Column = tuple[str, Show, *tuple[str, ...]]
"""Head, how a cell shows its values, and the columns of the file that these stand in."""


@dataclass(frozen=True)
class Sheet:
    """A table, all cells as they are shown."""

    title: str
    head: tuple[str, ...]
    """Of the columns; the first holds the names of the rows."""
    rows: tuple[tuple[str, ...], ...]
    """What follows the end of a line stands small below it."""
    note: str = ""
    columns: tuple[str, ...] = ()
    """Of the file; empty: the heads."""
    data: tuple[tuple[Value, ...], ...] = ()
    """Rows of the file, not rounded; empty: the cells as they are shown."""

    @property
    def name(self) -> str:
        """Of its file, without a suffix.

        >>> Sheet("AMSR2 against the target", (), ()).name
        'amsr2_against_the_target'
        """
        return slug(self.title)


class _Unknown:
    """What stands for a number that is not known, in any format."""

    def __format__(self, form: str) -> str:
        return "–"


def filled(template: str, *values: Value) -> str:
    """Values in a template; a dash for each that is not finite.

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
    """A table whose cells are made from the rows of its file.

    Args:
        title: of the table.
        shown: its columns.
        data: rows of the file, not rounded.
        note: below it.
        columns: of the file, in order; empty: those that `shown` names, in its order.
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
    """A table of names and values.

    Args:
        title: of the table.
        facts: what, and its value.
    """
    return make_sheet(title, (("", "{}", "what"), ("value", "{}", "value")), facts)


def slug(words: str) -> str:
    """Words as the name of a file: small letters and digits, everything else an underscore.

    >>> slug("Trend, m3 m-3 per decade")
    'trend_m3_m_3_per_decade'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def percent(share: float, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.683, 1)
    '68.3 %'
    """
    return f"{100 * share:.{digits}f} %" if np.isfinite(share) else "–"
