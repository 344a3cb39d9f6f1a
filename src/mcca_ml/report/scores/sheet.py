"""A table of words and numbers as a report shows it, and as a file holds it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from mcca_ml.validate.tables import Value

_NUMBER = re.compile(r"[–+-]?[\d,]*\.?\d*( %)?( ± [–\d.]+)?(\n[–+\d,. -]* to [–+\d,. -]*)?")


_SHORT = 24
"""Rows up to which a table stays on one sheet of paper."""


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


def slug(words: str) -> str:
    """Words as the name of a file: small letters and digits, everything else an underscore.

    >>> slug("Trend, m3 m-3 per decade")
    'trend_m3_m_3_per_decade'
    """
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def number(value: float, digits: int) -> str:
    """A number for a table; a dash where it is not known.

    >>> number(0.12345, 3), number(float("nan"), 3)
    ('0.123', '–')
    """
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def signed(value: float, digits: int) -> str:
    """The same with its sign.

    >>> signed(0.012, 3), signed(-0.0002, 3)
    ('+0.012', '+0.000')
    """
    # The sum turns a negative zero into one without that sign.
    return f"{round(value, digits) + 0.0:+.{digits}f}" if np.isfinite(value) else "–"


def percent(share: float, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.683, 1)
    '68.3 %'
    """
    return f"{100 * share:.{digits}f} %" if np.isfinite(share) else "–"


def with_ends(value: str, low: str, high: str) -> str:
    """A number above its 95 % interval.

    >>> with_ends("0.77", "0.58", "0.88").splitlines()
    ['0.77', '0.58 to 0.88']
    """
    return f"{value}\n{low} to {high}"


def _cell(words: str) -> str:
    first, _, below = escape(words).partition("\n")
    return f"{first}<br><small>{below}</small>" if below else first


def _are_numbers(cells: Sequence[str]) -> bool:
    """Whether a column holds numbers, which stand to the right."""
    return all(_NUMBER.fullmatch(cell) for cell in cells)


def html(sheet: Sheet) -> str:
    """The sheet as HTML, with its note below; it scrolls in a box of its own where it is wide."""
    columns = list(zip(*sheet.rows, strict=True)) or [()] * len(sheet.head)
    kinds = ['class="n"' if i and _are_numbers(column) else "" for i, column in enumerate(columns)]
    head = "".join(
        f'<th scope="col" {kind}>{escape(word)}</th>'
        for word, kind in zip(sheet.head, kinds, strict=True)
    )
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(
            f"<td {kind}>{_cell(word)}</td>" for word, kind in zip(row[1:], kinds[1:], strict=True)
        )
        + "</tr>"
        for row in sheet.rows
    )
    note = f'<p class="note">{escape(sheet.note)}</p>' if sheet.note else ""
    title = escape(sheet.title)
    kind = "sheet short" if len(sheet.rows) <= _SHORT else "sheet"
    return (
        f'<section class="{kind}"><h3>{title}</h3>'
        f'<div class="wide" tabindex="0" role="region" aria-label="{title}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}</section>"
    )
