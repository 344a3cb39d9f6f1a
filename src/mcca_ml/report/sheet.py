"""A table of words and numbers as a report shows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np


@dataclass(frozen=True)
class Sheet:
    """A table, all cells as they are shown."""

    title: str
    head: tuple[str, ...]
    """Of the columns; the first holds the names of the rows."""
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def number(value: float, digits: int) -> str:
    """A number for a table; a dash where it is not known.

    >>> number(0.12345, 3), number(float("nan"), 3)
    ('0.123', '–')
    """
    return f"{value:.{digits}f}" if np.isfinite(value) else "–"


def signed(value: float, digits: int) -> str:
    """The same with its sign.

    >>> signed(0.012, 3)
    '+0.012'
    """
    return f"{value:+.{digits}f}" if np.isfinite(value) else "–"


def percent(share: float, digits: int = 0) -> str:
    """A share in percent.

    >>> percent(0.683, 1)
    '68.3 %'
    """
    return f"{100 * share:.{digits}f} %" if np.isfinite(share) else "–"


def html(sheet: Sheet) -> str:
    """The sheet as HTML, with its note below."""
    head = "".join(f"<th>{escape(word)}</th>" for word in sheet.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(word)}</td>" for word in row) + "</tr>" for row in sheet.rows
    )
    note = f'<p class="note">{escape(sheet.note)}</p>' if sheet.note else ""
    return (
        f'<div class="wide"><table><caption>{escape(sheet.title)}</caption>'
        f"<tr>{head}</tr>{rows}</table></div>{note}"
    )


def html_of(sheets: Sequence[Sheet]) -> str:
    """Sheets one below the other."""
    return "".join(map(html, sheets))
