"""Self-contained HTML page of texts, tables and figures."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from mcca_ml.report.html.style import style
from mcca_ml.report.html.table import html
from mcca_ml.report.scores.sheet import Sheet, slug

_TALL = 0.9
"""Ratio of height to width above which a figure fills most of a printed page."""
_PNG_SIZE = slice(16, 24)
"""Bytes of a PNG with width and height, four each."""


@dataclass(frozen=True)
class Picture:
    """A figure with its texts."""

    name: str
    """Name of its file, without a suffix."""
    png: bytes
    """Content of the file."""
    alt: str
    """Alternative text."""
    caption: str


Block = Sheet | Picture | str
"""Element of a section; a text is a paragraph."""


@dataclass(frozen=True)
class Section:
    """A part of the page under a heading."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """Target of links to the section."""
        return slug(self.title)


def picture(image: Picture) -> str:
    """Format a figure as HTML, with its image embedded."""
    size = image.png[_PNG_SIZE]
    width, height = int.from_bytes(size[:4], "big"), int.from_bytes(size[4:], "big")
    kind, alt = ' class="tall"' if height > _TALL * width else "", escape(image.alt)
    return (
        f'<figure{kind}><div class="wide" tabindex="0" role="region" aria-label="{alt}">'
        f'<img alt="{alt}" width="{width}" height="{height}" '
        f'src="data:image/png;base64,{base64.b64encode(image.png).decode()}"></div>'
        f"<figcaption>{escape(image.caption)}</figcaption></figure>"
    )


def _block(block: Block) -> str:
    if isinstance(block, Sheet):
        return html(block)
    return picture(block) if isinstance(block, Picture) else f"<p>{escape(block)}</p>"


def _section(section: Section) -> str:
    blocks = "".join(map(_block, section.blocks))
    return f'<section><h2 id="{section.anchor}">{escape(section.title)}</h2>{blocks}</section>\n'


def page(title: str, lead: str, sections: Sequence[Section], *, is_simulated: bool) -> str:
    """Format the whole page.

    Args:
        title: title of the page.
        lead: paragraphs below the title, one per line.
        sections: sections with unique titles; those without a block are left out.
        is_simulated: True for simulated data: the page says so first.
    """
    kept = [section for section in sections if section.blocks]
    warning = (
        '<p class="simulated"><b>SIMULATED.</b> Granules, target, stations and truth are '
        "simulated; nothing here is evidence of its quality on the Earth.</p>"
        if is_simulated
        else ""
    )
    contents = "".join(
        f'<li><a href="#{section.anchor}">{escape(section.title)}</a></li>' for section in kept
    )
    words = "".join(f'<p class="lead">{escape(line)}</p>' for line in lead.split("\n"))
    prefix = "SIMULATED " if is_simulated else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{prefix}{escape(title)}</title><style>{style()}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>{warning}{words}"
        f'<nav aria-label="Contents"><details><summary>Contents</summary><ul>{contents}</ul>'
        "</details></nav>\n"
        f"<main>{''.join(map(_section, kept))}</main></body></html>\n"
    )
