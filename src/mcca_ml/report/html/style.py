"""How a report looks: on a screen, light or dark, on a phone and on paper. No font, no script."""

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "ink": "#1f2328",
    "soft": "#57606a",
    "line": "#d0d7de",
    "paper": "#ffffff",
    "panel": "#f6f8fa",
    "link": "#0550ae",
    "warn": "#fff3cd",
    "warn-ink": "#5c3c00",
    "mark": "#b3261e",
}
"""Colours by what they are for; text on `paper`, `panel` and `warn` has a contrast of 4.5 or more,
as WCAG 2 asks at level AA."""

DARK: Mapping[str, str] = {
    "ink": "#e6edf3",
    "soft": "#a5afb9",
    "line": "#3d444d",
    "paper": "#0d1117",
    "panel": "#161b22",
    "link": "#79c0ff",
    "warn": "#3a2f0b",
    "warn-ink": "#ffe08a",
    "mark": "#ff7b72",
}

_SCREEN = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{font:16px/1.55 system-ui,sans-serif;max-width:70rem;margin:0 auto;padding:1.5rem 1rem 4rem;
color:var(--ink);background:var(--paper);overflow-wrap:break-word}
h1{font-size:1.7rem;line-height:1.25;margin:.3rem 0 .8rem}
h2{font-size:1.3rem;margin:2.8rem 0 .6rem;padding-top:.5rem;border-top:1px solid var(--line)}
h3{font-size:1rem;margin:1.6rem 0 .3rem}
a{color:var(--link)}
nav{background:var(--panel);padding:.7rem 1rem;margin:1.2rem 0}
nav ul{columns:3 12rem;margin:0;padding:0 0 0 1.1rem}
figure{margin:1.4rem 0;break-inside:avoid}
img{display:block;max-width:100%;height:auto;background:#fff}
figcaption,.note{color:var(--soft);font-size:.9rem;margin:.35rem 0 0}
.wide{overflow-x:auto;max-width:100%}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.28rem .9rem .28rem 0;text-align:left;vertical-align:top;
border-bottom:1px solid var(--line)}
th[scope=row]{font-weight:400;min-width:7rem}
thead th{font-weight:600;vertical-align:bottom;background:var(--paper)}
.n{text-align:right;white-space:nowrap}
small{color:var(--soft);font-size:.85em}
.simulated{background:var(--warn);color:var(--warn-ink);padding:.6rem .9rem;
border-left:4px solid var(--mark)}
"""

_PHONE = """
@media (max-width:40rem){
body{font-size:15px;padding:.8rem .8rem 3rem}
h1{font-size:1.35rem}h2{font-size:1.15rem}
nav ul{columns:1}
figure img{max-width:none;width:46rem}
}
"""
"""Narrow screens: figures keep a size at which words can be read, and scroll like tables."""

_PRINT = """
@media print{
@page{size:A4;margin:16mm 14mm}
html{font-size:9.5pt}
body{font-size:1rem;max-width:none;padding:0}
nav{display:none}
h2{margin-top:8mm;break-after:avoid}h3{break-after:avoid}
.wide{overflow:visible}
table{font-size:7.5pt}
th,td{padding:.6mm 2mm .6mm 0}
th[scope=row]{min-width:0}
small{font-size:.88em}
.short,.note,figcaption{break-inside:avoid}
.note,figcaption{break-before:avoid}
thead{display:table-header-group}
tr{break-inside:avoid}
figure img{width:auto;max-width:100%;max-height:110mm}
.tall img{max-height:225mm}
p{orphans:3;widows:3}
}
"""


def _variables(colours: Mapping[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


def style() -> str:
    """The style sheet of a report."""
    return (
        f":root{{color-scheme:light dark;{_variables(LIGHT)}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{_variables(DARK)}}}}}"
        f"{_SCREEN}{_PHONE}{_PRINT}"
    )
