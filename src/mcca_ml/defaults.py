"""Every setting with its default and its meaning, as the text of a TOML file."""

import json

from pydantic import BaseModel

from mcca_ml.config import RetrieveSettings

WIDTH = 40
"""Column in which the meanings begin."""

_HEAD = """\
# Settings of MCCA-ML: every default with its meaning. An unknown key is an error.
# Use: mcca-ml retrieve this-file.toml

# Granules, here or on the command line: a directory or a glob, one table a product.
# [input.SPL3SMP]
# path = "granules/*.h5"

# [output]
# directory = "products"
"""


def _toml(value: object) -> str:
    """A default as TOML writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item) for item in value)}]"
    # JSON and TOML agree on strings, numbers and booleans.
    return json.dumps(value)


def _table(name: str, model: type[BaseModel]) -> str:
    """One table: a line for each field."""
    lines = [f"[{name}]"]
    for key, field in model.model_fields.items():
        lines.append(f"{f'{key} = {_toml(field.default)}':<{WIDTH}}  # {field.description}")
    return "\n".join(lines)


def as_toml() -> str:
    """Return all defaults as TOML, with a comment on each."""
    return f"{_HEAD}\n{_table('retrieve', RetrieveSettings)}\n"
