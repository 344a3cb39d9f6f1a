"""How is a table written as Markdown, and put between markers of a document?"""

import re
from collections.abc import Sequence
from pathlib import Path

Row = Sequence[object]


def text_of(value: object) -> str:
    """A number with three decimals and its sign kept, a count with commas, anything else as is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, int):
        return f"{value:,d}"
    return "-" if value != value else f"{value:.3f}"


def percent(value: float) -> str:
    """A share as percent with one decimal.

    >>> percent(0.1234)
    '12.3 %'
    """
    return "-" if value != value else f"{100 * value:.1f} %"


def table(head: Row, rows: Sequence[Row]) -> str:
    """A Markdown table.

    >>> print(table(["a", "b"], [[1, 0.5]]))
    | a | b |
    |---|---|
    | 1 | 0.500 |
    """
    lines = [[*head], *rows]
    body = ["| " + " | ".join(text_of(value) for value in line) + " |" for line in lines]
    return "\n".join([body[0], "|" + "---|" * len(head), *body[1:]])


def replaced(document: str, name: str, content: str) -> str:
    """The document with what stands between the markers of `name` replaced.

    Raises:
        ValueError: the markers are missing.
    """
    start, end = f"<!-- table: {name} -->", f"<!-- end: {name} -->"
    pattern = re.compile(re.escape(start) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(document):
        raise ValueError(f"markdown: no markers of {name!r} in the document; add {start} and {end}")
    return pattern.sub(lambda _: f"{start}\n{content}\n{end}", document)


def write(path: Path, contents: dict[str, str]) -> None:
    """Put every content between its markers in the file at `path`."""
    document = path.read_text(encoding="utf-8")
    for name, content in contents.items():
        document = replaced(document, name, content)
    path.write_text(document, encoding="utf-8")
