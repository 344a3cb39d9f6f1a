"""Docstrings as they are written here -> reStructuredText.

The docstrings are written to be read in the code: `Source: ...` and `Formula:` stand at the margin
with what belongs to them indented, and formulas hold stars and bars. Google's sections (Args,
Returns, Raises) are left to napoleon.
"""

import re

LABEL = re.compile(
    r"^(Formula|Source|Sources|Checked|Departs from it|Not modelled|The projection): ?(.*)$"
)
SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes):$")
CODE = re.compile(r"(`[^`]*`)")


def _escaped(line):
    """The line with what reStructuredText would take for markup made harmless; not in backticks."""
    parts = CODE.split(line)
    parts[::2] = [re.sub(r"([*|\\]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _block(lines, start):
    """Indented lines from `start` on, and where they end; blank lines inside belong to it."""
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(" ")):
        end += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end], end


def _paragraph(lines, start):
    """What belongs to a label besides indented lines: text at the margin up to the next blank."""
    end = start
    while end < len(lines) and lines[end].strip() and not LABEL.match(lines[end]):
        end += 1
    return [f"    {line.strip()}" for line in lines[start:end]], end


def _labelled(name, rest, body):
    """A field: its formula as it stands, anything else as text."""
    if name != "Formula":
        return [f":{name}: {_escaped(rest)}", *(_escaped(line) for line in body)]
    shown = [rest, *(line[4:] for line in body)] if rest else [line[4:] for line in body]
    return [":Formula:", "    ::", "", *(f"        {line}".rstrip() for line in shown), ""]


def converted(lines):
    """Docstring lines as reStructuredText."""
    out = []
    i = 0
    while i < len(lines):
        line = lines[i]
        label = LABEL.match(line)
        if label:
            body, i = (_block if label[1] == "Formula" else _paragraph)(lines, i + 1)
            out += _labelled(label[1], label[2], body)
        elif SECTION.match(line):
            body, i = _block(lines, i + 1)
            out += [line, *(_escaped(one) for one in body)]
        elif line.strip() and line.startswith("    ") and not (out and out[-1].strip()):
            body, i = _block(lines, i)
            out += ["::", "", *(f"    {one}" for one in body), ""]
        elif line.startswith(">>>"):
            while i < len(lines) and lines[i].strip():
                out.append(lines[i])
                i += 1
        else:
            out.append(_escaped(line))
            i += 1
    return out


def process(_app, _what, _name, _obj, _options, lines):
    """Handler of autodoc: change the lines in place."""
    lines[:] = converted(list(lines))


def short_signature(_app, _what, _name, _obj, _options, signature, returned):
    """Handler of autodoc: jaxtyping shows where JAX's array is defined, which no one needs."""
    return tuple(text and text.replace("jaxlib._jax.", "") for text in (signature, returned))
