"""Every setting with its default and its meaning, as the text of a TOML file."""

import json
from collections.abc import Iterator
from datetime import date

from pydantic import BaseModel

from mcca_ml.config.load import Settings

WIDTH = 40
"""Column in which the meanings begin."""

_HEAD = """\
# Settings of MCCA-ML: every default with its meaning. An unknown key is an error.
# Use: mcca-ml run this-file.toml, mcca-ml retrieve this-file.toml, mcca-ml simulate this-file.toml

# Granules, here or on the command line: a directory or a glob, one table a product.
# [input.SPL3SMP]
# path = "granules/*.h5"

# [period]
# start = 1997-12-07
# end = 2026-06-30

# [[region.box]]
# south = 35.0
# north = 45.0
# west = -10.0
# east = 5.0

# [work]
# directory = "work"

# [output]
# directory = "products"

# Other products to score beside the record.
# [[validate.product]]
# path = "esa_cci"
"""


def _toml(value: object) -> str:
    """A default as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, date):
        return value.isoformat()
    # JSON and TOML agree on strings, numbers and booleans.
    return json.dumps(value)


def _tables(heading: str, found: BaseModel) -> Iterator[str]:
    """A table, a line for each of its keys, and after it the tables inside it."""
    lines, inner = [heading], []
    for key, field in type(found).model_fields.items():
        value, name = getattr(found, key), f"{heading.strip('[]')}.{key}"
        if isinstance(value, BaseModel):
            inner.append((f"[{name}]", value))
        elif value is None:  # which TOML has no word for
            lines.append(f"{f'# {key} =':<{WIDTH}}  # {field.description}")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            inner += [(f"[[{name}]]", one) for one in value]
        else:
            lines.append(f"{f'{key} = {_toml(value)}':<{WIDTH}}  # {field.description}")
    yield "\n".join(lines)
    for title, one in inner:
        yield from _tables(title, one)


def as_toml() -> str:
    """Return all defaults as TOML, with a comment on each."""
    tables = [
        table
        for name, field in Settings.model_fields.items()
        if isinstance(value := getattr(Settings(), name), BaseModel)
        for table in _tables(f"[{field.alias or name}]", value)
    ]
    return f"{_HEAD}\n" + "\n\n".join(tables) + "\n"
