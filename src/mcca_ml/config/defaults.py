"""Every setting with its default and its meaning, as the text of a TOML file."""

from collections.abc import Iterator

from pydantic import BaseModel

from mcca_ml.config.faults import toml_value
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


def _tables(heading: str, table: BaseModel) -> Iterator[str]:
    """Yield a table with a line for each key, then the tables inside it."""
    lines, inner = [heading], []
    for key, field in type(table).model_fields.items():
        value, name = getattr(table, key), f"{heading.strip('[]')}.{key}"
        if isinstance(value, BaseModel):
            inner.append((f"[{name}]", value))
        elif value is None:  # TOML has no null value
            lines.append(f"{f'# {key} =':<{WIDTH}}  # {field.description}")
        elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
            inner += [(f"[[{name}]]", element) for element in value]
        else:
            lines.append(f"{f'{key} = {toml_value(value)}':<{WIDTH}}  # {field.description}")
    yield "\n".join(lines)
    for title, model in inner:
        yield from _tables(title, model)


def as_toml() -> str:
    """Return all defaults as TOML, with a comment on each."""
    tables = [
        lines
        for name, field in Settings.model_fields.items()
        if isinstance(value := getattr(Settings(), name), BaseModel)
        for lines in _tables(f"[{field.alias or name}]", value)
    ]
    return f"{_HEAD}\n" + "\n\n".join(tables) + "\n"
