"""A table as HTML."""

import re
from collections.abc import Sequence
from html import escape

from mcca_ml.report.scores.sheet import Sheet

_NUMBER = re.compile(r"[–+-]?[\d,]*\.?\d*( %)?( ± [–\d.]+)?(\n[–+\d,. -]* to [–+\d,. -]*)?")
_SHORT = 24
"""Most rows of a table that is kept on one printed page."""


def _cell(words: str) -> str:
    first, _, below = escape(words).partition("\n")
    return f"{first}<br><small>{below}</small>" if below else first


def _are_numbers(cells: Sequence[str]) -> bool:
    """Return True for a column of numbers, which is aligned right."""
    return all(_NUMBER.fullmatch(cell) for cell in cells)


def html(sheet: Sheet) -> str:
    """Format the sheet as HTML with its note; a wide table scrolls in its own box."""
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
