"""Style of a report on screen (light or dark), phone and paper; no font, no script."""

from importlib import resources

STYLE_FILE = "report.css"
"""Colours first, by what they are for: text on `paper`, `panel` and `warn` has a contrast of 4.5 or
more, as WCAG 2 asks at level AA. On a narrow screen figures shrink to its width, and
tables scroll in boxes of their own."""


def style() -> str:
    """Read the style sheet of a report."""
    return resources.files(__package__).joinpath(STYLE_FILE).read_text(encoding="utf-8")
