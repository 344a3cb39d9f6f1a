"""Base model of configuration tables, ranges of values, and values as TOML writes them."""

import json
from datetime import date, time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Table(BaseModel):
    """A table of a configuration: frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Positive = Annotated[float, Field(gt=0.0)]
NonNegative = Annotated[float, Field(ge=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]


def toml_value(value: object) -> str:
    """Return a value as TOML writes it."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key} = {toml_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, date | time):
        return value.isoformat()
    # JSON and TOML agree on strings, numbers and booleans.
    return json.dumps(value, ensure_ascii=False, default=str)
