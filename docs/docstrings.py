"""Convert docstrings to reStructuredText.

The docstrings are written for readers of the code: `Source: ...` and `Formula:` begin at the margin
with their content indented, and formulas contain stars and bars. Google's sections (Args, Returns,
Raises) are left to napoleon.
"""

import re

LABEL = re.compile(
    r"^(Formula|Source|Sources|Checked|Departs from it|Not modelled|The projection): ?(.*)$"
)
SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Attributes):$")
CODE = re.compile(r"(`[^`]*`)")


def _escaped(line):
    """Return the line with markup characters escaped outside backticks."""
    parts = CODE.split(line)
    parts[::2] = [re.sub(r"([*|\\]|(?<=\w)_(?!\w))", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def _block(lines, start):
    """Return the indented lines from `start` on, with blank ones inside, and their end."""
    end = start
    while end < len(lines) and (not lines[end].strip() or lines[end].startswith(" ")):
        end += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end], end


def _paragraph(lines, start):
    """Return the text of a label up to the next blank line, indented, and the index of its end."""
    end = start
    while end < len(lines) and lines[end].strip() and not LABEL.match(lines[end]):
        end += 1
    return [f"    {line.strip()}" for line in lines[start:end]], end


def _labelled(name, rest, body):
    """Return a field: a formula unchanged, anything else as escaped text."""
    if name != "Formula":
        return [f":{name}: {_escaped(rest)}", *(_escaped(line) for line in body)]
    shown = [rest, *(line[4:] for line in body)] if rest else [line[4:] for line in body]
    return [":Formula:", "    ::", "", *(f"        {line}".rstrip() for line in shown), ""]


def converted(lines):
    """Return docstring lines as reStructuredText."""
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
            out += [line, *(_escaped(line) for line in body)]
        elif line.strip() and line.startswith("    ") and not (out and out[-1].strip()):
            body, i = _block(lines, i)
            out += ["::", "", *(f"    {line}" for line in body), ""]
        elif line.startswith(">>>"):
            while i < len(lines) and lines[i].strip():
                out.append(lines[i])
                i += 1
        else:
            out.append(_escaped(line))
            i += 1
    return out


def process(_app, what, _name, _obj, _options, lines):
    """Change the lines in place: a handler of `autodoc-process-docstring`.

    Napoleon splits the first line of an attribute at a colon into type and text; types are
    annotated here, so an empty comment goes before it.
    """
    first = ["..", ""] if what in {"attribute", "data", "property"} else []
    lines[:] = first + converted(list(lines))


def short_signature(_app, _what, _name, _obj, _options, signature, returned):
    """Remove the private module of JAX's array from signatures: a handler of autodoc."""
    return tuple(text and text.replace("jaxlib._jax.", "") for text in (signature, returned))
