"""Faults of a configuration as one line: key, value found, value expected, what to do."""

import json
from datetime import date, time
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

_RANGES = {
    "less_than_equal": "at most {le:g}",
    "less_than": "less than {lt:g}",
    "greater_than_equal": "at least {ge:g}",
    "greater_than": "more than {gt:g}",
    "literal_error": "{expected}",
    "string_too_short": "at least {min_length} character",
    "string_pattern_mismatch": "text that matches {pattern}",
    "too_short": "at least {min_length} values",
    "too_long": "at most {max_length} values",
}
"""Expected value by pydantic's type of a fault; its context fills the braces."""
_KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "text in quotes",
    "path": "a path in quotes",
    "tuple": "a list in [ ]",
    "list": "a list in [ ]",
    "date": "a date such as 2015-03-31, without quotes",
    "dict": "a table",
    "model": "a table",
}
"""Expected value by the first word of pydantic's type of a fault."""


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


def _by_key(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return the fields of a model by their keys in a file."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _find_model(annotation: object) -> type[BaseModel] | None:
    """Return the model in an annotation: itself, or inside a tuple, a dict or an optional."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_find_model, get_args(annotation))), None)


def _known_keys(settings: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the table of `location` may have."""
    model = settings
    for part in location[:-1]:
        # Names of inputs and numbers of boxes lead to no other model.
        inner = _by_key(model).get(str(part))
        model = (inner and _find_model(inner.annotation)) or model
    return sorted(_by_key(model))


def _unknown_key(where: str, known: list[str]) -> str:
    near = get_close_matches(where.rsplit(".", 1)[-1], known, n=1)
    advice = f"write {near[0]}" if near else "remove it"
    return f"unknown key {where!r}, known: {', '.join(known)}; {advice}"


def expected_value(fault: ErrorDetails) -> str:
    """Describe the value that a fault of pydantic expects, without pydantic's words."""
    kind = fault["type"]
    if kind in _RANGES:
        return _RANGES[kind].format(**fault.get("ctx", {})).replace("'", '"')
    plain = fault["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return _KINDS.get(kind.split("_")[0], plain)


def describe_fault(fault: ErrorDetails, settings: type[BaseModel]) -> str:
    """Describe a fault that pydantic found in a configuration, without pydantic's words.

    Args:
        fault: one of `ValidationError.errors()`.
        settings: model of the whole file, for the keys that it knows.
    """
    where, kind = ".".join(map(str, fault["loc"])), fault["type"]
    if kind == "extra_forbidden":
        return _unknown_key(where, _known_keys(settings, fault["loc"]))
    if kind == "missing":
        return f"{where}: found no such key, expected a value; add it"
    if kind == "value_error":
        return ": ".join(filter(None, (where, str(fault["ctx"]["error"]))))
    value = toml_value(fault["input"])
    return f"{where}: found {value}, expected {expected_value(fault)}; correct it"
