"""Write the page, its figures as PNG and its tables as CSV; each folder is replaced as a whole."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from mcca_ml.atomic import replacing, replacing_directory
from mcca_ml.report.html.page import Block, Picture, Section, page
from mcca_ml.report.scores.sheet import Sheet, slug
from mcca_ml.validate.tables import ScoreTable, Value, write_tables

PAGE = "index.html"
FIGURES, TABLES = "figures", "tables"
"""Folders beside the page."""
SIMULATED = "simulated"
"""Last column of every table: true or false."""
_DPI = 120
_COLOURS = 256
"""Colours of the palette, which reduces the size to a third."""
_MOST_OFF, _NEARLY_ALL = 30, 99.9
"""Largest change of a colour by the palette (of 255) in that share of the pixels [%]; figures with
colour scales exceed it and keep all colours."""


@dataclass(frozen=True)
class OnDisk:
    """Paths of a page, its figures and its tables."""

    page: Path
    figures: tuple[Path, ...]
    tables: tuple[Path, ...]


@contextmanager
def figure_style() -> Iterator[None]:
    """Set the font sizes of figures drawn and rendered in this context."""
    with matplotlib.rc_context(
        {
            "font.size": 11,
            "axes.titlesize": 12,
            "axes.labelsize": 11,
            "legend.fontsize": 10,
            "xtick.labelsize": 10,
            "ytick.labelsize": 10,
        }
    ):
        yield


def rendered(figure: Figure, *, is_simulated: bool) -> bytes:
    """Render a figure as PNG; the same figure gives the same bytes.

    Args:
        figure: figure to render.
        is_simulated: True for simulated data: the figure is marked SIMULATED.
    """
    if is_simulated:
        figure.suptitle("SIMULATED", x=0.01, ha="left", weight="bold", fontsize=11)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI)
    whole, small = Image.open(buffer).convert("RGB"), BytesIO()
    few = whole.quantize(_COLOURS)
    off = np.asarray(whole, np.int16) - np.asarray(few.convert("RGB"), np.int16)
    is_alike = np.percentile(np.abs(off).max(axis=-1), _NEARLY_ALL) <= _MOST_OFF
    (few if is_alike else whole).save(small, format="png", optimize=True)
    return small.getvalue()


def pictured(figure: Figure, name: str, alt: str, caption: str, *, is_simulated: bool) -> Picture:
    """Render a figure for the page.

    Args:
        figure: figure to render.
        name: name of the file, before `slug`.
        alt: alternative text.
        caption: text below the figure.
        is_simulated: True for simulated data: figure and caption are marked SIMULATED.
    """
    lead = "SIMULATED. " if is_simulated else ""
    return Picture(slug(name), rendered(figure, is_simulated=is_simulated), alt, f"{lead}{caption}")


def csv_table(sheet: Sheet, *, is_simulated: bool) -> ScoreTable:
    """Convert a sheet to the table of its file, with `simulated` as last column.

    Args:
        sheet: sheet with or without unrounded data.
        is_simulated: True if its numbers come from simulated granules.
    """
    rows: Sequence[tuple[Value, ...]] = sheet.data or sheet.rows
    columns = sheet.columns or tuple(word or "name" for word in sheet.head)
    is_simulated_text = "true" if is_simulated else "false"
    return ScoreTable(
        sheet.name, (*columns, SIMULATED), tuple((*row, is_simulated_text) for row in rows)
    )


def _blocks(sections: Sequence[Section]) -> list[Block]:
    return [block for section in sections for block in section.blocks]


def write_pictures(out: Path, sections: Sequence[Section]) -> tuple[Path, ...]:
    """Write every figure of a page as PNG, replacing the previous ones.

    Args:
        out: directory of the page.
        sections: sections of the page, with unique figure names.

    Raises:
        OutputError: they cannot be written.
    """
    folder = out / FIGURES
    names = []
    with replacing_directory(folder) as beside:
        for block in _blocks(sections):
            if isinstance(block, Picture):
                names.append(f"{block.name}.png")
                with replacing(beside / names[-1]) as path:
                    path.write_bytes(block.png)
    return tuple(folder / name for name in names)


def write_sheets(out: Path, sections: Sequence[Section], *, is_simulated: bool) -> tuple[Path, ...]:
    """Write every table of a page as CSV, replacing the previous ones.

    Args:
        out: directory of the page.
        sections: sections of the page, with unique table titles.
        is_simulated: as in `csv_table`.

    Raises:
        OutputError: they cannot be written.
    """
    sheets = [block for block in _blocks(sections) if isinstance(block, Sheet)]
    folder = out / TABLES
    with replacing_directory(folder) as beside:
        paths = write_tables(
            beside, [csv_table(sheet, is_simulated=is_simulated) for sheet in sheets]
        )
    return tuple(folder / path.name for path in paths)


def write_page(
    out: Path, title: str, lead: str, sections: Sequence[Section], *, is_simulated: bool
) -> OnDisk:
    """Write a page, its figures as PNG and its tables as CSV.

    Args:
        out: directory of the page.
        title: title of the page.
        lead: paragraphs below the title, one per line.
        sections: sections with unique names of figures and tables.
        is_simulated: True for simulated data.

    Raises:
        OutputError: it cannot be written.
    """
    figures = write_pictures(out, sections)
    tables = write_sheets(out, sections, is_simulated=is_simulated)
    with replacing(out / PAGE) as beside:
        text = page(title, lead, sections, is_simulated=is_simulated)
        beside.write_text(text, encoding="utf-8")
    return OnDisk(out / PAGE, figures, tables)
